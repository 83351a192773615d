"""Training a release: every change of state, and whatever dies on the way."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.crypto import master_key
from chatbot_site.lib.sealing import sign
from conversations.bot.nlu.base import Query
from conversations.content import loading
from conversations.content.loading import PURPOSE
from conversations.content.running import RunningReleases
from conversations.models import Bot, Event, Intent, Release, ReleaseArtefact
from conversations.services.releases import (
    release_publish,
    release_resume,
    release_rollback,
    release_train,
)
from conversations.training import Trained, TrainingError
from tests.conversations.teaching import LESSONS, REPORT, Teacher, events, published, small_bot
from tests.factories import BotFactory, IntentFactory, PhraseFactory


@pytest.fixture
def bot(db: None, settings: Any) -> Bot:
    settings.ENCODER = "none"
    return small_bot()


def test_a_trained_release_goes_live_with_report_artefact_and_event(bot: Bot) -> None:
    release = release_publish(bot=bot)
    teacher = Teacher()
    steps: list[tuple[str, float]] = []

    done = release_train(
        release_id=release.pk, trainer=teacher, progress=lambda *step: steps.append(step)
    )

    assert done
    release.refresh_from_db()
    bot.refresh_from_db()
    assert (release.state, release.progress, release.step, release.error) == ("ready", 100, "", "")
    assert release.report == REPORT
    assert release.finished_at is not None
    assert bot.live_release == release
    blob = bytes(release.artefact.blob)
    assert bytes(release.artefact.signature) == sign(master_key(), PURPOSE, blob)
    assert steps == [("fitting", 0.5)]
    examples, replies, keep = teacher.calls[0]
    assert {(line.text, line.intent) for line in examples} == {
        (phrase, name) for name, phrases in LESSONS.items() for phrase in phrases
    }
    assert replies["en"][-1] == "About parking."
    assert keep == 95
    facts = {"release": release.pk, "number": 1, "accuracy": 0.875}
    assert events() == [("release.published", facts)]
    assert Event.objects.get().conversation == UUID(int=0)


def test_what_is_edited_while_it_trains_waits_for_the_next_release(bot: Bot) -> None:
    release = release_publish(bot=bot)
    PhraseFactory(intent=Intent.objects.get(name="hours"), text="a late thought")
    teacher = Teacher()

    release_train(release_id=release.pk, trainer=teacher)

    assert "a late thought" not in {line.text for line in teacher.calls[0][0]}


def test_training_twice_does_the_work_once(bot: Bot) -> None:
    release = release_publish(bot=bot)
    teacher = Teacher()

    assert release_train(release_id=release.pk, trainer=teacher)
    assert not release_train(release_id=release.pk, trainer=teacher)

    assert len(teacher.calls) == 1
    assert len(events()) == 1


def test_a_living_training_is_left_alone_and_a_silent_one_taken_over(bot: Bot) -> None:
    release = release_publish(bot=bot)
    long_ago = timezone.now() - timedelta(seconds=61)
    Release.objects.update(state="training", alive_at=timezone.now() - timedelta(seconds=50))
    assert not release_train(release_id=release.pk, trainer=Teacher())

    Release.objects.update(alive_at=long_ago)
    assert release_train(release_id=release.pk, trainer=Teacher())

    release.refresh_from_db()
    assert release.state == "ready"


def test_a_release_that_is_gone_is_nothing_to_do(db: None) -> None:
    assert not release_train(release_id=404, trainer=Teacher())


@pytest.mark.parametrize(
    ("teacher", "why"),
    [
        (Teacher(error=TrainingError("no memory")), "no memory"),
        (Teacher(error=OSError("disk full")), "disk full"),
        (Teacher(blob=b"half a fi"), "The trained model of this release can't be read."),
        (Teacher(blob=b""), "The trained model of this release can't be read."),
    ],
)
def test_a_failed_training_leaves_the_live_release_alone(
    bot: Bot, teacher: Teacher, why: str
) -> None:
    live = published(bot)
    release = release_publish(bot=bot)

    assert release_train(release_id=release.pk, trainer=teacher)

    release.refresh_from_db()
    bot.refresh_from_db()
    assert (release.state, release.error, release.report) == ("failed", why, {})
    assert release.finished_at is not None
    assert bot.live_release == live
    assert not ReleaseArtefact.objects.filter(release=release).exists()
    assert events()[-1] == ("release.failed", {"release": release.pk, "number": 2})


def test_content_that_can_not_be_read_fails_before_training(bot: Bot) -> None:
    release = release_publish(bot=bot)
    Release.objects.filter(pk=release.pk).update(content={"bot": {"slug": "clinic"}})
    teacher = Teacher()

    release_train(release_id=release.pk, trainer=teacher)

    release.refresh_from_db()
    assert (release.state, teacher.calls) == ("failed", [])
    assert release.error == "The content of this release can't be read."


def test_too_large_a_model_is_refused(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "MAX_ARTEFACT_BYTES", 100)
    release = release_publish(bot=bot)

    release_train(release_id=release.pk, trainer=Teacher())

    release.refresh_from_db()
    assert release.error == "The trained model of this release is too large."


def test_an_older_release_that_is_ready_later_does_not_replace_a_newer_one(bot: Bot) -> None:
    older = release_publish(bot=bot)
    newer = published(bot)

    release_train(release_id=older.pk, trainer=Teacher())

    older.refresh_from_db()
    bot.refresh_from_db()
    assert older.state == "ready"
    assert bot.live_release == newer


def test_one_who_lost_the_claim_changes_nothing(bot: Bot) -> None:
    release = release_publish(bot=bot)

    class Overtaken(Teacher):
        def __call__(self, *args: Any, **kwargs: Any) -> Trained:
            trained = super().__call__(*args, **kwargs)
            with time_machine.travel(timezone.now() + timedelta(seconds=61)):
                assert release_train(release_id=release.pk, trainer=Teacher())
            return trained

    release_train(release_id=release.pk, trainer=Overtaken(blob=b"never stored"))
    release.refresh_from_db()
    assert release.state == "ready"
    assert len(events()) == 1

    again = release_publish(bot=bot)
    release_train(release_id=again.pk, trainer=Interrupted(again))
    again.refresh_from_db()
    assert (again.state, again.error) == ("failed", "Stopped by a rollback to release 1.")
    assert [name for name, _data in events()] == ["release.published", "release.rolled_back"]


class Interrupted(Teacher):
    """Staff roll back while it trains."""

    def __init__(self, release: Release) -> None:
        super().__init__()
        self.release = release

    def __call__(self, *args: Any, **kwargs: Any) -> Trained:
        release_rollback(bot=self.release.bot, to=1)
        return super().__call__(*args, **kwargs)


def test_a_process_that_dies_at_the_end_leaves_work_that_is_taken_up(bot: Bot) -> None:
    """The last transaction fails: nothing of it stays, and the next one finishes."""
    release = release_publish(bot=bot)

    class DatabaseGone(Teacher):
        def __call__(self, *args: Any, **kwargs: Any) -> Trained:
            trained = super().__call__(*args, **kwargs)
            return Trained(trained.blob, {"metrics": Unwritable()})

    with pytest.raises(TypeError, match="not JSON serializable"):
        release_train(release_id=release.pk, trainer=DatabaseGone())

    release.refresh_from_db()
    assert (release.state, release.report) == ("training", {})
    assert not ReleaseArtefact.objects.exists()
    assert events() == []
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert release_train(release_id=release.pk, trainer=Teacher())
    bot.refresh_from_db()
    assert bot.live_release == release


class Unwritable:
    """A report that the database refuses."""

    def get(self, _key: str) -> float:
        return 0.5


@pytest.mark.parametrize(
    ("state", "silent_for", "resumed"),
    [
        ("queued", 6, 1),
        ("queued", 1, 0),
        ("training", 61, 1),
        ("training", 30, 0),
        ("ready", 9_999, 0),
        ("failed", 9_999, 0),
    ],
)
def test_what_waits_or_got_stuck_is_enqueued_again(
    bot: Bot, state: str, silent_for: int, resumed: int
) -> None:
    release_publish(bot=bot)
    since = timezone.now() - timedelta(seconds=silent_for)
    Release.objects.update(state=state, alive_at=since)

    assert release_resume() == resumed


@pytest.mark.parametrize("phrases", [{}, {"only": ("one phrase",)}, {"a": (), "b": ("x", "y")}])
def test_bots_with_little_or_nothing_publish(db: None, phrases: dict[str, tuple[str, ...]]) -> None:
    bot = BotFactory()
    for name, lines in phrases.items():
        intent = IntentFactory(bot=bot, name=name)
        for line in lines:
            PhraseFactory(intent=intent, text=line)

    release = published(bot)

    running = RunningReleases()
    running.refresh()
    found = running.get(bot.pk)
    assert release.state == "ready"
    assert found is not None
    assert found.number == 1
    found.chain.understand(Query("hello", "en", ("en",)))


@pytest.mark.slow
def test_the_real_training_runs_in_a_child(bot: Bot) -> None:
    release = release_publish(bot=bot)

    assert release_train(release_id=release.pk)

    release.refresh_from_db()
    assert (release.state, release.error) == ("ready", "")
    assert release.report["phrases"] == {"hours": {"en": 4}, "parking": {"en": 4}}


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_for_a_while_does_not_stop_the_training(settings: Any) -> None:
    settings.ENCODER = "none"
    release = release_publish(bot=small_bot())
    refusals: list[str] = []

    def away(_execute: Any, sql: str, *_more: Any) -> Any:
        refusals.append(sql)
        raise OperationalError("gone")

    class Unlucky(Teacher):
        def __call__(self, *args: Any, **kwargs: Any) -> Trained:
            with connection.execute_wrapper(away):
                kwargs["progress"]("embedding", 0.2)
            return super().__call__(*args, **kwargs)

    assert release_train(release_id=release.pk, trainer=Unlucky())

    release.refresh_from_db()
    assert (release.state, len(refusals)) == ("ready", 1)
