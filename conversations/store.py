"""The few statements on the path of a message, in SQL; everything else uses the ORM.

Measured: the ORM spends several times the CPU of these statements on the same work. A twin made
of ORM calls (tests/conversations/test_store.py) proves that both leave the same rows.
All of them run inside the caller's transaction.
"""

# ruff: noqa: S608 - only names of this file's own columns and clocks are ever put into the text

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

SQLITE_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now')"


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A conversation as the path of a message needs it."""

    id: UUID
    bot_id: int
    subject_id: UUID
    language: str
    mode: str
    epoch: int
    last_seq: int
    state: dict[str, Any]
    state_version: int


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as it stands in the table; `body` is sealed."""

    id: UUID
    conversation_id: UUID
    seq: int
    client_id: UUID | None
    author: str
    kind: str
    body: bytes
    turn_id: UUID | None
    part: int | None
    created_at: datetime

    def values(self) -> tuple[Any, ...]:
        """In the order of the columns; `dataclasses.astuple` would copy each value deeply."""
        return (
            self.id,
            self.conversation_id,
            self.seq,
            self.client_id,
            self.author,
            self.kind,
            self.body,
            self.turn_id,
            self.part,
            self.created_at,
        )


MESSAGES = "conversations_message"
_MESSAGE_COLUMNS = (
    "id, conversation_id, seq, client_id, author, kind, body, turn_id, part, created_at"
)


def _is_sqlite() -> bool:
    return connection.vendor == "sqlite"


def _in(value: Any) -> Any:
    """A value as the driver wants it: SQLite has neither UUIDs nor times."""
    if isinstance(value, UUID) and _is_sqlite():
        return value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


def _uuid(value: Any) -> UUID | None:
    return value if value is None or isinstance(value, UUID) else UUID(value)


def _time(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _run(sql: str, *values: Any) -> Any:
    cursor = connection.cursor()
    cursor.execute(sql, [_in(value) for value in values])
    return cursor


class _Batch(threading.local):
    """The writes of this thread that wait to be sent together."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, list[Any]]] | None = None


_batch = _Batch()


def _write(sql: str, *values: Any) -> None:
    if _batch.waiting is None:
        _run(sql, *values)
    else:
        _batch.waiting.append((sql, [_in(value) for value in values]))


@contextmanager
def batched() -> Iterator[None]:
    """Send the writes of this block in one round trip; each trip costs more than its statement.

    SQLite has no round trips and takes one statement at a time.
    """
    if _is_sqlite():
        yield
        return
    _batch.waiting = []
    try:
        yield
        statements, _batch.waiting = _batch.waiting, None
        sql = "; ".join(sql for sql, _values in statements)
        connection.cursor().execute(sql, [v for _sql, values in statements for v in values])
    finally:
        _batch.waiting = None


def _now() -> str:
    """The database's clock: leases of many machines must not depend on their own."""
    return SQLITE_NOW if _is_sqlite() else "clock_timestamp()"


def _now_plus(seconds: float) -> str:
    if _is_sqlite():
        return f"strftime('%Y-%m-%d %H:%M:%f', 'now', '+{seconds:.3f} seconds')"
    return f"clock_timestamp() + interval '{seconds:.3f} seconds'"


def conversation_lock(conversation_id: UUID) -> ConversationRow | None:
    """The conversation, held until the transaction ends (SQLite holds the whole database)."""
    return _conversation(conversation_id, "" if _is_sqlite() else " FOR UPDATE")


def conversation_read(conversation_id: UUID) -> ConversationRow | None:
    """The conversation as it is now."""
    return _conversation(conversation_id, "")


def _conversation(conversation_id: UUID, lock: str) -> ConversationRow | None:
    row = _run(
        "SELECT id, bot_id, subject_id, language, mode, epoch, last_seq, state, state_version"
        f" FROM conversations_conversation WHERE id = %s{lock}",
        conversation_id,
    ).fetchone()
    if row is None:
        return None
    state = json.loads(row[7]) if isinstance(row[7], str) else row[7]
    return ConversationRow(
        conversation_id, row[1], UUID(str(row[2])), row[3], row[4], row[5], row[6], state, row[8]
    )


def message_by_client_id(conversation_id: UUID, client_id: UUID) -> MessageRow | None:
    """The message already stored under this client id."""
    row = _run(
        f"SELECT {_MESSAGE_COLUMNS} FROM conversations_message"
        " WHERE conversation_id = %s AND client_id = %s",
        conversation_id,
        client_id,
    ).fetchone()
    return None if row is None else _message(row)


def messages_between(
    conversation_id: UUID, after: int, before: int, limit: int
) -> list[MessageRow]:
    """Messages with after < seq < before, in order, at most `limit` (the first ones)."""
    rows = _run(
        f"SELECT {_MESSAGE_COLUMNS} FROM conversations_message"
        " WHERE conversation_id = %s AND seq > %s AND seq < %s ORDER BY seq LIMIT %s",
        conversation_id,
        after,
        before,
        limit,
    ).fetchall()
    return [_message(row) for row in rows]


def messages_before(conversation_id: UUID, before: int, limit: int) -> list[MessageRow]:
    """The last `limit` messages with seq < before, in order."""
    rows = _run(
        f"SELECT {_MESSAGE_COLUMNS} FROM conversations_message"
        " WHERE conversation_id = %s AND seq < %s ORDER BY seq DESC LIMIT %s",
        conversation_id,
        before,
        limit,
    ).fetchall()
    return [_message(row) for row in reversed(rows)]


def _message(row: Sequence[Any]) -> MessageRow:
    return MessageRow(
        UUID(str(row[0])),
        UUID(str(row[1])),
        row[2],
        _uuid(row[3]),
        row[4],
        row[5],
        bytes(row[6]),
        _uuid(row[7]),
        row[8],
        _time(row[9]),
    )


def messages_insert(rows: Sequence[MessageRow]) -> None:
    """All rows in one statement."""
    marks = ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"] * len(rows))
    values = [value for row in rows for value in row.values()]
    _write(f"INSERT INTO conversations_message ({_MESSAGE_COLUMNS}) VALUES {marks}", *values)


def turn_insert(turn_id: UUID, message: MessageRow, lease_seconds: float) -> None:
    """The duty to answer this message, leased to this process."""
    _write(
        "INSERT INTO conversations_turn (id, conversation_id, message_id, seq, state, attempts,"
        " lease_until, outcome, language, intent, created_at)"
        f" VALUES (%s, %s, %s, %s, 'pending', 1, {_now_plus(lease_seconds)}, '', '', '', {_now()})",
        turn_id,
        message.conversation_id,
        message.id,
        message.seq,
    )


def conversation_advance(conversation_id: UUID, last_seq: int, language: str) -> None:
    _write(
        "UPDATE conversations_conversation SET last_seq = %s, language = %s, active_at ="
        f" {_now()} WHERE id = %s",
        last_seq,
        language,
        conversation_id,
    )


def conversation_remember(
    conversation_id: UUID, last_seq: int, language: str, state: dict[str, Any]
) -> None:
    """The same, with the new state of the dialogue."""
    _write(
        "UPDATE conversations_conversation SET last_seq = %s, language = %s, state = %s,"
        f" state_version = state_version + 1, active_at = {_now()} WHERE id = %s",
        last_seq,
        language,
        json.dumps(state),
        conversation_id,
    )


def turn_is_due(turn_id: UUID, conversation_id: UUID, seq: int) -> tuple[bool, bool]:
    """Whether the turn is still pending, and whether an earlier one of the conversation is too."""
    row = _run(
        "SELECT (SELECT state FROM conversations_turn WHERE id = %s), EXISTS (SELECT 1 FROM"
        " conversations_turn WHERE conversation_id = %s AND seq < %s AND state = 'pending')",
        turn_id,
        conversation_id,
        seq,
    ).fetchone()
    return row[0] == "pending", bool(row[1])


def turn_finish(  # noqa: PLR0913 - a row's columns, all named
    turn_id: UUID,
    *,
    state: str,
    outcome: str,
    language: str,
    intent: str,
    confidence: float | None,
    release_id: int | None,
) -> None:
    _write(
        "UPDATE conversations_turn SET state = %s, outcome = %s, language = %s, intent = %s,"
        f" confidence = %s, release_id = %s, finished_at = {_now()} WHERE id = %s",
        state,
        outcome,
        language,
        intent,
        confidence,
        release_id,
        turn_id,
    )


def event_insert(name: str, bot_id: int, conversation_id: UUID, data: dict[str, Any]) -> None:
    _write(
        "INSERT INTO conversations_event (name, bot_id, conversation, data, created_at)"
        f" VALUES (%s, %s, %s, %s, {_now()})",
        name,
        bot_id,
        conversation_id,
        json.dumps(data),
    )


@dataclass(frozen=True, slots=True)
class ClaimedTurn:
    """A duty that was taken over."""

    id: UUID
    conversation_id: UUID
    seq: int
    attempts: int
    age_seconds: float


def turns_overdue() -> bool:
    """Whether any lease ran out; a read, so that an idle sweeper never locks anything."""
    row = _run(
        "SELECT EXISTS (SELECT 1 FROM conversations_turn"
        f" WHERE state = 'pending' AND lease_until < {_now()})"
    ).fetchone()
    return bool(row[0])


def turns_claim(limit: int, lease_seconds: float) -> list[ClaimedTurn]:
    """Take over turns whose lease ran out, oldest first.

    One conditional update, so that two sweepers never take the same turn.
    """
    skip = "" if _is_sqlite() else " FOR UPDATE SKIP LOCKED"
    age = (
        "(julianday('now') - julianday(created_at)) * 86400.0"
        if _is_sqlite()
        else "EXTRACT(EPOCH FROM clock_timestamp() - created_at)"
    )
    rows = _run(
        f"UPDATE conversations_turn SET lease_until = {_now_plus(lease_seconds)},"
        " attempts = attempts + 1 WHERE id IN (SELECT id FROM conversations_turn"
        f" WHERE state = 'pending' AND lease_until < {_now()} ORDER BY created_at LIMIT %s{skip})"
        f" RETURNING id, conversation_id, seq, attempts, {age}",
        limit,
    ).fetchall()
    turns = [ClaimedTurn(UUID(str(r[0])), UUID(str(r[1])), r[2], r[3], float(r[4])) for r in rows]
    return sorted(turns, key=lambda turn: (str(turn.conversation_id), turn.seq))


def last_seqs(conversation_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """(epoch, last_seq) of each conversation that still exists."""
    if not conversation_ids:
        return {}
    marks = ", ".join(["%s"] * len(conversation_ids))
    rows = _run(
        f"SELECT id, epoch, last_seq FROM conversations_conversation WHERE id IN ({marks})",
        *conversation_ids,
    ).fetchall()
    return {UUID(str(row[0])): (row[1], row[2]) for row in rows}
