"""Saying something over HTTP: stored once, answered, refused without a trace."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings as site
from django.db import connections
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import User
from conversations import selectors
from conversations.api import views
from conversations.models import Conversation, Feedback, Message, Turn
from tests.conversations.api_bot import (
    ANSWER,
    CHIP,
    QUESTION,
    Api,
    Mind,
    refusal,
    talking,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def mind(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[Mind]:
    with talking(monkeypatch) as mind:
        yield mind


@pytest.fixture
def api() -> Api:
    return Api()


def test_a_conversation_is_opened_without_a_row(api: Api) -> None:
    answer = api.post("conversations/", {"bot": "clinic", "lang": "de"})
    assert answer.status_code == 201
    assert answer.json() == {"id": str(UUID(answer.json()["id"])), "epoch": 1, "last_seq": 0}
    assert answer["Cache-Control"] == "no-store"
    assert Conversation.objects.count() == 0


@pytest.mark.parametrize("body", [None, {}, {"lang": "xx"}, {"bot": ""}])
def test_without_a_name_the_first_bot_answers(api: Api, body: Any) -> None:
    conv = api.post("conversations/", body).json()["id"]
    assert api.say(conv).status_code == 201
    assert Conversation.objects.get().bot.slug == "clinic"


def test_the_language_asked_for_when_opening_is_that_of_the_first_message(api: Api) -> None:
    conv = api.open(lang="de")
    api.open(lang="en")
    assert api.say(conv).status_code == 201
    assert Conversation.objects.get(pk=conv).language == "de"


def test_a_message_is_stored_and_answered(api: Api) -> None:
    conv, key = api.open(), uuid4()
    answer = api.say(conv, key=key)
    events = selectors.events_after(conversation_id=UUID(conv), after=0)
    assert answer.status_code == 201
    assert answer.json() == {
        "seq": 1,
        "dup": False,
        "events": [
            {
                "conv": conv,
                "seq": 1,
                "kind": "text",
                "author": "user",
                "body": {"text": QUESTION},
                "ts": events[0].as_json()["ts"],
                "id": str(key),
            },
            {
                "conv": conv,
                "seq": 2,
                "kind": "text",
                "author": "bot",
                "body": {
                    "text": ANSWER,
                    "html": f"<p>{ANSWER}</p>",
                    "intent": "opening_hours",
                },
                "ts": events[1].as_json()["ts"],
                "generated_by": "bot",
            },
        ],
    }
    assert answer["Cache-Control"] == "no-store"


def test_a_choice_shows_its_words_and_a_form_its_fields(api: Api) -> None:
    conv = api.open()
    chosen = api.say(conv, CHIP["payload"], kind="postback").json()["events"]
    filled = api.say(conv, {"name": "Ada"}, kind="form").json()["events"]
    assert chosen[0]["body"] == {"text": CHIP["title"], "payload": CHIP["payload"]}
    assert chosen[1]["body"]["text"] == ANSWER
    assert filled[0]["body"] == {"text": "name: Ada", "fields": {"name": "Ada"}}
    assert [event["seq"] for event in (*chosen, *filled)] == [1, 2, 3, 4]


def test_an_answer_that_takes_its_time_comes_later(
    api: Api, mind: Mind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PATIENCE_SECONDS", 1.5)
    mind.gate.clear()
    conv = api.open()
    answer = api.say(conv)
    assert answer.status_code == 202
    assert (answer.json()["seq"], answer.json()["dup"]) == (1, False)
    assert [event["author"] for event in answer.json()["events"]] == ["user"]
    mind.gate.set()
    later = api.get(f"conversations/{conv}/events/", after=1, wait=10).json()
    assert [event["body"]["text"] for event in later["events"]] == [ANSWER]


def test_the_same_key_stores_once(api: Api) -> None:
    conv, key = api.open(), uuid4()
    first = api.say(conv, key=key).json()
    again = api.say(conv, key=f'"{key}"')
    assert again.status_code == 201
    assert again.json() == {**first, "dup": True}
    assert Message.objects.count() == 2


def test_the_same_key_with_other_words_is_refused(api: Api) -> None:
    conv, key = api.open(), uuid4()
    api.say(conv, key=key)
    assert refusal(api.say(conv, "Something else", key=key)) == (409, "id_conflict", "")
    assert Message.objects.count() == 2
    assert Turn.objects.count() == 1


def test_twenty_at_once_store_one(api: Api) -> None:
    conv, key = api.open(), uuid4()
    together = threading.Barrier(20)

    def repeat(_number: int) -> Any:
        twin = Api()
        twin.client.cookies = api.client.cookies
        together.wait(20)
        try:
            return twin.say(conv, key=key)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(repeat, range(20)))
    assert {answer.status_code for answer in answers} <= {201, 202}
    assert {answer.json()["seq"] for answer in answers} == {1}
    assert sorted(answer.json()["dup"] for answer in answers) == [False] + [True] * 19
    assert Message.objects.filter(author="user").count() == 1
    assert Turn.objects.count() == 1


BAD_BODIES = {
    "no object": ([], (400, "bad_frame", "body")),
    "no body": ({}, (400, "bad_frame", "body")),
    "a number": ({"body": 7}, (400, "bad_frame", "body")),
    "an unknown kind": ({"kind": "video", "body": "x"}, (400, "bad_frame", "kind")),
    "blank": ({"body": " \u200b"}, (400, "bad_text", "body")),
    "a null": ({"body": "a\x00"}, (400, "bad_text", "body")),
    "half a character": ({"body": "a\ud800"}, (400, "bad_text", "body")),
    "too long": ({"body": "x" * 4001}, (413, "too_long", "body")),
    "an object as text": ({"body": {"a": "b"}}, (400, "bad_frame", "body")),
    "text as a form": ({"kind": "form", "body": "x"}, (400, "bad_frame", "body")),
    "numbers in a form": ({"kind": "form", "body": {"a": 1}}, (400, "bad_frame", "body")),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_what_the_socket_refuses_is_refused(api: Api, name: str) -> None:
    body, expected = BAD_BODIES[name]
    conv = api.open()
    answer = api.post(f"conversations/{conv}/messages/", body, Idempotency_Key=str(uuid4()))
    assert refusal(answer) == expected
    assert Message.objects.count() == Conversation.objects.count() == 0


@pytest.mark.parametrize("headers", [{}, {"Idempotency_Key": "seven"}])
def test_a_message_needs_a_key(api: Api, headers: dict[str, str]) -> None:
    conv = api.open()
    answer = api.post(f"conversations/{conv}/messages/", {"body": QUESTION}, **headers)
    assert refusal(answer) == (400, "bad_frame", "Idempotency-Key")
    assert Message.objects.count() == 0


def test_messages_are_counted_before_they_are_stored(api: Api, settings: Any) -> None:
    settings.CHAT = {**site.CHAT, "sends_per_minute": 1}
    conv = api.open()
    assert api.say(conv).status_code == 201
    answer = api.say(conv)
    assert refusal(answer) == (429, "rate_limited", "")
    after_ms = answer.json()["error"]["after_ms"]
    assert 0 < after_ms <= 3_600_000
    assert int(answer["Retry-After"]) == -(-after_ms // 1000)
    assert Message.objects.count() == 2


def test_openings_are_counted_by_address(settings: Any) -> None:
    settings.CHAT = {**site.CHAT, "opens_per_minute": 1}
    api = Api()
    here, there = f"192.0.2.{uuid4().int % 250}", "192.0.2.251"
    api.client.defaults["REMOTE_ADDR"] = here
    assert api.post("conversations/").status_code == 201
    assert refusal(api.post("conversations/")) == (429, "rate_limited", "")
    api.client.defaults["REMOTE_ADDR"] = there
    assert api.post("conversations/").status_code == 201


def test_a_closed_conversation_takes_no_more(api: Api) -> None:
    conv = api.open()
    api.say(conv)
    Conversation.objects.update(mode=Conversation.Mode.CLOSED)
    assert refusal(api.say(conv)) == (409, "closed", "")
    assert Message.objects.count() == 2


def test_a_thumb_is_kept_and_replaced(api: Api) -> None:
    conv = api.open()
    api.say(conv)
    path = f"conversations/{conv}/messages/2/feedback/"
    answer = api.post(path, {"value": "up"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Cache-Control"] == "no-store"
    worse = {"value": "down", "reason": "unclear", "comment": "Which entrance?"}
    assert api.post(path, worse).status_code == 204
    kept = Feedback.objects.get()
    assert (kept.value, kept.reason, kept.comment) == ("down", "unclear", "Which entrance?")


@pytest.mark.parametrize(
    ("seq", "body", "expected"),
    [
        (2, {}, (400, "bad_frame", "value")),
        (2, {"value": "sideways"}, (400, "bad_frame", "value")),
        (2, {"value": "up", "reason": "moon"}, (400, "bad_frame", "reason")),
        (2, {"value": "up", "comment": "x" * 1001}, (400, "bad_frame", "comment")),
        (0, {"value": "up"}, (400, "bad_frame", "seq")),
        (2**40, {"value": "up"}, (400, "bad_frame", "seq")),
        (1, {"value": "up"}, (404, "not_found", "")),
        (3, {"value": "up"}, (404, "not_found", "")),
    ],
)
def test_a_thumb_that_can_not_be(api: Api, seq: int, body: Any, expected: Any) -> None:
    conv = api.open()
    api.say(conv)
    assert refusal(api.post(f"conversations/{conv}/messages/{seq}/feedback/", body)) == expected
    assert Feedback.objects.count() == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
NEAR = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["text", "postback", "form"]) | JSON,
        "body": JSON,
        "bot": JSON,
        "lang": JSON,
        "value": st.sampled_from(["up", "down"]) | JSON,
        "language": st.sampled_from(["", "de"]) | JSON,
        "theme": JSON,
    },
)


@pytest.mark.slow
@hypothesis_settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=JSON | NEAR, raw=st.none() | st.binary(max_size=200))
def test_no_body_breaks_anything(alice: User, api: Api, body: Any, raw: bytes | None) -> None:
    if not api.client.cookies:
        api.client.force_login(alice)
        api.conv = api.open()  # type: ignore[attr-defined]
        api.say(api.conv)  # type: ignore[attr-defined]
    conv = api.conv  # type: ignore[attr-defined]
    for method, path in (
        ("post", "conversations/"),
        ("post", f"conversations/{conv}/messages/"),
        ("post", f"conversations/{conv}/messages/2/feedback/"),
        ("patch", "me/preferences/"),
    ):
        if raw is None:
            answer = api.call(method, path, body, Idempotency_Key=str(uuid4()))
        else:
            send = getattr(api.client, method)
            answer = send(f"/api/v1/{path}", raw, content_type="application/json")
        assert answer.status_code < 500, (path, answer.content)
        assert answer.status_code == 204 or isinstance(answer.json(), dict)
