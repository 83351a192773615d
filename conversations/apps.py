"""Registers the app with Django, and its system checks."""

from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class ConversationsConfig(AppConfig):
    name = "conversations"
    verbose_name = _("Conversations")

    def ready(self) -> None:
        from conversations import checks  # noqa: PLC0415 - the registry of checks needs loaded apps

        register(checks.encoder_present)
