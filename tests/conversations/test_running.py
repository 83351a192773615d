"""The releases that serve: swapped whole, refused when they can't be trusted."""

import threading
from typing import Any

import pytest
from django.core.checks import ERROR
from django.db import OperationalError
from pytest_django import DjangoAssertNumQueries

from accounts.crypto import master_key
from chatbot_site.lib.sealing import sign
from conversations.bot.nlu.base import Query
from conversations.checks import encoder_present
from conversations.content import loading
from conversations.content.loading import PURPOSE
from conversations.content.running import RunningReleases, look
from conversations.models import Bot, Intent, Release, ReleaseArtefact
from conversations.services.releases import release_rollback
from tests.conversations.teaching import flip, published, small_bot
from tests.factories import BotFactory


@pytest.fixture
def bot(db: None, settings: Any) -> Bot:
    settings.ENCODER = "none"
    return small_bot()


@pytest.fixture
def running(bot: Bot) -> RunningReleases:
    published(bot)
    found = RunningReleases()
    found.refresh()
    return found


def test_a_live_release_understands_and_knows_its_number(
    bot: Bot, running: RunningReleases
) -> None:
    found = running.get(bot.pk)

    assert found is not None
    assert (found.number, found.release_id) == (1, bot.live_release_id)
    best = found.chain.understand(Query("opening hours", "en", ("en",))).best
    assert best is not None
    assert best.intent == "hours"
    assert found.identify("opening hours", "de") == "en"
    assert running.get(404) is None


def test_nothing_new_costs_one_query(
    running: RunningReleases, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        running.refresh()


def test_a_process_that_serves_nothing_is_not_serving(bot: Bot) -> None:
    published(bot)
    found = RunningReleases()

    assert not found.is_serving()
    found.refresh()
    assert found.is_serving()


def test_a_new_release_is_swapped_in_and_others_stay(bot: Bot, running: RunningReleases) -> None:
    other = BotFactory()
    published(other)
    running.refresh()
    kept = running.get(other.pk)

    published(bot)
    running.refresh()

    found = running.get(bot.pk)
    assert found is not None
    assert found.number == 2
    assert running.get(other.pk) is kept


def test_a_bot_that_lost_its_release_stops(bot: Bot, running: RunningReleases) -> None:
    Bot.objects.update(live_release=None)

    running.refresh()

    assert running.get(bot.pk) is None


def _cut(artefact: ReleaseArtefact) -> None:
    artefact.blob = bytes(artefact.blob)[:-10]


def _cut_and_sign(artefact: ReleaseArtefact) -> None:
    _cut(artefact)
    artefact.signature = sign(master_key(), PURPOSE, bytes(artefact.blob))


def _unsign(artefact: ReleaseArtefact) -> None:
    artefact.signature = b""


def _sign_for_something_else(artefact: ReleaseArtefact) -> None:
    artefact.signature = sign(master_key(), "something else", bytes(artefact.blob))


UNSIGNED = "The trained model of this release does not bear this site's signature."
UNREADABLE = "The trained model of this release can't be read."


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (flip, UNSIGNED),
        (_cut, UNSIGNED),
        (_unsign, UNSIGNED),
        (_sign_for_something_else, UNSIGNED),
        (_cut_and_sign, UNREADABLE),
    ],
)
def test_a_damaged_artefact_leaves_the_old_one_serving_and_tells_staff_once(
    bot: Bot, running: RunningReleases, damage: Any, why: str
) -> None:
    before = running.get(bot.pk)
    release = published(bot)
    damage(release.artefact)
    release.artefact.save()

    running.refresh()
    release.refresh_from_db()
    assert running.get(bot.pk) is before
    assert release.error == why

    Release.objects.update(error="")
    running.refresh()
    release.refresh_from_db()
    assert release.error == ""


def test_a_missing_artefact_is_refused(bot: Bot, running: RunningReleases) -> None:
    before = running.get(bot.pk)
    release = published(bot)
    release.artefact.delete()

    running.refresh()

    release.refresh_from_db()
    assert running.get(bot.pk) is before
    assert release.error == "The trained model of this release is missing."


def test_after_a_restart_an_earlier_good_release_serves_for_a_damaged_one(bot: Bot) -> None:
    published(bot)
    release = published(bot)
    flip(release.artefact)
    release.artefact.save()

    fresh = RunningReleases()
    fresh.refresh()

    found = fresh.get(bot.pk)
    assert found is not None
    assert found.number == 1
    fresh.refresh()
    assert fresh.get(bot.pk) is found


def test_a_rollback_is_noticed_after_a_refusal(bot: Bot, running: RunningReleases) -> None:
    release = published(bot)
    flip(release.artefact)
    release.artefact.save()
    running.refresh()

    flip(release.artefact)
    release.artefact.save()
    release_rollback(bot=bot, to=1)
    running.refresh()
    release_rollback(bot=bot, to=2)
    running.refresh()

    found = running.get(bot.pk)
    assert found is not None
    assert found.number == 2


def test_readers_always_see_a_whole_release_while_it_is_swapped(
    bot: Bot, running: RunningReleases
) -> None:
    stop = threading.Event()
    seen: set[tuple[int, str]] = set()
    problems: list[BaseException] = []

    def read() -> None:
        try:
            while not stop.is_set():
                found = running.get(bot.pk)
                assert found is not None
                said = found.content.local["en"].replies["hours"][0].wordings[0].text
                found.chain.understand(Query("opening hours", "en", ("en",)))
                seen.add((found.number, said))
        except BaseException as problem:  # noqa: BLE001 - handed to the test
            problems.append(problem)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(2, 6):
        intent = Intent.objects.get(name="hours")
        intent.replies.update(text_en=f"Wording {number}.")
        published(bot)
        running.refresh()
    stop.set()
    reader.join()

    assert problems == []
    assert seen <= {(1, "About hours.")} | {(n, f"Wording {n}.") for n in range(2, 6)}
    assert (5, "Wording 5.") in seen or running.get(bot.pk) is not None


def test_a_database_that_is_away_is_survived(db: None, caplog: pytest.LogCaptureFixture) -> None:
    class Away(RunningReleases):
        def refresh(self) -> None:
            raise OperationalError("gone")

    assert not look(Away(), complain=True)
    assert not look(Away(), complain=False)
    assert [record.message for record in caplog.records] == [
        "Releases can't be looked up: OperationalError"
    ]


def test_an_encoder_that_is_not_there_is_an_error_at_start_and_no_halt_later(
    settings: Any,
) -> None:
    settings.ENCODER = "nonsense"

    (problem,) = encoder_present(None)

    assert (problem.id, problem.level) == ("conversations.E001", ERROR)
    assert loading.site_encoder() is None
    settings.ENCODER = "none"
    assert encoder_present(None) == []
