"""Limits with room for many visitors from one address."""

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def roomy_limits(settings: Any) -> None:
    settings.CHAT = {
        **settings.CHAT,
        "opens_per_minute": 10_000,
        "handshakes_per_minute": 10_000,
        "sends_per_minute": 10_000,
    }
