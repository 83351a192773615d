"""Routes of the chat page and its API."""

from django.urls import path
from django.views.i18n import set_language

from conversations import views

urlpatterns = [
    path("", views.chat, name="chat"),
    path("language/", set_language, name="set_language"),
    path("theme/", views.theme, name="theme"),
]
