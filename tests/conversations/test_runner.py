"""The threads behind the doors: duplicates, lapsed leases, lost databases, engines that hang."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import (
    connections,
)
from django.utils import timezone

from chatbot_site.lib.errors import ApplicationError, BusyError, NotFoundError
from chatbot_site.lib.ids import uuid7
from conversations import content, runner
from conversations.bot.nlu.base import Query
from conversations.bot.nlu.chain import Chain
from conversations.bot.types import Understanding
from conversations.content.running import releases
from conversations.models import Bot, Conversation, Message, Turn
from conversations.opening import conversation_id_new
from conversations.runner import Outcome, Runner, SendRequest, with_database
from conversations.services.messages import Accepted
from conversations.turn import take_turn
from tests.conversations.talking import talking_bot
from tests.conversations.test_turn import Provider

pytestmark = pytest.mark.django_db(transaction=True)
COPIES = 50


@pytest.fixture
def bot() -> Bot:
    return talking_bot()


@pytest.fixture
def person() -> UUID:
    return uuid7()


@pytest.fixture
def runners() -> Iterator[Callable[..., Runner]]:
    """Makes runners, one for each process of a play; their connections end with the test."""
    made: list[Runner] = []

    def make(threads: int = 4) -> Runner:
        made.append(Runner(threads))
        return made[-1]

    before = releases._by_bot
    yield make
    releases._by_bot = before
    for one in made:
        workers = [one.pool.submit(_close_connections) for _ in range(one.pool._max_workers)]
        for worker in workers:
            worker.result(30)
        one.pool.shutdown()


def _close_connections() -> None:
    # Long enough that every thread of the pool gets one of these.
    time.sleep(0.05)
    connections.close_all()


def request(person: UUID, conv: UUID, text: str = "parking", **fields: Any) -> SendRequest:
    wanted = {"client_id": uuid4(), "kind": "text", "body": text, "language": "en", **fields}
    return SendRequest(person, conv, **wanted)


def until(reached: Callable[[], bool], seconds: float = 20.0) -> None:
    ends = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < ends
        time.sleep(0.02)


def settled() -> bool:
    return not Turn.objects.filter(state="pending").exists()


def _is_longer(outcomes: list[Outcome], before: int) -> bool:
    return len(outcomes) > before


def lapse(**where: Any) -> None:
    Turn.objects.filter(**where).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_fifty_copies_in_two_runners_are_one_message(
    bot: Bot, person: UUID, runners: Callable[..., Runner]
) -> None:
    wanted = request(person, conversation_id_new(person, bot.pk))
    outcomes: list[Outcome] = []
    processes = [runners(), runners()]
    for number in range(COPIES):
        processes[number % 2].send(wanted, outcomes.append)
    until(lambda: len(outcomes) == COPIES)
    until(lambda: Turn.objects.exists() and settled())

    accepted = [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
    assert [one.seq for one in accepted] == [1] * COPIES
    assert [one.dup for one in accepted].count(False) == 1
    assert list(Message.objects.order_by("seq").values_list("seq", "author")) == [
        (1, "user"),
        (2, "bot"),
    ]
    assert Turn.objects.count() == 1


def test_messages_of_one_conversation_are_answered_in_order(
    bot: Bot, person: UUID, runners: Callable[..., Runner]
) -> None:
    one, conv = runners(8), conversation_id_new(person, bot.pk)
    outcomes: list[Outcome] = []
    for number in range(12):
        before = len(outcomes)
        one.send(request(person, conv, f"parking {number}"), outcomes.append)
        until(partial(_is_longer, outcomes, before))
    until(settled)

    questions = list(Turn.objects.order_by("seq").values_list("pk", flat=True))
    answers = Message.objects.filter(author="bot").order_by("seq")
    assert list(answers.values_list("turn_id", flat=True)) == questions
    assert one._waiting == {}
    assert one._held == set()


def test_two_sweepers_take_over_each_lapsed_turn_once(
    bot: Bot, person: UUID, runners: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process died after its acks: whatever it left is answered, each once, in order."""
    taken: list[UUID] = []
    real = take_turn

    def die(_job: Any) -> None:
        raise RuntimeError("this process is gone")

    def count(job: Any) -> None:
        real(job)
        taken.append(job.turn_id)

    monkeypatch.setattr(runner, "take_turn", die)
    dead = runners()
    convs = [conversation_id_new(person, bot.pk) for _ in range(4)]
    for conv in convs * 3:
        with suppress(ApplicationError):
            dead.send_and_wait(request(person, conv), 0)
    until(lambda: dead._held == set())
    assert Turn.objects.filter(state="pending").count() == 12

    monkeypatch.setattr(runner, "take_turn", count)
    living = [runners(), runners()]
    assert [one.sweep() for one in living] == [0, 0]
    lapse()
    with ThreadPoolExecutor(2) as both:
        swept = [both.submit(_swept, one) for one in living]
        assert sum(one.result(30) for one in swept) == 12
    until(settled)
    assert len(taken) == len(set(taken)) == 12
    assert set(Turn.objects.values_list("state", "attempts")) == {("done", 2)}
    for conv in convs:
        order = Message.objects.filter(conversation=conv).order_by("seq")
        assert list(order.values_list("seq", flat=True)) == [1, 2, 3, 4, 5, 6]


def _swept(one: Runner) -> int:
    try:
        return with_database(one.sweep)
    finally:
        connections.close_all()


@pytest.mark.parametrize(
    "changes",
    [{"attempts": 3}, {"created_at": timezone.now() - timedelta(seconds=21)}],
    ids=["three attempts", "twenty seconds"],
)
def test_after_three_attempts_or_twenty_seconds_the_bot_apologises(
    bot: Bot,
    person: UUID,
    runners: Callable[..., Runner],
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
) -> None:
    real = take_turn

    def only_apologies(job: Any) -> None:
        if not job.give_up:
            raise RuntimeError("an engine broke")
        real(job)

    monkeypatch.setattr(runner, "take_turn", only_apologies)
    one, conv = runners(), conversation_id_new(person, bot.pk)
    one.send_and_wait(request(person, conv), 0)
    until(lambda: one._held == set())
    lapse()
    assert one.sweep() == 1
    until(lambda: one._held == set())
    assert Turn.objects.values_list("state", "attempts").get() == ("pending", 2)

    Turn.objects.update(**changes)
    lapse()
    assert one.sweep() == 1
    assert Turn.objects.values_list("state", "outcome").get() == ("failed", "apologised")
    (choice,) = content_of_last()["choices"]
    assert choice["payload"] == "intent:talk_to_person"


def content_of_last() -> dict[str, Any]:
    body: dict[str, Any] = json.loads(Message.objects.latest("seq").body)
    return body


def test_an_engine_that_never_returns_costs_an_apology_and_not_the_conversation(
    bot: Bot, person: UUID, runners: Callable[..., Runner]
) -> None:
    one, conv = runners(2), conversation_id_new(person, bot.pk)
    known, freed = content.running(bot.pk), threading.Event()
    assert known is not None

    def hang(query: Query) -> Understanding:
        if "hang" in query.text:
            freed.wait(30)
        return known.chain.understand(query)

    releases._by_bot = {
        **releases._by_bot,
        bot.pk: replace(known, chain=Chain((Provider(hang),), 0.5)),
    }
    first = one.send_and_wait(request(person, conv, "please hang"), 0.1)
    second = one.send_and_wait(request(person, conv, "parking"), 0.1)
    assert (first.pending, second.pending) == (True, True)

    Turn.objects.update(attempts=3)
    lapse()
    assert one.sweep() == 2
    assert list(Turn.objects.order_by("seq").values_list("state", flat=True)) == ["failed"] * 2
    freed.set()
    until(lambda: one._waiting == {})
    # The late answer finds its turn settled.
    assert Message.objects.filter(author="bot").count() == 2


def test_an_engine_that_raises_leaves_the_turn_to_the_sweeper(
    bot: Bot, person: UUID, runners: Callable[..., Runner], caplog: pytest.LogCaptureFixture
) -> None:
    known = content.running(bot.pk)
    assert known is not None

    def broken(_query: Query) -> Understanding:
        raise ZeroDivisionError

    releases._by_bot = {
        **releases._by_bot,
        bot.pk: replace(known, chain=Chain((Provider(broken),), 0.5)),
    }
    one = runners()
    sent = one.send_and_wait(request(person, conversation_id_new(person, bot.pk)), 0.3)
    assert (sent.seq, sent.pending) == (1, True)
    assert Turn.objects.get().state == "pending"
    assert "failed and waits for the sweeper" in caplog.text


def test_waiting_for_an_answer_gets_it(
    bot: Bot, person: UUID, runners: Callable[..., Runner]
) -> None:
    wanted = request(person, conversation_id_new(person, bot.pk))
    sent = runners().send_and_wait(wanted, 10)
    assert (sent.seq, sent.dup, sent.pending) == (1, False, False)
    assert [event.author for event in sent.events] == ["user", "bot"]
    again = runners().send_and_wait(wanted, 10)
    assert (again.seq, again.dup, again.events) == (1, True, sent.events)


def test_a_refusal_reaches_who_waits(
    bot: Bot, person: UUID, runners: Callable[..., Runner]
) -> None:
    with pytest.raises(NotFoundError):
        runners().send_and_wait(request(person, uuid7()), 5)
    assert Conversation.objects.count() == 0


def test_when_all_threads_are_taken_who_waits_is_told_busy(
    bot: Bot, person: UUID, runners: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "ACCEPT_SECONDS", 0.2)
    one, freed = runners(1), threading.Event()
    one.pool.submit(freed.wait, 30)
    with pytest.raises(BusyError):
        one.send_and_wait(request(person, conversation_id_new(person, bot.pk)), 0.2)
    freed.set()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": " ", "mail": ""}, "bad_text"),
        ({"name": "x\x00"}, "bad_text"),
        ({"one": "x" * 3_000, "two": "y" * 3_000}, "too_long"),
    ],
)
def test_a_form_that_says_nothing_or_too_much_is_refused(
    bot: Bot, person: UUID, runners: Callable[..., Runner], body: dict[str, str], code: str
) -> None:
    wanted = request(person, conversation_id_new(person, bot.pk), kind="form", body=body)
    with pytest.raises(ApplicationError) as refused:
        runners().send_and_wait(wanted, 5)
    assert refused.value.code == code
    assert Message.objects.count() == 0


def test_a_form_is_said_in_words(bot: Bot, person: UUID, runners: Callable[..., Runner]) -> None:
    body = {"name": "Ana", "mail": " ", "phone": "555"}
    wanted = request(person, conversation_id_new(person, bot.pk), kind="form", body=body)
    sent = runners().send_and_wait(wanted, 10)
    assert sent.events[0].body == {
        "text": "name: Ana\nphone: 555",
        "fields": {"name": "Ana", "phone": "555"},
    }


def test_a_chip_shows_its_caption(bot: Bot, person: UUID, runners: Callable[..., Runner]) -> None:
    conv = conversation_id_new(person, bot.pk)
    wanted = request(person, conv, "intent:opening_hours", kind="postback")
    sent = runners().send_and_wait(wanted, 10)
    assert sent.events[0].body == {"text": "Opening hours", "payload": "intent:opening_hours"}
    assert sent.events[1].body["text"] == "We are open from 8 to 18."


def test_what_nobody_foresaw_is_internal_and_may_be_tried_again(
    bot: Bot, person: UUID, runners: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_new: Any) -> Accepted:
        raise KeyError

    wanted = request(person, conversation_id_new(person, bot.pk))
    one = runners()
    with monkeypatch.context() as patch:
        patch.setattr(runner, "message_accept", broken)
        with pytest.raises(ApplicationError) as refused:
            one.send_and_wait(wanted, 5)
        assert (refused.value.code, refused.value.retry) == ("internal", True)
    assert one.send_and_wait(wanted, 10).seq == 1
