"""Thumbs: the latest one counts, and only on the bot's messages in one's own conversation."""

from typing import Any
from uuid import UUID

import pytest

from chatbot_site.lib.errors import ApplicationError
from chatbot_site.lib.ids import uuid7
from conversations.models import Conversation, Event, Feedback, Message
from conversations.services.feedback import feedback_record
from tests.factories import ConversationFactory, MessageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation() -> Conversation:
    made: Conversation = ConversationFactory()
    MessageFactory(conversation=made)
    MessageFactory(conversation=made, author=Message.Author.BOT, client_id=None)
    return made


def give(conversation: Conversation, subject: UUID | None = None, **fields: Any) -> None:
    wanted = {"seq": 2, "value": "up", **fields}
    owner = subject or conversation.subject_id
    feedback_record(subject_id=owner, conversation_id=conversation.pk, **wanted)


def test_the_latest_thumb_counts(conversation: Conversation) -> None:
    give(conversation, value="down", reason="wrong", comment="no\x07, that is\u0301 wrong")
    stored = Feedback.objects.get()
    assert (stored.value, stored.reason, stored.comment) == ("down", "wrong", "no, that iś wrong")
    assert b"wrong" not in bytes(Feedback.objects.values_list("comment", flat=True).get() or b"")

    give(conversation)
    stored = Feedback.objects.get()
    assert (stored.value, stored.reason, stored.comment) == ("up", "", None)
    events = list(Event.objects.order_by("pk").values_list("name", "data"))
    assert events == [
        ("feedback.given", {"value": "down", "reason": "wrong"}),
        ("feedback.given", {"value": "up", "reason": ""}),
    ]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"seq": 1}, "not_found"),
        ({"seq": 3}, "not_found"),
        ({"subject": uuid7()}, "not_found"),
        ({"value": "sideways"}, "bad_frame"),
        ({"reason": "because"}, "bad_frame"),
        ({"comment": "\x00"}, "bad_text"),
        ({"comment": "x" * 4_001}, "too_long"),
    ],
)
def test_what_is_refused_changes_nothing(
    conversation: Conversation, fields: dict[str, Any], code: str
) -> None:
    with pytest.raises(ApplicationError) as refused:
        give(conversation, **fields)
    assert refused.value.code == code
    assert (Feedback.objects.count(), Event.objects.count()) == (0, 0)
