"""The statements in SQL leave the same rows as their twins made of ORM calls."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import models, transaction
from django.utils import timezone

from chatbot_site.lib.ids import uuid7
from conversations import store
from conversations.models import Conversation, Event, Message, Turn
from tests.factories import ConversationFactory, MessageFactory, TurnFactory

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 3, 29, 1, 59, 59, 123456, tzinfo=UTC)
STATE = {
    "shape": 1,
    "said": {"größe": 2, "a'b": 1, "100%s": 0},
    "none": None,
    "deep": [1, {"x": True}],
}


@pytest.fixture
def conversation() -> Conversation:
    made: Conversation = ConversationFactory(state=STATE, language="de")
    return made


def fields_of(row: models.Model, *without: str) -> dict[str, Any]:
    """All columns as they are stored, but for those that must differ between twins."""
    values = type(row)._default_manager.filter(pk=row.pk).values().get()
    kept = {name: value for name, value in values.items() if name not in without}
    return {name: bytes(v) if isinstance(v, memoryview) else v for name, v in kept.items()}


def message_row(conversation: Conversation, seq: int, **changes: Any) -> store.MessageRow:
    fields: dict[str, Any] = {
        "id": uuid7(), "conversation_id": conversation.pk, "seq": seq, "client_id": uuid4(),
        "author": "user", "kind": "text", "body": b"\x00\xff sealed", "turn_id": None,
        "part": None, "created_at": MOMENT,
    }  # fmt: skip
    return store.MessageRow(**{**fields, **changes})


def near(moment: datetime, seconds: float = 0.0) -> bool:
    return abs((moment - timezone.now()).total_seconds() - seconds) < 5


def test_messages_are_inserted_as_the_orm_would(conversation: Conversation) -> None:
    turn = TurnFactory(message__conversation=conversation)
    rows = [
        message_row(conversation, 2),
        message_row(conversation, 3, client_id=None, author="bot", turn_id=turn.pk, part=0),
    ]
    store.messages_insert(rows)
    ours = [fields_of(Message.objects.get(pk=row.id), "id", "seq", "client_id") for row in rows]

    Message.objects.filter(pk__in=[row.id for row in rows]).delete()
    for row in rows:
        columns = ("id", "conversation_id", "seq", "client_id", "author", "kind", "turn_id", "part")
        values = {name: getattr(row, name) for name in columns}
        Message.objects.create(**values, body=row.body, created_at=row.created_at)
    twins = [fields_of(Message.objects.get(pk=row.id), "id", "seq", "client_id") for row in rows]
    assert ours == twins


def test_messages_are_read_as_they_were_written(conversation: Conversation) -> None:
    rows = [message_row(conversation, seq) for seq in range(1, 8)]
    store.messages_insert(rows)
    other = ConversationFactory()
    store.messages_insert([message_row(other, 1)])

    assert store.messages_between(conversation.pk, 0, 100, 100) == rows
    assert store.messages_between(conversation.pk, 2, 6, 2) == rows[2:4]
    assert store.messages_before(conversation.pk, 6, 3) == rows[2:5]
    assert store.messages_before(conversation.pk, 1, 3) == []
    client_id = rows[3].client_id
    assert client_id is not None
    assert store.message_by_client_id(conversation.pk, client_id) == rows[3]
    assert store.message_by_client_id(other.pk, client_id) is None


def test_a_conversation_is_read_as_the_orm_reads_it(conversation: Conversation) -> None:
    read: list[Callable[[UUID], store.ConversationRow | None]] = [
        store.conversation_read,
        store.conversation_lock,
    ]
    for function in read:
        with transaction.atomic():
            row = function(conversation.pk)
        assert row == store.ConversationRow(
            conversation.pk, conversation.bot_id, conversation.subject_id, "de", "bot", 1, 0,
            STATE, 0,
        )  # fmt: skip
        assert function(uuid7()) is None


def test_a_turn_is_inserted_as_the_orm_would(conversation: Conversation) -> None:
    one, two = (MessageFactory(conversation=conversation) for _ in range(2))
    row = message_row(conversation, one.seq, id=one.pk)
    turn_id = uuid7()
    store.turn_insert(turn_id, row, 6.0)
    ours = Turn.objects.get(pk=turn_id)
    twin = Turn.objects.create(message=two, conversation=conversation, seq=two.seq,
                               lease_until=timezone.now() + timedelta(seconds=6))  # fmt: skip

    assert near(ours.created_at)
    assert near(ours.lease_until, 6)
    own = ("id", "message_id", "seq", "created_at", "lease_until")
    assert fields_of(ours, *own) == fields_of(twin, *own)


def test_a_conversation_advances_and_remembers_as_with_the_orm(conversation: Conversation) -> None:
    past = timezone.now() - timedelta(days=1)
    twin = ConversationFactory(state=STATE, language="de")
    Conversation.objects.update(active_at=past)
    own = ("id", "bot_id", "subject_id", "created_at", "active_at")

    store.conversation_advance(conversation.pk, 3, "fr")
    Conversation.objects.filter(pk=twin.pk).update(last_seq=3, language="fr")
    assert fields_of(conversation, *own) == fields_of(twin, *own)

    state = {**STATE, "new": "\u2028"}
    store.conversation_remember(conversation.pk, 5, "en", state)
    Conversation.objects.filter(pk=twin.pk).update(
        last_seq=5, language="en", state=state, state_version=models.F("state_version") + 1
    )
    assert fields_of(conversation, *own) == fields_of(twin, *own)
    conversation.refresh_from_db()
    assert near(conversation.active_at)


def test_a_turn_is_finished_as_with_the_orm(conversation: Conversation) -> None:
    ours, twin = (TurnFactory(message__conversation=conversation) for _ in range(2))
    ended = {"state": "done", "outcome": "answered", "language": "en", "intent": "hours"}
    store.turn_finish(ours.pk, **ended, confidence=0.25, release_id=None)
    Turn.objects.filter(pk=twin.pk).update(**ended, confidence=0.25, finished_at=timezone.now())

    own = ("id", "message_id", "seq", "created_at", "lease_until", "finished_at")
    assert fields_of(ours, *own) == fields_of(twin, *own)
    ours.refresh_from_db()
    assert near(ours.finished_at)


def test_an_event_is_inserted_as_the_orm_would(conversation: Conversation) -> None:
    data = {"intent": "größe", "release": None, "n": 1.5}
    store.event_insert("message.answered", conversation.bot_id, conversation.pk, data)
    ours = Event.objects.get()
    twin = Event.objects.create(
        name="message.answered", bot=conversation.bot, conversation=conversation.pk, data=data
    )
    assert fields_of(ours, "id", "created_at") == fields_of(twin, "id", "created_at")
    assert near(ours.created_at)


def test_whether_a_turn_is_due(conversation: Conversation) -> None:
    first, second = (TurnFactory(message__conversation=conversation) for _ in range(2))
    assert store.turn_is_due(first.pk, conversation.pk, first.seq) == (True, False)
    assert store.turn_is_due(second.pk, conversation.pk, second.seq) == (True, True)
    Turn.objects.filter(pk=first.pk).update(state="failed")
    assert store.turn_is_due(first.pk, conversation.pk, first.seq) == (False, False)
    assert store.turn_is_due(second.pk, conversation.pk, second.seq) == (True, False)
    assert store.turn_is_due(uuid7(), conversation.pk, 9) == (False, True)


def lapsed(conversation: Conversation, seconds: float = 1, **fields: Any) -> Turn:
    past = timezone.now() - timedelta(seconds=seconds)
    turn: Turn = TurnFactory(message__conversation=conversation, lease_until=past, **fields)
    return turn


def test_only_lapsed_turns_are_claimed_oldest_first(conversation: Conversation) -> None:
    hour = timezone.now() - timedelta(hours=1)
    new = lapsed(conversation)
    old = lapsed(conversation, created_at=hour)
    lapsed(conversation, state="done")
    TurnFactory(message__conversation=conversation)
    assert store.turns_overdue() is True

    with transaction.atomic():
        first = store.turns_claim(1, 6.0)
        rest = store.turns_claim(10, 6.0)
        nothing = store.turns_claim(10, 6.0)

    assert [(turn.id, turn.seq, turn.attempts) for turn in first] == [(old.pk, old.seq, 2)]
    assert first[0].age_seconds == pytest.approx(3600, abs=5)
    assert [turn.id for turn in rest] == [new.pk]
    assert nothing == []
    assert store.turns_overdue() is False
    new.refresh_from_db()
    assert near(new.lease_until, 6)


def test_claimed_turns_come_in_the_order_of_their_messages(conversation: Conversation) -> None:
    turns = [lapsed(conversation, created_at=timezone.now() - timedelta(seconds=n)) for n in (1, 9)]
    with transaction.atomic():
        claimed = store.turns_claim(10, 6.0)
    assert [turn.seq for turn in claimed] == [turn.seq for turn in turns]


def test_the_last_places_of_many_conversations(conversation: Conversation) -> None:
    MessageFactory(conversation=conversation)
    other = ConversationFactory(epoch=3)
    found = store.last_seqs([conversation.pk, other.pk, uuid7()])
    assert found == {conversation.pk: (1, 1), other.pk: (3, 0)}
    assert store.last_seqs([]) == {}
