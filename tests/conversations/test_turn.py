"""One message from end to end: what is thought when, and that the event loop never waits for it."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from chatbot_site.lib import throttle
from chatbot_site.lib.errors import BusyError
from chatbot_site.lib.ids import uuid7
from conversations import content, store, turn
from conversations.bot.nlu.base import NluError, Query
from conversations.bot.nlu.chain import Chain
from conversations.bot.types import Understanding
from conversations.content.running import Running, releases
from conversations.models import Bot, Conversation, Message, Turn
from conversations.opening import conversation_id_new
from conversations.services.messages import (
    NewMessage,
    TurnTooEarlyError,
    answer_commit,
    message_accept,
)
from conversations.turn import Job, caption_of, job_of, take_turn
from conversations.wakeups import hub
from tests.conversations.sockets import connected, visitor_session
from tests.conversations.talking import talking_bot
from tests.conversations.threads import run

pytestmark = pytest.mark.django_db(transaction=True)
PERSON = uuid7()
HOURS = "We are open from 8 to 18."
SLOW_SECONDS = 1.0
MAX_STALL_SECONDS = 0.1


@pytest.fixture
def bot() -> Bot:
    return talking_bot()


class Provider:
    """An engine of a test; `understand` is what it does."""

    name = "test"
    languages = None
    sends_text_away = False

    def __init__(self, understand: Callable[[Query], Understanding]) -> None:
        self.understand = understand


def with_provider(bot: Bot, understand: Callable[[Query], Understanding]) -> Running:
    """Let this engine alone understand what is said to the bot."""
    known = content.running(bot.pk)
    assert known is not None
    changed = replace(known, chain=Chain((Provider(understand),), 0.5))
    releases._by_bot = {**releases._by_bot, bot.pk: changed}
    return known


@pytest.fixture(autouse=True)
def forget_releases() -> Iterator[None]:
    before = releases._by_bot
    yield
    releases._by_bot = before


def job(bot: Bot, text: str = "when are you open", **fields: Any) -> Job:
    kind = "postback" if "payload" in fields else "text"
    conv = fields.pop("conv", None) or conversation_id_new(PERSON, bot.pk)
    body = {"text": text, **fields}
    new = NewMessage(PERSON, conv, uuid4(), kind, body, "en")
    made = job_of(message_accept(new), kind, body)
    assert made is not None
    return made


def answers() -> list[str]:
    rows = Message.objects.filter(author="bot").order_by("seq")
    return [json.loads(row.body)["text"] for row in rows]


def test_a_message_is_understood_and_answered(bot: Bot) -> None:
    take_turn(job(bot))
    assert answers() == [HOURS]
    assert Turn.objects.values_list("state", "outcome", "intent", "release_id").get() == (
        "done",
        "answered",
        "opening_hours",
        bot.live_release_id,
    )


def test_a_chip_needs_no_understanding(bot: Bot) -> None:
    def never(_query: Query) -> Understanding:
        raise AssertionError("nothing to understand")

    with_provider(bot, never)
    take_turn(job(bot, "Parking", payload="intent:parking"))
    assert answers() == ["You can park behind the house."]
    assert caption_of(bot.pk, "intent:parking", "en") == "Parking"
    assert caption_of(bot.pk, "intent:gone", "en") == "intent:gone"
    assert caption_of(0, "intent:parking", "en") == "intent:parking"


def test_when_no_engine_has_an_answer_the_bot_falls_back(bot: Bot) -> None:
    def fails(_query: Query) -> Understanding:
        raise NluError("away")

    with_provider(bot, fails)
    take_turn(job(bot))
    assert Turn.objects.values_list("state", "outcome").get() == ("done", "fell_back")


def test_taking_a_settled_turn_changes_nothing(bot: Bot) -> None:
    done = job(bot)
    take_turn(done)
    take_turn(done)
    take_turn(replace(done, waited=True))
    take_turn(replace(done, give_up=True))
    assert answers() == [HOURS]
    assert Turn.objects.get().state == "done"


def test_a_turn_that_comes_too_early_is_not_thought_about_again(bot: Bot) -> None:
    thoughts = []
    known = content.running(bot.pk)
    assert known is not None

    def count(query: Query) -> Understanding:
        thoughts.append(query.text)
        return known.chain.understand(query)

    with_provider(bot, count)
    first = job(bot)
    second = job(bot, "where can I park", conv=first.conversation.id)
    with pytest.raises(TurnTooEarlyError):
        take_turn(second)
    for _again in range(3):
        with pytest.raises(TurnTooEarlyError):
            take_turn(replace(second, waited=True))
    assert thoughts == ["where can I park"]
    take_turn(first)
    take_turn(replace(second, waited=True))
    assert answers() == [HOURS, "You can park behind the house."]


def test_a_dialogue_that_moved_on_is_thought_about_again(bot: Bot) -> None:
    first = job(bot, "gibberish xyzzy")
    second = job(bot, "plugh qwertz", conv=first.conversation.id)
    take_turn(first)
    assert second.conversation.state_version == 0
    take_turn(second)
    conversation = Conversation.objects.get()
    assert (conversation.state["misses"], conversation.state_version) == (2, 2)


def test_a_dialogue_that_never_rests_is_left_to_the_sweeper(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = job(bot)
    tries = []

    def moved(answer: Any) -> int:
        tries.append(answer.state_version)
        Conversation.objects.update(state_version=len(tries))
        return answer_commit(answer)

    monkeypatch.setattr(turn, "answer_commit", moved)
    take_turn(made)
    assert tries == [0, 1, 2, 3, 4]
    assert (answers(), Turn.objects.get().state) == ([], "pending")


def test_without_a_release_the_turn_waits_and_in_the_end_is_apologised_for(bot: Bot) -> None:
    made = job(bot)
    Bot.objects.update(live_release=None)
    content.refresh_running()
    with pytest.raises(BusyError):
        take_turn(made)
    assert Turn.objects.get().state == "pending"
    take_turn(replace(made, give_up=True))
    assert answers()[0].startswith("Sorry, something went wrong")
    assert Turn.objects.values_list("state", "outcome").get() == ("failed", "apologised")


class Watchdog:
    """Measures how long the event loop of a test was ever held up."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            started, queued = loop.time(), seconds_in_queue()
            await asyncio.sleep(0.005)
            late = loop.time() - started - 0.005
            # Waiting for a processor that others use is not the loop's fault.
            self.longest = max(self.longest, late - (seconds_in_queue() - queued))


def seconds_in_queue() -> float:
    """How long this thread was ready to run and had to wait; 0 where the system doesn't say."""
    path = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
    return int(path.read_text().split()[1]) / 1e9 if path.exists() else 0.0


class SlowCache:
    """A Redis that takes its time."""

    def __init__(self) -> None:
        self.threads: set[int] = set()

    def add(self, _name: str, _value: int, timeout: int) -> None:
        self.threads.add(threading.get_ident())
        time.sleep(0.3)

    def incr(self, _name: str) -> int:
        return 1


async def test_nothing_holds_up_the_event_loop_while_engine_and_redis_are_slow(
    bot: Bot, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub()
    settings.REDIS_URL = "redis://slow"
    cache = SlowCache()
    monkeypatch.setattr(throttle, "cache", cache)
    loop_thread = threading.get_ident()
    in_loop: list[str] = []

    def slow(query: Query) -> Understanding:
        time.sleep(SLOW_SECONDS)
        raise NluError("too slow")

    def no_query_here(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's signature
        in_loop.append(sql)
        return execute(sql, params, many, context)

    await run(with_provider, bot, slow)
    watchdog, session = Watchdog(), await run(visitor_session)
    # Connections belong to threads: this one is the event loop's.
    with connection.execute_wrapper(no_query_here):
        watching = asyncio.create_task(watchdog.run())
        await _talk(session)
        watching.cancel()

    assert in_loop == []
    assert loop_thread not in cache.threads
    assert len(cache.threads) > 0
    assert watchdog.longest < MAX_STALL_SECONDS


async def _talk(session: str) -> None:
    """A little of everything, while the answer takes its time."""
    async with connected(session) as client:
        conv = await client.open()
        await client.send(conv, "when are you open")
        assert (await client.hear("ack"))["seq"] == 1
        assert (await client.hear("eph"))["kind"] == "typing"
        await client.say(t="ping", n=1)
        await client.say(t="history", conv=conv, before=5, limit=5)
        await client.say(t="feedback", conv=conv, seq=9, value="up")
        assert (await client.hear("error"))["code"] == "not_found"
        while (await client.hear("event"))["author"] != "bot":
            pass


async def test_the_watchdog_sees_what_holds_up_the_loop() -> None:
    watchdog = Watchdog()
    watching = asyncio.create_task(watchdog.run())
    await asyncio.sleep(0.02)
    time.sleep(0.15)  # noqa: ASYNC251 - the very thing to be caught
    await asyncio.sleep(0.02)
    watching.cancel()
    assert watchdog.longest >= MAX_STALL_SECONDS


def test_the_row_that_a_job_carries_is_the_one_before_its_answer(bot: Bot) -> None:
    made = job(bot)
    row = store.conversation_read(made.conversation.id)
    assert row is not None
    assert (made.conversation.last_seq, row.last_seq) == (0, 1)
    assert made.conversation.state_version == row.state_version == 0
