"""Probes: alive without asking anybody, ready when visitors can be served, telling no secrets."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from redis import ConnectionError as RedisConnectionError

from chatbot_site import health
from chatbot_site.lib.draining import drain
from conversations.models import Release, Turn
from tests.factories import BotFactory, ReleaseFactory, TurnFactory


@pytest.fixture(autouse=True)
def no_redis(settings: Settings) -> None:
    """Also where the suite runs with one; tests of Redis name their own."""
    settings.REDIS_URL = ""


@pytest.fixture
def bot() -> None:
    release = ReleaseFactory(state=Release.State.READY)
    release.bot.live_release = release
    release.bot.save()


def test_alive_asks_nobody(client: Client) -> None:
    response = client.get("/health/live")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_ready_names_its_parts(client: Client, bot: None) -> None:
    response = client.get("/health/ready")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "components": {
            "process": {"status": "ok"},
            "database": {"status": "ok"},
            "bots": {"status": "ok", "live": 1},
            "worker": {
                "status": "ok",
                "kind": "external",
                "overdue_turns": 0,
                "overdue_releases": 0,
            },
        },
    }
    assert not response.cookies


@pytest.mark.django_db
def test_ready_is_cheap(
    client: Client, bot: None, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    with django_assert_max_num_queries(4):  # type: ignore[operator]  # pytest-django names no type
        client.get("/health/ready")


@pytest.mark.django_db
def test_without_a_bot_pages_are_still_served(client: Client) -> None:
    BotFactory()
    response = client.get("/health/ready")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert response.json()["components"]["bots"] == {"status": "degraded", "live": 0}


def test_without_a_database_nobody_is_sent_here(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OperationalError("could not connect to postgres://user:hunter2@db")

    monkeypatch.setattr(health, "connection", SimpleNamespace(cursor=refuse))
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json() == {
        "status": "down",
        "components": {"process": {"status": "ok"}, "database": {"status": "down"}},
    }


@pytest.mark.django_db
def test_an_ending_process_gets_no_more_visitors(
    client: Client, bot: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "is_ending", True)
    response = client.get("/health/ready")
    assert (response.status_code, response.json()["status"]) == (503, "down")
    assert client.get("/health/live").status_code == 200


class FakeRedis:
    """Answers, or is silent."""

    def __init__(self, *, answers: bool) -> None:
        self.answers = answers

    def ping(self) -> bool:
        if not self.answers:
            raise RedisConnectionError("redis://:hunter2@cache")
        return True


@pytest.mark.django_db
@pytest.mark.parametrize(("answers", "status"), [(True, "ok"), (False, "degraded")])
def test_a_silent_redis_is_said_and_survived(
    client: Client,
    bot: None,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    *,
    answers: bool,
    status: str,
) -> None:
    settings.REDIS_URL = "redis://:hunter2@cache"
    monkeypatch.setattr(health, "_redis_client", lambda url: FakeRedis(answers=answers))
    response = client.get("/health/ready")
    assert response.status_code == 200
    assert response.json()["status"] == status
    assert response.json()["components"]["redis"] == {"status": status}
    assert "hunter2" not in response.content.decode()


def test_the_client_for_redis_neither_waits_nor_tries_again() -> None:
    options = health._redis_client("redis://127.0.0.1:1/0").connection_pool.connection_kwargs
    assert options["socket_timeout"] == options["socket_connect_timeout"] == 0.5
    assert options["retry"].get_retries() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "status"), [(1, "ok"), (3, "degraded")])
def test_duties_left_lying_show_a_missing_worker(
    client: Client, bot: None, minutes: int, status: str
) -> None:
    then = timezone.now() - timedelta(minutes=minutes)
    ReleaseFactory(state=Release.State.QUEUED, alive_at=then)
    TurnFactory(lease_until=then)
    TurnFactory(lease_until=then, state=Turn.State.DONE)
    overdue = 0 if status == "ok" else 1
    assert client.get("/health/ready").json()["components"]["worker"] == {
        "status": status,
        "kind": "external",
        "overdue_turns": overdue,
        "overdue_releases": overdue,
    }


@pytest.mark.django_db
def test_an_embedded_worker_that_does_not_run_is_said(
    client: Client, bot: None, settings: Settings
) -> None:
    settings.EMBEDDED_WORKER = True
    worker = client.get("/health/ready").json()["components"]["worker"]
    assert (worker["status"], worker["kind"]) == ("degraded", "embedded")
