"""Accept a message, commit its answer: the two transactions on the path of a message.

TurnError (never seen by people)
├── TurnSettledError   somebody else answered, or the conversation is gone
├── TurnTooEarlyError  an earlier message of the conversation is still unanswered
└── StateMovedError    the dialogue moved on while we thought; think again
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import crypto
from accounts.services.identity import subject_ensure
from chatbot_site.lib.errors import ClosedError, IdConflictError, NotFoundError
from chatbot_site.lib.ids import uuid7
from conversations import store
from conversations.bot.replies import body_of
from conversations.bot.types import Answer, Outcome
from conversations.models import Conversation
from conversations.opening import bot_of_promise
from conversations.states import state_to_json

LEASE_SECONDS = 6.0
BODY_COLUMN = "body"


class TurnError(Exception):
    """A turn can't be committed as it is."""


class TurnSettledError(TurnError):
    """Nothing is left to do."""


class TurnTooEarlyError(TurnError):
    """Answers keep the order of the messages."""


class StateMovedError(TurnError):
    """Carries the conversation as it is now."""

    def __init__(self, row: store.ConversationRow) -> None:
        super().__init__()
        self.row = row


@dataclass(frozen=True, slots=True)
class NewMessage:
    """What a person sends. `body` is clean and has at least `text`."""

    subject_id: UUID
    conversation_id: UUID
    client_id: UUID
    kind: str
    body: dict[str, Any]
    language: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A stored message; everything an `ack` says, and what thinking needs."""

    seq: int
    created_at: datetime
    dup: bool
    turn_id: UUID | None
    conversation: store.ConversationRow


def message_accept(new: NewMessage) -> Accepted:
    """Store a message once under its client id, with the next place in the order and a duty.

    Raises `NotFoundError`, `ClosedError`, `IdConflictError`; then nothing is stored.
    """
    try:
        return _accept(new)
    except _UnbornError as unborn:
        bot_id = unborn.bot_id
    # In a transaction of its own: a key is remembered as soon as it was read, so that one whose
    # transaction failed later would go on sealing texts that nobody could ever open again.
    subject_ensure(new.subject_id)
    try:
        return _accept(new, bot_id)
    except IntegrityError:
        # Two processes gave birth to the same conversation; the second finds the first's row.
        return _accept(new, bot_id)


class _UnbornError(Exception):
    """The conversation is promised and has no row yet."""

    def __init__(self, bot_id: int) -> None:
        super().__init__()
        self.bot_id = bot_id


@transaction.atomic
def _accept(new: NewMessage, bot_id: int | None = None) -> Accepted:
    row = store.conversation_lock(new.conversation_id) or _birth(new, bot_id)
    if row.subject_id != new.subject_id:
        raise NotFoundError
    known = store.message_by_client_id(row.id, new.client_id)
    if known is not None:
        return _repeated(known, new, row)
    if row.mode == Conversation.Mode.CLOSED:
        raise ClosedError
    message = _sealed(row, new)
    turn_id = uuid7()
    with store.batched():
        store.messages_insert([message])
        store.turn_insert(turn_id, message, LEASE_SECONDS)
        store.conversation_advance(row.id, message.seq, row.language)
    return Accepted(message.seq, message.created_at, dup=False, turn_id=turn_id, conversation=row)


def _birth(new: NewMessage, bot_id: int | None) -> store.ConversationRow:
    if bot_id is None:
        promised = bot_of_promise(new.conversation_id, new.subject_id)
        raise NotFoundError if promised is None else _UnbornError(promised)
    Conversation.objects.create(
        id=new.conversation_id,
        bot_id=bot_id,
        subject_id=new.subject_id,
        language=new.language or settings.LANGUAGE_CODE,
    )
    row = store.conversation_lock(new.conversation_id)
    if row is None:
        raise NotFoundError
    return row


def _repeated(known: store.MessageRow, new: NewMessage, row: store.ConversationRow) -> Accepted:
    stored = crypto.open_text(known.body, store.MESSAGES, BODY_COLUMN, known.id)
    if known.kind != new.kind or _said(json.loads(stored)) != _said(new.body):
        raise IdConflictError
    return Accepted(known.seq, known.created_at, dup=True, turn_id=None, conversation=row)


def _said(body: dict[str, Any]) -> Any:
    """What the person sent; a chip's caption may have changed with a release in between."""
    return body.get("payload") or body.get("fields") or body["text"]


def _sealed(row: store.ConversationRow, new: NewMessage) -> store.MessageRow:
    message_id = uuid7()
    body = _seal(row.subject_id, message_id, new.body)
    return store.MessageRow(
        message_id,
        row.id,
        row.last_seq + 1,
        new.client_id,
        "user",
        new.kind,
        body,
        None,
        None,
        timezone.now(),
    )


def _seal(subject_id: UUID, message_id: UUID, body: dict[str, Any]) -> bytes:
    text = json.dumps(body, ensure_ascii=False)
    key = crypto.key_of_subject(subject_id)
    return crypto.seal_text(key, store.MESSAGES, BODY_COLUMN, message_id, text)


@dataclass(frozen=True, slots=True)
class AnswerToCommit:
    """An answer with what it was thought upon."""

    turn_id: UUID
    conversation_id: UUID
    seq: int
    state_version: int
    answer: Answer
    release_id: int | None


def turn_expect(*, turn_id: UUID, conversation_id: UUID, seq: int) -> None:
    """Raise `TurnSettledError` or `TurnTooEarlyError` when it is no use to think about a turn."""
    is_pending, has_earlier = store.turn_is_due(turn_id, conversation_id, seq)
    if not is_pending:
        raise TurnSettledError
    if has_earlier:
        raise TurnTooEarlyError


@transaction.atomic
def answer_commit(made: AnswerToCommit) -> int:
    """Store the replies, the new state and the end of the duty in one go; returns the last seq.

    Raises `TurnSettledError`, `TurnTooEarlyError`, `StateMovedError`; then nothing is stored.
    """
    row = store.conversation_lock(made.conversation_id)
    if row is None:
        raise TurnSettledError
    turn_expect(turn_id=made.turn_id, conversation_id=row.id, seq=made.seq)
    if row.state_version != made.state_version:
        raise StateMovedError(row)
    messages = _replies(row, made)
    state = state_to_json(made.answer.state)
    with store.batched():
        store.messages_insert(messages)
        store.conversation_remember(row.id, messages[-1].seq, made.answer.language, state)
        _finish(made)
        store.event_insert("message.answered", row.bot_id, row.id, _facts(made))
    return messages[-1].seq


def _replies(row: store.ConversationRow, made: AnswerToCommit) -> list[store.MessageRow]:
    now = timezone.now()
    rows = []
    for part, reply in enumerate(made.answer.replies):
        message_id = uuid7()
        body = body_of(reply)
        if made.answer.intent:
            body["intent"] = made.answer.intent
        rows.append(
            store.MessageRow(
                message_id,
                row.id,
                row.last_seq + 1 + part,
                None,
                "bot",
                reply.kind,
                _seal(row.subject_id, message_id, body),
                made.turn_id,
                part,
                now,
            )
        )
    return rows


def _finish(made: AnswerToCommit) -> None:
    answer = made.answer
    apologised = answer.outcome is Outcome.APOLOGISED
    store.turn_finish(
        made.turn_id,
        state="failed" if apologised else "done",
        outcome=answer.outcome,
        language=answer.language,
        intent=answer.intent,
        confidence=answer.confidence,
        release_id=made.release_id,
    )


def _facts(made: AnswerToCommit) -> dict[str, Any]:
    return {
        "outcome": made.answer.outcome.value,
        "intent": made.answer.intent,
        "language": made.answer.language,
        "release": made.release_id,
    }
