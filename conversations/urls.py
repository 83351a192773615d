"""Routes of the chat page and its API."""

from django.urls import include, path

from conversations import views

urlpatterns = [
    path("", views.chat, name="chat"),
    path("c/<uuid:conversation_id>/", views.conversation, name="conversation"),
    path("c/<uuid:conversation_id>/send/", views.send, name="conversation_send"),
    path("c/<uuid:conversation_id>/feedback/", views.feedback, name="conversation_feedback"),
    path("privacy/", views.privacy, name="privacy"),
    path("language/", views.language, name="set_language"),
    path("theme/", views.theme, name="theme"),
    path("api/", include("conversations.api.urls")),
]
