"""Accept and commit, the two transactions on the path of a message: rules R1, R2, R3 and R6."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, OperationalError, transaction

from accounts import crypto
from accounts.models import DataKey, Subject
from chatbot_site.lib.errors import ClosedError, IdConflictError, NotFoundError
from chatbot_site.lib.ids import uuid7
from conversations import store
from conversations.bot.types import Answer, Choice, Outcome, Reply, State
from conversations.models import Bot, Conversation, Event, Message, Turn
from conversations.opening import conversation_id_new
from conversations.services import messages
from conversations.services.messages import (
    Accepted,
    AnswerToCommit,
    NewMessage,
    StateMovedError,
    TurnSettledError,
    TurnTooEarlyError,
    answer_commit,
    message_accept,
    turn_expect,
)
from tests.factories import BotFactory

pytestmark = pytest.mark.django_db(transaction=True)
PERSON = uuid7()
ANSWER = Answer(
    (Reply("text", "From 8 to 18."), Reply("card", "Map", choices=(Choice("P", "intent:p"),))),
    State(0, "hours", {"hours": 1}),
    Outcome.ANSWERED,
    "en",
    "hours",
    0.9,
)


@pytest.fixture(autouse=True)
def no_remembered_keys() -> None:
    """Each test empties the database, and with it the keys that this process remembers."""
    crypto.cache.clear()


@pytest.fixture
def bot() -> Bot:
    bot: Bot = BotFactory()
    return bot


@pytest.fixture
def conv(bot: Bot) -> UUID:
    return conversation_id_new(PERSON, bot.pk)


def message(conv: UUID, text: str = "when?", client_id: UUID | None = None) -> NewMessage:
    return NewMessage(PERSON, conv, client_id or uuid4(), "text", {"text": text}, "en")


def made(accepted: Accepted, answer: Answer = ANSWER) -> AnswerToCommit:
    row = store.conversation_read(accepted.conversation.id)
    assert row is not None
    assert accepted.turn_id is not None
    return AnswerToCommit(accepted.turn_id, row.id, accepted.seq, row.state_version, answer, None)


def rows() -> list[tuple[Any, ...]]:
    fields = ("seq", "author", "kind", "part")
    return list(Message.objects.order_by("seq").values_list(*fields))


def texts() -> list[str]:
    return [json.loads(m.body)["text"] for m in Message.objects.order_by("seq")]


def test_a_message_is_stored_with_its_place_and_its_duty(conv: UUID, bot: Bot) -> None:
    new = message(conv)
    accepted = message_accept(new)

    assert (accepted.seq, accepted.dup) == (1, False)
    stored = Message.objects.get()
    assert (stored.conversation_id, stored.seq, stored.client_id) == (conv, 1, new.client_id)
    assert (stored.author, stored.kind, json.loads(stored.body)) == ("user", "text", new.body)
    conversation = Conversation.objects.get()
    assert (conversation.bot_id, conversation.subject_id, conversation.last_seq) == (
        bot.pk,
        PERSON,
        1,
    )
    turn = Turn.objects.get()
    assert (turn.pk, turn.message_id, turn.seq) == (accepted.turn_id, stored.pk, 1)
    assert (turn.state, turn.attempts, turn.outcome) == ("pending", 1, "")
    lease = (turn.lease_until - turn.created_at).total_seconds()
    assert lease == pytest.approx(messages.LEASE_SECONDS, abs=0.05)


def test_the_same_id_and_body_gets_the_same_place(conv: UUID) -> None:
    new = message(conv)
    first = message_accept(new)
    message_accept(message(conv, "another"))
    again = message_accept(replace(new, language="de"))

    assert (again.seq, again.created_at, again.dup) == (first.seq, first.created_at, True)
    assert again.turn_id is None
    assert rows() == [(1, "user", "text", None), (2, "user", "text", None)]
    assert Turn.objects.count() == 2


@pytest.mark.parametrize(
    "changes",
    [{"body": {"text": "other"}}, {"kind": "postback", "body": {"text": "when?", "payload": "x"}}],
)
def test_the_same_id_with_another_body_conflicts(conv: UUID, changes: dict[str, Any]) -> None:
    new = message(conv)
    message_accept(new)
    with pytest.raises(IdConflictError):
        message_accept(replace(new, **changes))
    assert texts() == ["when?"]
    assert Turn.objects.count() == 1


def test_a_chip_pressed_again_is_the_same_though_its_caption_changed(conv: UUID) -> None:
    body = {"text": "Parking", "payload": "intent:parking"}
    new = replace(message(conv), kind="postback", body=body)
    message_accept(new)
    again = message_accept(replace(new, body={**body, "text": "Car park"}))
    assert (again.seq, again.dup) == (1, True)
    with pytest.raises(IdConflictError):
        message_accept(replace(new, body={**body, "payload": "intent:hours"}))


def test_the_same_id_in_another_conversation_is_another_message(conv: UUID, bot: Bot) -> None:
    new = message(conv)
    other = replace(new, conversation_id=conversation_id_new(PERSON, bot.pk))
    assert [message_accept(new).seq, message_accept(other).seq] == [1, 1]


def test_a_foreign_conversation_is_not_found_with_or_without_a_row(conv: UUID) -> None:
    stranger = replace(message(conv), subject_id=uuid7())
    with pytest.raises(NotFoundError):
        message_accept(stranger)
    assert (Conversation.objects.count(), Subject.objects.count()) == (0, 0)
    message_accept(message(conv))
    with pytest.raises(NotFoundError):
        message_accept(stranger)
    with pytest.raises(NotFoundError):
        message_accept(message(uuid7()))
    assert texts() == ["when?"]


def test_a_closed_conversation_takes_nothing_new_but_repeats_its_acks(conv: UUID) -> None:
    new = message(conv)
    message_accept(new)
    Conversation.objects.update(mode="closed")
    with pytest.raises(ClosedError):
        message_accept(message(conv))
    assert message_accept(new).dup is True
    assert Message.objects.count() == 1


def test_a_key_is_never_used_before_it_is_in_the_table(
    conv: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first transaction that fails must not leave its key in the memory of the process."""
    real = store.turn_insert
    failures = iter([OperationalError("the connection was cut")])

    def cut_once(*args: Any) -> None:
        for failure in failures:
            raise failure
        real(*args)

    monkeypatch.setattr(store, "turn_insert", cut_once)
    new = message(conv)
    with pytest.raises(OperationalError):
        message_accept(new)
    assert Message.objects.count() == 0
    message_accept(new)
    crypto.cache.clear()
    assert texts() == ["when?"]
    assert DataKey.objects.count() == 1


def test_an_answer_its_state_and_the_end_of_the_duty_are_one(conv: UUID) -> None:
    accepted = message_accept(message(conv))
    last_seq = answer_commit(made(accepted))

    assert last_seq == 3
    assert rows() == [(1, "user", "text", None), (2, "bot", "text", 0), (3, "bot", "card", 1)]
    assert texts() == ["when?", "From 8 to 18.", "Map"]
    assert set(Message.objects.filter(author="bot").values_list("turn_id", flat=True)) == {
        accepted.turn_id
    }
    turn = Turn.objects.get()
    assert (turn.state, turn.outcome, turn.intent, turn.confidence, turn.language) == (
        "done",
        "answered",
        "hours",
        0.9,
        "en",
    )
    assert turn.finished_at is not None
    conversation = Conversation.objects.get()
    assert (conversation.last_seq, conversation.state_version) == (3, 1)
    assert conversation.state == {
        "shape": 1, "misses": 0, "last_intent": "hours", "said": {"hours": 1},
    }  # fmt: skip
    event = Event.objects.get()
    assert (event.name, event.conversation) == ("message.answered", conv)
    assert event.data == {
        "outcome": "answered", "intent": "hours", "language": "en", "release": None,
    }  # fmt: skip


def unchanged() -> tuple[Any, ...]:
    return (rows(), list(Turn.objects.values()), list(Conversation.objects.values()))


def test_a_turn_is_answered_once(conv: UUID) -> None:
    answer = made(message_accept(message(conv)))
    answer_commit(answer)
    before = unchanged()
    with pytest.raises(TurnSettledError):
        answer_commit(answer)
    assert unchanged() == before
    assert Event.objects.count() == 1


def test_the_table_itself_refuses_a_second_answer(conv: UUID) -> None:
    accepted = message_accept(message(conv))
    answer_commit(made(accepted))
    Turn.objects.update(state="pending")
    before = unchanged()
    with pytest.raises(IntegrityError):
        answer_commit(made(accepted))
    assert unchanged() == before


def test_answers_keep_the_order_of_the_messages(conv: UUID) -> None:
    first, second = message_accept(message(conv)), message_accept(message(conv))
    before = unchanged()
    with pytest.raises(TurnTooEarlyError):
        answer_commit(made(second))
    with pytest.raises(TurnTooEarlyError):
        turn_expect(turn_id=second.turn_id or uuid4(), conversation_id=conv, seq=second.seq)
    assert unchanged() == before
    assert answer_commit(made(first)) == 4
    assert answer_commit(made(second)) == 6


def test_a_state_that_moved_on_is_thought_about_again(conv: UUID) -> None:
    first, second = message_accept(message(conv)), message_accept(message(conv))
    stale = made(second)
    answer_commit(made(first))
    before = unchanged()
    with pytest.raises(StateMovedError) as moved:
        answer_commit(stale)
    assert unchanged() == before
    assert (moved.value.row.state_version, moved.value.row.last_seq) == (1, 4)
    assert answer_commit(replace(stale, state_version=1)) == 6


def test_nothing_is_left_to_do_for_what_is_gone(conv: UUID) -> None:
    answer = made(message_accept(message(conv)))
    with pytest.raises(TurnSettledError):
        turn_expect(turn_id=uuid4(), conversation_id=conv, seq=1)
    Conversation.objects.all().delete()
    with pytest.raises(TurnSettledError):
        answer_commit(answer)
    assert Message.objects.count() == 0


def test_an_apology_ends_the_duty_as_failed(conv: UUID) -> None:
    sorry = Answer((Reply("text", "Sorry."),), State(), Outcome.APOLOGISED, "en")
    answer_commit(made(message_accept(message(conv)), sorry))
    assert Turn.objects.values_list("state", "outcome").get() == ("failed", "apologised")


@pytest.mark.parametrize("field", ["seq", "client_id"])
def test_the_table_knows_each_place_and_each_id_once(conv: UUID, field: str) -> None:
    message_accept(message(conv))
    twin = Message.objects.get()
    twin.pk = uuid7()
    setattr(twin, "client_id" if field == "seq" else "seq", uuid4() if field == "seq" else 2)
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)
    assert Message.objects.count() == 1
