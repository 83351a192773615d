"""Opening a conversation: no row until something is said."""

from uuid import UUID

from conversations.models import Bot, Conversation
from conversations.opening import conversation_id_new
from conversations.selectors import ConversationHead


def conversation_open(*, subject_id: UUID, bot: Bot, language: str) -> ConversationHead:
    """A new conversation of this person with this bot, as a promise that needs no row."""
    return ConversationHead(
        conversation_id_new(subject_id, bot.pk),
        bot.pk,
        bot.slug,
        language,
        epoch=1,
        last_seq=0,
        mode=Conversation.Mode.BOT,
    )
