"""System checks of this app: a site without keys does not start."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

MINIMUM_KEY_CHARACTERS = 43  # 32 bytes in base64


def keys_present(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """accounts.E001 without a usable SECRET_KEY, accounts.E002 without a usable MASTER_KEY."""
    problems: list[CheckMessage] = []
    for number, name in (("E001", "SECRET_KEY"), ("E002", "MASTER_KEY")):
        if len(_key(name)) < MINIMUM_KEY_CHARACTERS:
            problems.append(
                Error(
                    f"{name} is missing or too short.",
                    hint=f"Put at least 32 random bytes in base64 into a file readable by the "
                    f"site's user only and name it in {name}_FILE: openssl rand -base64 48.",
                    id=f"accounts.{number}",
                )
            )
    return problems


def _key(name: str) -> str:
    try:
        return str(getattr(settings, name))
    except ImproperlyConfigured:  # what Django says of an empty SECRET_KEY
        return ""
