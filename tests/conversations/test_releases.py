"""Releases: published, rolled back, and the commands."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from chatbot_site.lib.errors import NotFoundError
from conversations.content import snapshot_of
from conversations.models import Bot, Phrase
from conversations.services.releases import (
    NotPublishableError,
    release_publish,
    release_rollback,
    release_train,
)
from conversations.training import TrainingError
from tests.conversations.teaching import (
    Teacher,
    events,
    flip,
    published,
    small_bot,
)
from tests.factories import BotFactory


@pytest.fixture
def bot(db: None, settings: Any) -> Bot:
    settings.ENCODER = "none"
    return small_bot()


def test_publishing_freezes_the_draft_and_queues_the_training(bot: Bot, bob: User) -> None:
    release = release_publish(bot=bot, note="first", user=bob)

    assert (release.number, release.state, release.progress) == (1, "queued", 0)
    assert (release.note, release.created_by) == ("first", bob)
    assert release.content == snapshot_of(bot)
    bot.refresh_from_db()
    assert bot.live_release is None
    assert release_publish(bot=bot).number == 2


def test_the_task_is_enqueued_after_the_commit_by_id(
    bot: Bot, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        release_publish(bot=bot)

    assert len(callbacks) == 1


def test_numbers_count_per_bot(bot: Bot) -> None:
    release_publish(bot=bot)

    assert release_publish(bot=BotFactory()).number == 1


def test_rolling_back_serves_the_earlier_release_again(bot: Bot, bob: User) -> None:
    first, second = published(bot), published(bot)

    assert release_rollback(bot=bot, to=1, user=bob) == first

    bot.refresh_from_db()
    assert bot.live_release == first
    facts = {"release": first.pk, "number": 1, "from": second.pk}
    assert events()[-1] == ("release.rolled_back", facts)


def test_a_rollback_wins_over_what_still_trains(bot: Bot) -> None:
    published(bot)
    waiting = release_publish(bot=bot)

    release_rollback(bot=bot, to=1)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.error) == ("failed", "Stopped by a rollback to release 1.")
    assert not release_train(release_id=waiting.pk, trainer=Teacher())


@pytest.fixture
def refused_targets(bot: Bot) -> dict[str, int]:
    published(bot)
    damaged = published(bot)
    flip(damaged.artefact)
    damaged.artefact.save()
    failed = release_publish(bot=bot)
    release_train(release_id=failed.pk, trainer=Teacher(error=TrainingError("no")))
    return {"damaged": 2, "failed": 3, "unknown": 4}


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("damaged", NotPublishableError),
        ("failed", NotPublishableError),
        ("unknown", NotFoundError),
    ],
)
def test_what_can_not_be_served_can_not_be_rolled_back_to(
    bot: Bot, refused_targets: dict[str, int], target: str, error: type[Exception]
) -> None:
    bot.refresh_from_db()
    before = (bot.live_release_id, events())

    with pytest.raises(error):
        release_rollback(bot=bot, to=refused_targets[target])

    bot.refresh_from_db()
    assert (bot.live_release_id, events()) == before


def test_another_bots_release_is_unknown(bot: Bot) -> None:
    published(bot)

    with pytest.raises(NotFoundError):
        release_rollback(bot=BotFactory(), to=1)


def run(command: str, **options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command(command, json=True, stdout=out, stderr=StringIO(), **options)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_releases_are_listed_newest_first(bot: Bot) -> None:
    published(bot, note="first")
    release_publish(bot=bot, note="second")

    rows = run("release_list", bot="clinic")["releases"]

    assert [(row["number"], row["state"], row["live"], row["note"]) for row in rows] == [
        (2, "queued", False, "second"),
        (1, "ready", True, "first"),
    ]


def test_the_command_rolls_back_or_says_why_not(bot: Bot) -> None:
    published(bot)
    published(bot)

    assert run("release_rollback", bot="clinic", to=1)["live"] is True
    with pytest.raises(CommandError, match="not_found"):
        run("release_rollback", bot="clinic", to=9)
    with pytest.raises(CommandError, match="There is no bot 'nobody'; there is: clinic"):
        run("release_rollback", bot="nobody", to=1)


@pytest.mark.slow
def test_the_command_publishes_in_the_foreground(bot: Bot) -> None:
    found = run("release_publish", bot="clinic", note="by hand", force=True)

    assert (found["number"], found["state"], found["live"]) == (1, "ready", True)
    assert found["report"]["accuracy_by_language"].keys() == {"en"}
    assert Phrase.objects.count() == 8
