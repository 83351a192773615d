"""Routes of the API."""

from django.urls import path

from conversations.api import people, reference, schema, views

urlpatterns = [
    path("schema/", schema.SchemaView.as_view(), name="api_schema"),
    path("docs/", reference.docs, name="api_docs"),
    path("v1/bots/", people.BotsView.as_view(), name="api_bots"),
    path("v1/me/", people.MeView.as_view(), name="api_me"),
    path("v1/me/preferences/", people.PreferencesView.as_view(), name="api_preferences"),
    path("v1/conversations/", views.ConversationsView.as_view(), name="api_conversations"),
    path(
        "v1/conversations/<uuid:conversation_id>/messages/",
        views.MessagesView.as_view(),
        name="api_messages",
    ),
    path(
        "v1/conversations/<uuid:conversation_id>/events/",
        views.EventsView.as_view(),
        name="api_events",
    ),
    path(
        "v1/conversations/<uuid:conversation_id>/messages/<int:seq>/feedback/",
        views.FeedbackView.as_view(),
        name="api_feedback",
    ),
]
