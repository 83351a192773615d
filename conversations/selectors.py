"""Reads. Fetching and permission are one step: what is not yours is not found."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts import crypto
from chatbot_site.lib.errors import NotFoundError
from conversations import store
from conversations.frames import MAX_SEQ, timestamp
from conversations.models import Bot, Conversation, Feedback, Message, Turn
from conversations.opening import bot_of_promise

PREVIEW_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class ConversationHead:
    """A conversation of the person who asks; perhaps only promised, without a row yet."""

    id: UUID
    bot_id: int
    bot_slug: str
    language: str
    epoch: int
    last_seq: int
    mode: str


@dataclass(frozen=True, slots=True)
class ConversationSummary:
    """A line of a person's list of conversations."""

    id: UUID
    bot_name: str
    active_at: datetime
    preview: str


@dataclass(frozen=True, slots=True)
class ChatEvent:
    """One message as everybody sees it: every tab, device, export and the API."""

    conv: UUID
    seq: int
    kind: str
    author: str
    id: UUID | None
    body: dict[str, Any]
    generated_by: str
    ts: datetime

    def as_json(self) -> dict[str, Any]:
        """The fields of the event on the wire."""
        event: dict[str, Any] = {
            "conv": str(self.conv),
            "seq": self.seq,
            "kind": self.kind,
            "author": self.author,
            "body": self.body,
            "ts": timestamp(self.ts),
        }
        if self.id is not None:
            event["id"] = str(self.id)
        if self.generated_by:
            event["generated_by"] = self.generated_by
        return event

    def frame(self) -> dict[str, Any]:
        return {"t": "event", **self.as_json()}


def bots_live() -> list[Bot]:
    """The bots that visitors can talk to."""
    return list(Bot.objects.filter(live_release__isnull=False))


def bot_live(slug: str | None) -> Bot:
    """The bot of this name, or the site's first one; raises `NotFoundError`."""
    bots = Bot.objects.filter(live_release__isnull=False)
    bot = (bots.filter(slug=slug) if slug else bots).first()
    if bot is None:
        raise NotFoundError(field="bot")
    return bot


def conversation_for(*, subject_id: UUID, conversation_id: UUID) -> ConversationHead:
    """This person's conversation; raises `NotFoundError` for anybody else's."""
    row = Conversation.objects.select_related("bot").filter(pk=conversation_id).first()
    if row is None:
        return _promised(subject_id, conversation_id)
    if row.subject_id != subject_id:
        raise NotFoundError
    return _head(row)


def _promised(subject_id: UUID, conversation_id: UUID) -> ConversationHead:
    bot_id = bot_of_promise(conversation_id, subject_id)
    bot = None if bot_id is None else Bot.objects.filter(pk=bot_id).first()
    if bot is None:
        raise NotFoundError
    return ConversationHead(
        conversation_id, bot.pk, bot.slug, "", epoch=1, last_seq=0, mode=Conversation.Mode.BOT
    )


def _head(row: Conversation) -> ConversationHead:
    return ConversationHead(
        row.pk, row.bot_id, row.bot.slug, row.language, row.epoch, row.last_seq, row.mode
    )


def conversation_latest(*, subject_id: UUID, bot: Bot) -> ConversationHead | None:
    """Where this person left off with this bot."""
    rows = Conversation.objects.select_related("bot").filter(subject_id=subject_id, bot=bot)
    row = rows.exclude(mode=Conversation.Mode.CLOSED).order_by("-active_at").first()
    return None if row is None else _head(row)


def conversations_of(
    *, subject_id: UUID, limit: int = 20, offset: int = 0
) -> list[ConversationSummary]:
    """Own conversations, newest first, each with its first words."""
    rows = (
        Conversation.objects.select_related("bot")
        .filter(subject_id=subject_id)
        .order_by("-active_at")[offset : offset + limit]
    )
    heads = list(rows)
    first = {
        message.conversation_id: message
        for message in Message.objects.filter(conversation__in=heads, seq=1)
    }
    return [
        ConversationSummary(row.pk, row.bot.name, row.active_at, _preview(first.get(row.pk)))
        for row in heads
    ]


def _preview(message: Message | None) -> str:
    if message is None:
        return ""
    text: str = _body(bytes(message.__dict__["body"]), message.pk).get("text", "")
    return text[:PREVIEW_CHARACTERS]


def events_after(*, conversation_id: UUID, after: int, limit: int = 100) -> list[ChatEvent]:
    """What came after a place in the order. The caller has checked whose conversation it is."""
    rows = store.messages_between(conversation_id, after, MAX_SEQ, limit)
    return [_event(row) for row in rows]


def events_before(*, conversation_id: UUID, before: int, limit: int = 50) -> list[ChatEvent]:
    """The `limit` events just before a place, in order."""
    rows = store.messages_before(conversation_id, before, limit)
    return [_event(row) for row in rows]


def _event(row: store.MessageRow) -> ChatEvent:
    body = _body(row.body, row.id)
    return ChatEvent(
        row.conversation_id,
        row.seq,
        row.kind,
        row.author,
        row.client_id,
        body,
        "bot" if row.author == Message.Author.BOT else "",
        row.created_at,
    )


def _body(sealed: bytes, message_id: UUID) -> dict[str, Any]:
    """The body, or what stands for one that can't be read: erased, or damaged."""
    try:
        text = crypto.open_text(sealed, store.MESSAGES, "body", message_id)
    except crypto.UndecryptableError as error:
        return {"text": "", "missing": "erased" if error.erased else "damaged"}
    body: dict[str, Any] = json.loads(text)
    return body


def turns_pending(conversation_id: UUID) -> bool:
    """Whether a message of this conversation still waits for its answer."""
    return Turn.objects.filter(conversation_id=conversation_id, state=Turn.State.PENDING).exists()


def turn_is_pending(conversation_id: UUID, seq: int) -> bool:
    """Whether the message at this place still waits for its answer."""
    return Turn.objects.filter(
        conversation_id=conversation_id, seq=seq, state=Turn.State.PENDING
    ).exists()


def feedback_of(conversation_id: UUID) -> dict[int, str]:
    """The thumbs given in a conversation: seq of the message to up or down."""
    rows = Feedback.objects.filter(message__conversation_id=conversation_id)
    return dict(rows.values_list("message__seq", "value"))
