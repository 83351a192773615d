"""Reads: what is not yours is not found, and what can't be opened is said to be missing."""

from typing import Any

import pytest
from django.utils import timezone

from accounts import crypto
from accounts.models import DataKey
from chatbot_site.lib.errors import NotFoundError
from chatbot_site.lib.ids import uuid7
from conversations import selectors
from conversations.models import Conversation, Message
from conversations.opening import conversation_id_new
from conversations.services.conversations import conversation_open
from tests.conversations.talking import release_live
from tests.factories import (
    BotFactory,
    ConversationFactory,
    FeedbackFactory,
    MessageFactory,
    SubjectFactory,
    TurnFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation() -> Conversation:
    made: Conversation = ConversationFactory(language="fr")
    for number in range(1, 6):
        MessageFactory(conversation=made, text=f"number {number}")
    return made


def seqs(events: list[selectors.ChatEvent]) -> list[int]:
    return [event.seq for event in events]


def test_only_the_owner_finds_a_conversation(conversation: Conversation) -> None:
    head = selectors.conversation_for(
        subject_id=conversation.subject_id, conversation_id=conversation.pk
    )
    assert (head.id, head.bot_id, head.bot_slug) == (
        conversation.pk,
        conversation.bot_id,
        conversation.bot.slug,
    )
    assert (head.language, head.epoch, head.last_seq, head.mode) == ("fr", 1, 5, "bot")
    with pytest.raises(NotFoundError):
        selectors.conversation_for(subject_id=uuid7(), conversation_id=conversation.pk)


def test_a_promised_conversation_is_found_by_whom_it_was_promised() -> None:
    bot, person = BotFactory(), uuid7()
    opened = conversation_open(subject_id=person, bot=bot, language="de")
    assert Conversation.objects.count() == 0
    head = selectors.conversation_for(subject_id=person, conversation_id=opened.id)
    assert (head.id, head.bot_id, head.language, head.epoch, head.last_seq) == (
        opened.id,
        bot.pk,
        "",
        1,
        0,
    )
    for subject, conv in ((uuid7(), opened.id), (person, uuid7())):
        with pytest.raises(NotFoundError):
            selectors.conversation_for(subject_id=subject, conversation_id=conv)
    gone = conversation_id_new(person, bot.pk + 1)
    with pytest.raises(NotFoundError):
        selectors.conversation_for(subject_id=person, conversation_id=gone)


def test_events_come_in_order_from_either_side(conversation: Conversation) -> None:
    conv = conversation.pk
    assert seqs(selectors.events_after(conversation_id=conv, after=2)) == [3, 4, 5]
    assert seqs(selectors.events_after(conversation_id=conv, after=0, limit=2)) == [1, 2]
    assert seqs(selectors.events_before(conversation_id=conv, before=5, limit=2)) == [3, 4]
    assert selectors.events_after(conversation_id=uuid7(), after=0) == []


def test_an_event_says_on_the_wire_what_is_known(conversation: Conversation) -> None:
    bot_message = MessageFactory(
        conversation=conversation, author=Message.Author.BOT, client_id=None
    )
    person, bot = selectors.events_after(conversation_id=conversation.pk, after=4)
    first = Message.objects.get(seq=5)
    assert person.frame() == {
        "t": "event",
        "conv": str(conversation.pk),
        "seq": 5,
        "kind": "text",
        "author": "user",
        "body": {"text": "number 5"},
        "ts": first.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "id": str(first.client_id),
    }
    told = bot.as_json()
    assert (told["seq"], told["generated_by"]) == (bot_message.seq, "bot")
    assert "id" not in told


def test_what_was_erased_or_damaged_keeps_its_place(conversation: Conversation) -> None:
    sealed = bytes(Message.objects.filter(seq=2).values_list("body", flat=True).get())
    Message.objects.filter(seq=2).update(body=sealed[:-1] + bytes([sealed[-1] ^ 1]))
    # A text that was moved to another place does not open there.
    Message.objects.filter(seq=3).update(body=sealed)
    bodies = [e.body for e in selectors.events_after(conversation_id=conversation.pk, after=0)]
    damaged = {"text": "", "missing": "damaged"}
    assert bodies == [
        {"text": "number 1"},
        damaged,
        damaged,
        {"text": "number 4"},
        {"text": "number 5"},
    ]

    DataKey.objects.all().delete()
    crypto.cache.clear()
    events = selectors.events_after(conversation_id=conversation.pk, after=0)
    assert [event.body for event in events] == [{"text": "", "missing": "erased"}] * 5
    assert seqs(events) == [1, 2, 3, 4, 5]


def test_own_conversations_newest_first_with_their_first_words() -> None:
    subject, bot = SubjectFactory(), BotFactory()
    old, new = (ConversationFactory(subject=subject, bot=bot) for _ in range(2))
    ConversationFactory(bot=bot)
    MessageFactory(conversation=old, text="x" * 200)
    Conversation.objects.filter(pk=new.pk).update(active_at=timezone.now())

    found = selectors.conversations_of(subject_id=subject.pk)
    assert [(line.id, line.preview) for line in found] == [(new.pk, ""), (old.pk, "x" * 80)]
    assert len(selectors.conversations_of(subject_id=subject.pk, limit=1)) == 1
    assert selectors.conversations_of(subject_id=subject.pk, offset=2) == []

    latest = selectors.conversation_latest(subject_id=subject.pk, bot=bot)
    assert latest is not None
    assert latest.id == new.pk
    Conversation.objects.filter(pk=new.pk).update(mode="closed")
    latest = selectors.conversation_latest(subject_id=subject.pk, bot=bot)
    assert latest is not None
    assert latest.id == old.pk
    assert selectors.conversation_latest(subject_id=uuid7(), bot=bot) is None


def test_a_bot_can_be_talked_to_once_it_has_a_live_release() -> None:
    first, second = BotFactory(), BotFactory()
    with pytest.raises(NotFoundError):
        selectors.bot_live(None)
    release_live(second)
    assert selectors.bots_live() == [second]
    assert selectors.bot_live(None) == selectors.bot_live(second.slug) == second
    for slug in (first.slug, "nobody"):
        with pytest.raises(NotFoundError) as refused:
            selectors.bot_live(slug)
        assert refused.value.field == "bot"


def test_what_waits_and_what_was_judged(conversation: Conversation) -> None:
    message = MessageFactory(conversation=conversation)
    turn: Any = TurnFactory(message=message)
    assert selectors.turns_pending(conversation.pk) is True
    assert selectors.turn_is_pending(conversation.pk, message.seq) is True
    assert selectors.turn_is_pending(conversation.pk, 1) is False
    turn.state = "failed"
    turn.save()
    assert selectors.turns_pending(conversation.pk) is False

    judged = FeedbackFactory(message__conversation=conversation, value="down")
    assert selectors.feedback_of(conversation.pk) == {judged.message.seq: "down"}
