"""Reading over HTTP: one's own conversations, pages, waiting for what comes."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import connections
from django.utils import timezone

from accounts.services.identity import SESSION_KEY
from conversations import selectors
from conversations.api.polling import WaitingRoom
from conversations.frames import timestamp
from conversations.models import Conversation
from conversations.runner import SendRequest, runner
from tests.conversations.api_bot import (
    ANSWER,
    QUESTION,
    Api,
    Mind,
    eventually,
    refusal,
    somebody_waits_for,
    talking,
)
from tests.factories import ConversationFactory, MessageFactory, SubjectFactory

pytestmark = pytest.mark.django_db(transaction=True)
SOON = 5.0


@pytest.fixture(autouse=True)
def mind(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[Mind]:
    with talking(monkeypatch) as mind:
        yield mind


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def person(api: Api) -> UUID:
    return UUID(api.client.session[SESSION_KEY])


def later(pool: ThreadPoolExecutor, api: Api, path: str, **query: Any) -> "Future[Any]":
    """The call, made meanwhile."""

    def call() -> Any:
        try:
            return api.get(path, **query)
        finally:
            connections.close_all()

    return pool.submit(call)


def seqs(answer: Any) -> list[int]:
    return [event["seq"] for event in answer.json()["events"]]


def test_a_transcript_is_what_every_tab_sees(api: Api) -> None:
    conv = api.open()
    sent = api.say(conv).json()
    answer = api.get(f"conversations/{conv}/events/")
    events = selectors.events_after(conversation_id=UUID(conv), after=0)
    assert answer.status_code == 200
    assert answer.json() == {
        "epoch": 1,
        "last_seq": 2,
        "mode": "bot",
        "events": [event.as_json() for event in events],
    }
    assert answer.json()["events"] == sent["events"]
    assert answer["Cache-Control"] == "no-store"


def test_a_promised_conversation_is_empty(api: Api) -> None:
    conv = api.open()
    answer = api.get(f"conversations/{conv}/events/")
    assert answer.json() == {"epoch": 1, "last_seq": 0, "mode": "bot", "events": []}


def test_events_come_in_pages(api: Api) -> None:
    conv = api.open()
    api.say(conv)
    owner = Conversation.objects.get(pk=conv)
    for number in range(3, 8):
        MessageFactory(conversation=owner, text=f"line {number}")
    path = f"conversations/{conv}/events/"
    assert seqs(api.get(path)) == [1, 2, 3, 4, 5, 6, 7]
    assert seqs(api.get(path, after=5)) == [6, 7]
    assert seqs(api.get(path, after=7)) == []
    assert seqs(api.get(path, after=2, limit=2)) == [3, 4]
    assert seqs(api.get(path, before=6, limit=2)) == [4, 5]
    assert seqs(api.get(path, before=0)) == []
    assert api.get(path, after=2, limit=2).json()["last_seq"] == 7


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"after": -1}, "after"),
        ({"after": 2**31}, "after"),
        ({"after": "9" * 5000}, "after"),
        ({"after": "٣"}, "after"),
        ({"wait": 26}, "wait"),
        ({"wait": "1.5"}, "wait"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"before": "x"}, "before"),
        ({"before": 2, "after": 1}, "before"),
    ],
)
def test_numbers_out_of_range_are_named(api: Api, query: dict[str, Any], field: str) -> None:
    conv = api.open()
    answer = api.get(f"conversations/{conv}/events/", **query)
    assert refusal(answer) == (400, "bad_frame", field)


def test_without_waiting_nothing_waits(api: Api) -> None:
    conv = api.open()
    started = time.monotonic()
    assert seqs(api.get(f"conversations/{conv}/events/", wait=0)) == []
    assert seqs(api.get(f"conversations/{conv}/events/")) == []
    assert time.monotonic() - started < SOON


def test_who_waits_is_woken_by_the_answer(api: Api, mind: Mind, pool: ThreadPoolExecutor) -> None:
    conv = api.open()
    mind.gate.clear()
    accepted = threading.Event()
    request = SendRequest(person(api), UUID(conv), uuid4(), "text", QUESTION, "en")
    runner().send(request, lambda _outcome: accepted.set())
    assert accepted.wait(SOON)
    waiting = later(pool, api, f"conversations/{conv}/events/", after=1, wait=25)
    eventually(lambda: somebody_waits_for(conv))
    assert not waiting.done()
    started = time.monotonic()
    mind.gate.set()
    answer = waiting.result(20)
    assert time.monotonic() - started < SOON
    assert [event["body"]["text"] for event in answer.json()["events"]] == [ANSWER]
    assert answer.json()["last_seq"] == 2
    assert not somebody_waits_for(conv)


def test_waiting_ends_with_nothing_when_nothing_comes(api: Api) -> None:
    conv = api.open()
    api.say(conv)
    started = time.monotonic()
    assert seqs(api.get(f"conversations/{conv}/events/", after=2, wait=1)) == []
    assert 0.9 < time.monotonic() - started < SOON


def test_what_is_there_is_not_waited_for(api: Api) -> None:
    conv = api.open()
    api.say(conv)
    started = time.monotonic()
    assert seqs(api.get(f"conversations/{conv}/events/", after=1, wait=25)) == [2]
    assert time.monotonic() - started < SOON


def test_who_signs_out_while_waiting_is_told_nothing(api: Api, pool: ThreadPoolExecutor) -> None:
    conv = api.open()
    api.say(conv)
    waiting = later(pool, api, f"conversations/{conv}/events/", after=2, wait=25)
    eventually(lambda: somebody_waits_for(conv))
    subject = person(api)
    Session.objects.all().delete()
    request = SendRequest(subject, UUID(conv), uuid4(), "text", QUESTION, "en")
    runner().send(request, lambda _outcome: None)
    assert refusal(waiting.result(20)) == (404, "not_found", "")


def test_a_person_has_so_many_places_to_wait_and_a_process_too() -> None:
    room = WaitingRoom(places=3, each=2)
    alice, bob = uuid4(), uuid4()
    with room.place(alice) as first, room.place(alice) as second:
        with room.place(alice) as third, room.place(bob) as other, room.place(bob) as full:
            assert (first, second, third, other, full) == (True, True, False, True, False)
        with room.place(bob) as again:
            assert again
    with room.place(alice) as free:
        assert free


def test_a_full_room_answers_at_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conversations.api.polling.room", WaitingRoom(places=0))
    conv = api.open()
    started = time.monotonic()
    assert seqs(api.get(f"conversations/{conv}/events/", wait=25)) == []
    assert time.monotonic() - started < SOON


def test_only_own_conversations_are_listed_newest_first(api: Api) -> None:
    api.open()
    subject = SubjectFactory(id=person(api))
    rows = []
    for number in range(3):
        row = ConversationFactory(subject=subject, bot__name=f"Bot {number}")
        MessageFactory(conversation=row, text=f"Question {number}")
        row.active_at = timezone.now()
        row.save()
        rows.append(row)
    MessageFactory(conversation=ConversationFactory())
    lines = [
        {
            "id": str(row.pk),
            "bot_name": f"Bot {number}",
            "active_at": timestamp(row.active_at),
            "preview": f"Question {number}",
        }
        for number, row in enumerate(rows)
    ][::-1]
    answer = api.get("conversations/")
    assert (answer.status_code, answer.json()) == (200, {"conversations": lines})
    assert answer["Cache-Control"] == "no-store"
    assert api.get("conversations/", limit=2).json() == {
        "conversations": lines[:2],
        "next_offset": 2,
    }
    assert api.get("conversations/", limit=2, offset=2).json() == {"conversations": lines[2:]}


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"offset": -1}])
def test_pages_have_bounds(api: Api, query: dict[str, int]) -> None:
    answer = api.get("conversations/", **query)
    assert refusal(answer) == (400, "bad_frame", *query)
