"""Limits with room for many visitors from one address; threads that leave no connection behind."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from conversations import runner


@pytest.fixture(autouse=True)
def roomy_limits(settings: Any) -> None:
    settings.CHAT = {
        **settings.CHAT,
        "opens_per_minute": 10_000,
        "handshakes_per_minute": 10_000,
        "sends_per_minute": 10_000,
    }


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """PostgreSQL drops no database to which threads of the runner are still connected."""
    yield
    if runner._runner is not None:
        pool = runner._runner.pool
        for closing in [pool.submit(_close_connections) for _ in range(pool._max_workers)]:
            closing.result(30)


def _close_connections() -> None:
    # Long enough that every thread of the pool gets one of these.
    time.sleep(0.05)
    connections.close_all()
