"""What a socket may say in chat.v1: every frame as a type; what does not parse is refused."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from chatbot_site.lib.errors import (
    ApplicationError,
    BadFrameError,
    BadTextError,
    TooLongError,
    UnknownTypeError,
)

PROTOCOL = "chat.v1"
VERSION = 1
MAX_FRAME_BYTES = 32 * 1024
MAX_DEPTH = 8
MAX_HISTORY = 100
MAX_RESUMES = 20
SEND_KINDS = ("text", "postback", "form")
FEEDBACK_VALUES = ("up", "down")
FEEDBACK_REASONS = ("", "wrong", "unclear", "incomplete", "rude", "other")
MAX_COMMENT = 1_000
MAX_REFERENCE = 64
MAX_FORM_FIELDS = 30
MAX_SEQ = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Resume:
    """How far a client has read one conversation."""

    conv: UUID
    epoch: int
    after: int


@dataclass(frozen=True, slots=True)
class Hello:
    lang: str
    bot: str
    ticket: str
    resume: tuple[Resume, ...]


@dataclass(frozen=True, slots=True)
class Open:
    bot: str
    lang: str


@dataclass(frozen=True, slots=True)
class Send:
    conv: UUID
    id: UUID
    kind: str
    body: str | dict[str, str]


@dataclass(frozen=True, slots=True)
class Mark:
    """`recv` and `seen`: how far events arrived or were read."""

    conv: UUID
    seq: int


@dataclass(frozen=True, slots=True)
class Typing:
    conv: UUID
    on: bool


@dataclass(frozen=True, slots=True)
class History:
    conv: UUID
    before: int
    limit: int


@dataclass(frozen=True, slots=True)
class FeedbackFrame:
    conv: UUID
    seq: int
    value: str
    reason: str
    comment: str


@dataclass(frozen=True, slots=True)
class Ping:
    n: int


class WrongVersionError(BadFrameError):
    """The client speaks another version; the socket closes with 4406."""


Fields = dict[str, Any]
T = TypeVar("T")


def decode(text: str) -> tuple[str, Fields]:
    """The frame's type and fields; raises `BadFrameError`, `TooLongError`, `BadTextError`."""
    if len(text) > MAX_FRAME_BYTES or len(text.encode(errors="surrogatepass")) > MAX_FRAME_BYTES:
        raise TooLongError
    try:
        frame = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadFrameError from error
    if not isinstance(frame, dict) or not isinstance(frame.get("t"), str):
        raise BadFrameError(field="t")
    if _depth(frame) > MAX_DEPTH:
        raise BadFrameError
    return frame["t"], frame


def parse(kind: str, fields: Fields) -> Any:
    """The typed frame; raises an `ApplicationError` that names the field at fault."""
    parser = PARSERS.get(kind)
    if parser is None:
        raise UnknownTypeError(field="t")
    return parser(fields)


def error_frame(error: ApplicationError, ref: str = "") -> Fields:
    """The `error` frame of a refusal; `ref` is the id or conversation it answers."""
    frame: Fields = {"t": "error", "code": error.code, "retry": error.retry}
    if ref:
        frame["ref"] = ref
    if error.field:
        frame["field"] = error.field
    if error.after_ms:
        frame["after_ms"] = error.after_ms
    return frame


def reference_of(fields: Fields) -> str:
    """What an error about this frame refers to: its client id, else its conversation."""
    for name in ("id", "conv"):
        value = fields.get(name)
        if isinstance(value, str) and len(value) <= MAX_REFERENCE and _is_unicode(value):
            return value
    return ""


def encode(frame: Fields) -> str:
    """A frame as text."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def timestamp(moment: datetime) -> str:
    """Times on the wire: ISO 8601, UTC, milliseconds."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _depth(value: Any, level: int = 1) -> int:
    if level > MAX_DEPTH:
        return level
    if isinstance(value, dict):
        return max((_depth(item, level + 1) for item in value.values()), default=level)
    if isinstance(value, list):
        return max((_depth(item, level + 1) for item in value), default=level)
    return level


def _field(fields: Fields, name: str, kind: type[T], default: T | None = None) -> T:
    value = fields.get(name)
    if value is None:
        value = default
    # bool is an int in Python, but `true` is no number on the wire.
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise BadFrameError(field=name)
    return value


def _number(fields: Fields, name: str, low: int, high: int, default: int | None = None) -> int:
    value = _field(fields, name, int, default)
    if not low <= value <= high:
        raise BadFrameError(field=name)
    return value


def _uuid(fields: Fields, name: str) -> UUID:
    try:
        return UUID(_field(fields, name, str))
    except ValueError as error:
        raise BadFrameError(field=name) from error


def _short(fields: Fields, name: str, limit: int = 100) -> str:
    value = _field(fields, name, str, "")
    if len(value) > limit or "\x00" in value or not _is_unicode(value):
        raise BadFrameError(field=name)
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _hello(fields: Fields) -> Hello:
    if _field(fields, "v", int) != VERSION:
        raise WrongVersionError(field="v")
    resume = _field(fields, "resume", list, [])
    if len(resume) > MAX_RESUMES or not all(isinstance(item, dict) for item in resume):
        raise BadFrameError(field="resume")
    wanted = tuple(
        Resume(
            _uuid(item, "conv"),
            _number(item, "epoch", 0, MAX_SEQ, 1),
            _number(item, "after", 0, MAX_SEQ, 0),
        )
        for item in resume
    )
    return Hello(
        _short(fields, "lang"), _short(fields, "bot"), _short(fields, "ticket", 1_000), wanted
    )


def _open(fields: Fields) -> Open:
    return Open(_short(fields, "bot"), _short(fields, "lang"))


def _send(fields: Fields) -> Send:
    kind = _field(fields, "kind", str, "text")
    if kind not in SEND_KINDS:
        raise BadFrameError(field="kind")
    body = fields.get("body")
    if kind == "form":
        body = _form(body)
    elif not isinstance(body, str):
        raise BadFrameError(field="body")
    return Send(_uuid(fields, "conv"), _uuid(fields, "id"), kind, body)


def _form(body: Any) -> dict[str, str]:
    if not isinstance(body, dict) or not body or len(body) > MAX_FORM_FIELDS:
        raise BadFrameError(field="body")
    if not all(isinstance(value, str) for value in body.values()):
        raise BadFrameError(field="body")
    if not all(_is_unicode(text) and "\x00" not in text for pair in body.items() for text in pair):
        raise BadTextError(field="body")
    return body


def _mark(fields: Fields) -> Mark:
    return Mark(_uuid(fields, "conv"), _number(fields, "seq", 0, MAX_SEQ))


def _typing(fields: Fields) -> Typing:
    return Typing(_uuid(fields, "conv"), _field(fields, "on", bool))


def _history(fields: Fields) -> History:
    before = _number(fields, "before", 0, MAX_SEQ)
    return History(_uuid(fields, "conv"), before, _number(fields, "limit", 1, MAX_HISTORY, 50))


def _feedback(fields: Fields) -> FeedbackFrame:
    value, reason = _field(fields, "value", str), _field(fields, "reason", str, "")
    if value not in FEEDBACK_VALUES:
        raise BadFrameError(field="value")
    if reason not in FEEDBACK_REASONS:
        raise BadFrameError(field="reason")
    seq = _number(fields, "seq", 1, MAX_SEQ)
    return FeedbackFrame(
        _uuid(fields, "conv"), seq, value, reason, _short(fields, "comment", MAX_COMMENT)
    )


def _ping(fields: Fields) -> Ping:
    return Ping(_number(fields, "n", 0, MAX_SEQ, 0))


PARSERS = {
    "hello": _hello,
    "open": _open,
    "send": _send,
    "recv": _mark,
    "seen": _mark,
    "typing": _typing,
    "history": _history,
    "feedback": _feedback,
    "ping": _ping,
}
