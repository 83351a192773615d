"""Thumbs on the bot's messages."""

from uuid import UUID

from django.db import transaction

from chatbot_site.lib.errors import BadFrameError, NotFoundError
from chatbot_site.lib.text import clean_message
from conversations import store
from conversations.models import Feedback, Message


@transaction.atomic
def feedback_record(
    *,
    subject_id: UUID,
    conversation_id: UUID,
    seq: int,
    value: str,
    reason: str = "",
    comment: str = "",
) -> None:
    """Keep a person's latest opinion of one bot message.

    Raises `NotFoundError` for a message that is not theirs to judge, `BadFrameError` for values
    that do not exist, `BadTextError` for a comment that can't be stored.
    """
    if value not in Feedback.Value.values or reason not in Feedback.Reason.values:
        raise BadFrameError(field="value" if value not in Feedback.Value.values else "reason")
    message = (
        Message.objects.select_related("conversation")
        .filter(
            conversation_id=conversation_id,
            conversation__subject_id=subject_id,
            seq=seq,
            author=Message.Author.BOT,
        )
        .first()
    )
    if message is None:
        raise NotFoundError
    words = clean_message(comment) if comment.strip() else None
    feedback = Feedback.objects.filter(message=message).first() or Feedback(message=message)
    feedback.value, feedback.reason, feedback.comment = value, reason, words
    feedback.save()
    conversation = message.conversation
    store.event_insert(
        "feedback.given", conversation.bot_id, conversation.pk, {"value": value, "reason": reason}
    )
