"""What every test may ask for: three people, clients, a clean cache; and which sockets are open."""

import os
import shutil
import time
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client
from pytest_django import DjangoDbBlocker

from accounts.models import User
from conversations import runner
from tests.factories import UserFactory

LOOPBACK = ["127.0.0.1", "localhost", "::1"]
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_serialized_rollback", "live_server"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="run only what touches the database: what may differ between SQLite and PostgreSQL",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if _needs_loopback(item):
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))
    if config.getoption("--database-only"):
        left = [item for item in items if not _needs_database(item)]
        items[:] = [item for item in items if _needs_database(item)]
        config.hook.pytest_deselected(items=left)


def _needs_loopback(item: pytest.Item) -> bool:
    """Browsers and faults talk to servers of their own; a suite on Redis talks to Redis."""
    marked = any(item.get_closest_marker(name) for name in ("e2e", "faults", "bench"))
    return marked or bool(settings.REDIS_URL)


def _needs_database(item: pytest.Item) -> bool:
    names = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(names & DATABASE_FIXTURES)


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(settings.VAR_DIR, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def scratch_folder() -> None:
    """Where this run keeps its database and files; removed at the end."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """PostgreSQL drops no database to which a thread of some test is still connected."""
    yield
    if runner._runner is not None:
        pool = runner._runner.pool
        for closing in [pool.submit(_close_connections) for _ in range(pool._max_workers)]:
            closing.result(30)
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            _end_other_sessions()


def _end_other_sessions() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _close_connections() -> None:
    # Long enough that every thread of the pool gets one of these.
    time.sleep(0.05)
    connections.close_all()


@pytest.fixture(autouse=True)
def clean_cache() -> Iterator[None]:
    """Rate limits and other remembered things of one test don't reach the next."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def alice(db: None) -> User:
    """A visitor with an account: the owner of what a test is about."""
    return UserFactory(email="alice@example.org", name="Alice")


@pytest.fixture
def bob(db: None) -> User:
    """A curator: staff who teach bots."""
    return UserFactory(email="bob@example.org", name="Bob", role="curator")


@pytest.fixture
def charlie(db: None) -> User:
    """A stranger: signed in, and none of it is theirs."""
    return UserFactory(email="charlie@example.org", name="Charlie")


@pytest.fixture
def alice_client(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def bob_client(bob: User) -> Client:
    return signed_in(bob)


@pytest.fixture
def charlie_client(charlie: User) -> Client:
    return signed_in(charlie)


def signed_in(user: User) -> Client:
    """A browser in which this person has signed in."""
    client = Client()
    client.force_login(user)
    return client


def on_postgresql() -> bool:
    """Whether this run uses PostgreSQL; for the few things that SQLite can't show."""
    return "postgresql" in os.environ.get("DATABASE_URL", "")
