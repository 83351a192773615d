"""Every NLU provider there is: its name and where its class lives."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

PROVIDERS: Final[Mapping[str, str]] = {
    "local": "conversations.bot.nlu.local.provider:LocalNlu",
}


def provider_class(name: str) -> Any:
    """The class registered under `name`; raises `KeyError` for a name not in the table."""
    module, _, attribute = PROVIDERS[name].partition(":")
    return getattr(import_module(module), attribute)
