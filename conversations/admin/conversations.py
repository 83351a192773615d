"""Conversations by their outer facts: how many, where, how long. What was said is not shown."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from conversations.admin.languages import language_name
from conversations.models import Conversation


@admin.register(Conversation)
class ConversationAdmin(ModelAdmin):
    """A list only: no page of one conversation, no text, nothing to change or delete."""

    list_display = ("started", "bot", "shown_language", "mode", "active_at", "last_seq")
    list_display_links = None
    list_filter = ("bot", "mode", "language")
    list_filter_sheet = False
    list_select_related = ("bot",)
    ordering = ("-active_at",)
    date_hierarchy = "active_at"
    actions = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("state")

    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()
        return [url for url in urls if url.name == "conversations_conversation_changelist"]

    @admin.display(description=gettext_lazy("started"), ordering="created_at")
    def started(self, conversation: Conversation) -> Any:
        return conversation.created_at

    @admin.display(description=gettext_lazy("language"), ordering="language")
    def shown_language(self, conversation: Conversation) -> str:
        return language_name(conversation.language)
