"""What a socket may say: everything else is refused with an error, never with an exception."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot_site.lib.errors import (
    ApplicationError,
    BadFrameError,
    RateLimitedError,
    TooLongError,
    UnknownTypeError,
)
from conversations import frames

CONV = "0190a1b2-0000-7000-8000-000000000001"
ID = "9b2c8f5e-3f7b-4a53-9f9a-000000000001"
GOOD: dict[str, tuple[dict[str, Any], Any]] = {
    "hello": (
        {"v": 1, "lang": "de", "resume": [{"conv": CONV, "epoch": 2, "after": 7}]},
        frames.Hello("de", "", "", (frames.Resume(UUID(CONV), 2, 7),)),
    ),
    "open": ({"bot": "clinic", "lang": "en"}, frames.Open("clinic", "en")),
    "send": (
        {"conv": CONV, "id": ID, "kind": "text", "body": "hi"},
        frames.Send(UUID(CONV), UUID(ID), "text", "hi"),
    ),
    "recv": ({"conv": CONV, "seq": 0}, frames.Mark(UUID(CONV), 0)),
    "seen": ({"conv": CONV, "seq": 2**31 - 1}, frames.Mark(UUID(CONV), 2**31 - 1)),
    "typing": ({"conv": CONV, "on": True}, frames.Typing(UUID(CONV), on=True)),
    "history": ({"conv": CONV, "before": 9}, frames.History(UUID(CONV), 9, 50)),
    "feedback": (
        {"conv": CONV, "seq": 2, "value": "down", "reason": "wrong", "comment": "no"},
        frames.FeedbackFrame(UUID(CONV), 2, "down", "wrong", "no"),
    ),
    "ping": ({"n": 5}, frames.Ping(5)),
}


def parsed(kind: str, fields: dict[str, Any]) -> Any:
    name, decoded = frames.decode(json.dumps({"t": kind, **fields}))
    return frames.parse(name, decoded)


def test_every_type_has_an_example_here() -> None:
    assert GOOD.keys() == frames.PARSERS.keys()


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_frame_is_read_and_unknown_fields_are_ignored(kind: str) -> None:
    fields, expected = GOOD[kind]
    assert parsed(kind, fields) == expected
    assert parsed(kind, {**fields, "later": {"version": 2}}) == expected


@pytest.mark.parametrize(
    ("kind", "changes", "field"),
    [
        ("hello", {"v": True}, "v"),
        ("hello", {"resume": {}}, "resume"),
        ("hello", {"resume": [5]}, "resume"),
        ("hello", {"resume": [{"conv": CONV}] * 21}, "resume"),
        ("hello", {"resume": [{"conv": CONV, "after": -1}]}, "after"),
        ("hello", {"resume": [{"conv": CONV, "after": 2**31}]}, "after"),
        ("hello", {"lang": "x" * 101}, "lang"),
        ("open", {"bot": "a\x00"}, "bot"),
        ("open", {"bot": "\ud800"}, "bot"),
        ("send", {"conv": "x"}, "conv"),
        ("send", {"id": None}, "id"),
        ("send", {"kind": "image"}, "kind"),
        ("send", {"body": 5}, "body"),
        ("send", {"body": None}, "body"),
        ("send", {"kind": "form", "body": "x"}, "body"),
        ("send", {"kind": "form", "body": {}}, "body"),
        ("send", {"kind": "form", "body": {"a": 1}}, "body"),
        ("send", {"kind": "form", "body": {str(n): "x" for n in range(31)}}, "body"),
        ("recv", {"seq": -1}, "seq"),
        ("recv", {"seq": 1.0}, "seq"),
        ("typing", {"on": 1}, "on"),
        ("history", {"limit": 0}, "limit"),
        ("history", {"limit": 101}, "limit"),
        ("feedback", {"seq": 0}, "seq"),
        ("feedback", {"value": "maybe"}, "value"),
        ("feedback", {"reason": "because"}, "reason"),
        ("feedback", {"comment": "x" * 1001}, "comment"),
        ("ping", {"n": "5"}, "n"),
    ],
)
def test_a_bad_field_is_named(kind: str, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadFrameError) as refused:
        parsed(kind, {**GOOD[kind][0], **changes})
    assert refused.value.field == field


def test_another_version_is_told_apart() -> None:
    with pytest.raises(frames.WrongVersionError):
        parsed("hello", {"v": 2})


def test_a_form_with_what_cannot_be_stored_is_bad_text() -> None:
    for bad in ("\ud800", "\x00"):
        with pytest.raises(ApplicationError) as refused:
            parsed("send", {**GOOD["send"][0], "kind": "form", "body": {"name": bad}})
        assert (refused.value.code, refused.value.field) == ("bad_text", "body")


def test_the_size_is_that_of_the_bytes() -> None:
    room = frames.MAX_FRAME_BYTES - len('{"t":""}')
    assert frames.decode('{"t":"%s"}' % ("x" * room))[0] == "x" * room
    for text in ("x" * (room + 1), "é" * (room // 2 + 1)):
        with pytest.raises(TooLongError):
            frames.decode(json.dumps({"t": text}, ensure_ascii=False, separators=(",", ":")))


def test_the_depth_ends_at_eight() -> None:
    assert frames.decode('{"t":"ping","a":%s}' % ("[" * 7 + "]" * 7))[0] == "ping"
    with pytest.raises(BadFrameError):
        frames.decode('{"t":"ping","a":%s}' % ("[" * 8 + "]" * 8))


def test_an_error_frame_says_only_what_there_is_to_say() -> None:
    plain = frames.error_frame(UnknownTypeError())
    assert plain == {"t": "error", "code": "unknown_type", "retry": False}
    full = frames.error_frame(RateLimitedError(field="t", after_ms=5), "r")
    assert full == {
        "t": "error", "code": "rate_limited", "retry": True,
        "ref": "r", "field": "t", "after_ms": 5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "reference"),
    [
        ({"id": "a", "conv": "b"}, "a"),
        ({"id": 5, "conv": "b"}, "b"),
        ({"id": "x" * 65}, ""),
        # It could not be sent back: no text frame can hold it.
        ({"id": "\ud800", "conv": "b"}, "b"),
        ({}, ""),
    ],
)
def test_what_an_error_refers_to(fields: dict[str, Any], reference: str) -> None:
    assert frames.reference_of(fields) == reference


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
known_fields = st.sampled_from(
    ["v", "bot", "lang", "ticket", "resume", "conv", "id", "kind", "body", "seq", "on", "before",
     "limit", "value", "reason", "comment", "n", "epoch", "after"]
)  # fmt: skip
likely = st.one_of(
    anything,
    st.sampled_from([CONV, ID, "form", "text", "up", 1, 2**31, -1, True, "", "\ud800", {"a": "b"}]),
)


def refused_or_read(text: str) -> None:
    """As a socket does it; anything but an `ApplicationError` fails the test."""
    fields: dict[str, Any] = {}
    answer: dict[str, Any] = {"t": "read"}
    try:
        kind, fields = frames.decode(text)
        frames.parse(kind, fields)
    except ApplicationError as refusal:
        answer = frames.error_frame(refusal, frames.reference_of(fields))
    # Whatever is said about it fits into a text frame.
    assert json.loads(frames.encode(answer).encode()) == answer


@given(text=st.text(st.characters()))
def test_any_text_is_read_or_refused(text: str) -> None:
    refused_or_read(text)


@given(value=anything)
def test_any_json_is_read_or_refused(value: Any) -> None:
    refused_or_read(json.dumps(value))


@given(
    kind=st.sampled_from([*frames.PARSERS, "dance"]),
    fields=st.dictionaries(known_fields, likely, max_size=6),
    raw=st.booleans(),
)
def test_any_fields_of_any_type_are_read_or_refused(
    kind: str, fields: dict[str, Any], *, raw: bool
) -> None:
    refused_or_read(json.dumps({"t": kind, **fields}, ensure_ascii=raw))
