"""What the chat page shows: a conversation, its bot and its last messages, ready for templates."""

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from chatbot_site.lib.text import MAX_CODE_POINTS
from conversations import selectors
from conversations.bot.persona import palette
from conversations.bot.types import LocalContent
from conversations.content import Running, refresh_running, running
from conversations.models import Feedback
from conversations.page_strings import page_strings
from conversations.selectors import ChatEvent, ConversationHead
from conversations.wording import empty_content

LINES: Final = 50
"""How many messages the page shows at first."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the transcript."""

    event: ChatEvent
    rich: SafeString
    answered: bool
    thumb: str
    new_day: date | None


def chat_page(
    head: ConversationHead, *, subject_id: UUID, language: str, before: int = 0, why: int = 0
) -> dict[str, Any]:
    """The template values of one conversation; `before` pages back, `why` asks about a thumb."""
    live = _running(head.bot_id)
    content = live.content if live else empty_content()
    local = content.in_language(language)
    events = selectors.events_before(
        conversation_id=head.id, before=before or head.last_seq + 1, limit=LINES
    )
    thumbs = selectors.feedback_of(head.id) if events else {}
    pending = bool(events) and selectors.turns_pending(head.id)
    return {
        "head": head,
        "bot": local,
        "bot_slug": head.bot_slug,
        "avatar": content.avatar,
        "palette": palette(content.colour).css(),
        "lines": lines_of(events, thumbs),
        "earlier": events[0].seq if events and events[0].seq > 1 else 0,
        "later": bool(before),
        "choices": _choices(events, local, pending=pending or bool(before)),
        "pending": pending,
        "why": why,
        "reasons": [choice for choice in Feedback.Reason.choices if choice[0]],
        "client_id": uuid.uuid4(),
        "max_length": MAX_CODE_POINTS,
        "storage": "memory" if getattr(settings, "PHI_MODE", False) else "browser",
        "config": _config(head, events, subject_id=subject_id, language=language),
    }


def _running(bot_id: int) -> Running | None:
    """The bot's live release; the first page of a young process does not wait for its watcher."""
    live = running(bot_id)
    if live is None:
        refresh_running()
        live = running(bot_id)
    return live


def lines_of(events: Iterable[ChatEvent], thumbs: Mapping[int, str]) -> list[Line]:
    """The events with what the page says about each: answered or not, thumb, a new day."""
    lines: list[Line] = []
    events = list(events)
    last_answer = max((e.seq for e in events if e.author != "user"), default=0)
    day: date | None = None
    for event in events:
        today = timezone.localtime(event.ts).date()
        lines.append(
            Line(
                event=event,
                rich=_rich(event),
                answered=event.seq < last_answer,
                thumb=thumbs.get(event.seq, ""),
                new_day=today if today != day else None,
            )
        )
        day = today
    return lines


def _rich(event: ChatEvent) -> SafeString:
    """The bot's HTML, which the server itself made from Markdown; never anybody else's."""
    # Cleaned when the release was composed.
    return SafeString(event.body.get("html", "") if event.author == "bot" else "")


def _choices(
    events: list[ChatEvent], local: LocalContent, *, pending: bool
) -> list[dict[str, str]]:
    """The chips under the last message: what it offers, or the starters of an empty page."""
    if pending:
        return []
    if not events:
        return [{"title": c.title, "payload": c.payload} for c in local.starters]
    offered: list[dict[str, str]] = events[-1].body.get("choices", [])
    return offered


def _config(
    head: ConversationHead, events: list[ChatEvent], *, subject_id: UUID, language: str
) -> dict[str, Any]:
    """What the scripts must know; the person is named by a digest, to bind unsent messages."""
    return {
        "conversation": str(head.id),
        "epoch": head.epoch,
        "seq": head.last_seq,
        "bot": head.bot_slug,
        "language": language,
        "person": hashlib.sha256(subject_id.bytes).hexdigest()[:16],
        "sprite": static("img/icons.svg"),
        "address": reverse("conversation", args=[head.id]),
        "limit": MAX_CODE_POINTS,
        "mode": head.mode,
        "strings": page_strings(language),
    }
