"""One chat.v1 session: what each frame of an admitted client does."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from chatbot_site.lib.errors import ApplicationError, NotFoundError, WindowFullError
from chatbot_site.lib.text import MAX_CODE_POINTS
from conversations import frames, limits, selectors
from conversations.access import RECHECK_SECONDS, Access, access_of
from conversations.models import Bot
from conversations.frames import encode
from conversations.pump import MAX_BEHIND, Pump
from conversations.runner import Outcome, SendRequest, runner, with_database
from conversations.services.conversations import conversation_open
from conversations.services.feedback import feedback_record

MAX_UNACKED = 8
HEARTBEAT_SECONDS = 25
TYPING_AFTER_SECONDS = 0.4
T = TypeVar("T")
SendFrame = Callable[[dict[str, Any]], Awaitable[None]]


class AccessLostError(Exception):
    """The session behind this socket ended."""


class ChatSession:
    """State of one socket after its handshake. Lives on the event loop."""

    def __init__(self, access: Access, address: str, send: Callable[[str], Awaitable[None]]) -> None:
        self.access = access
        self.address = address
        self.language = settings.LANGUAGE_CODE
        self.greeted = False
        self.pumps: dict[UUID, Pump] = {}
        self._heads: dict[UUID, selectors.ConversationHead] = {}
        self._send_text = send
        self._unacked = 0
        self._loop = asyncio.get_running_loop()
        self._checked_at = self._loop.time()

    async def handle(self, kind: str, fields: frames.Fields) -> None:
        """Do what a frame asks; raises `ApplicationError` or `AccessLostError`."""
        frame = frames.parse(kind, fields)
        await getattr(self, f"on_{kind}")(frame)

    def close(self) -> None:
        for pump in self.pumps.values():
            pump.close()
        self.pumps.clear()

    async def in_thread(self, call: Callable[..., T], *args: Any) -> T:
        return await self._loop.run_in_executor(runner().pool, with_database, call, *args)

    async def recheck(self, max_age: float = RECHECK_SECONDS) -> None:
        """Raise `AccessLostError` when the identity no longer holds; cached for `max_age`."""
        if self._loop.time() - self._checked_at < max_age:
            return
        now = await self.in_thread(access_of, self.access.session_key)
        if now != self.access:
            raise AccessLostError
        self._checked_at = self._loop.time()

    async def emit(self, frame: dict[str, Any]) -> None:
        await self._send_text(encode(frame))

    async def on_hello(self, hello: frames.Hello) -> None:
        if hello.ticket:
            raise NotFoundError(field="ticket")
        self.language = _known_language(hello.lang) or self.language
        bots = await self.in_thread(_bots, self.language)
        self.greeted = True
        await self.emit(welcome(self.language, bots))
        for wanted in hello.resume:
            await self._resume(wanted)

    async def _resume(self, wanted: frames.Resume) -> None:
        try:
            head = await self._head(wanted.conv)
        except NotFoundError as error:
            await self.emit(frames.error_frame(error, str(wanted.conv)))
            return
        why = "erased" if wanted.epoch != head.epoch else ""
        if not why and head.last_seq - wanted.after > MAX_BEHIND:
            why = "too_far"
        after = wanted.after
        if why or after > head.last_seq:
            after = head.last_seq
        conv = str(head.id)
        if why:
            first = min(1, head.last_seq)
            await self.emit({"t": "reset", "conv": conv, "epoch": head.epoch, "first": first,
                             "last": head.last_seq, "why": why})
        pump = self._attach(head, after)
        ready = {"t": "ready", "conv": conv, "epoch": head.epoch, "seq": head.last_seq}
        pump.replay(head.last_seq, encode(ready))

    async def on_open(self, wanted: frames.Open) -> None:
        limits.open_count(self.address)
        language = _known_language(wanted.lang) or self.language
        head = await self.in_thread(_open, self.access.subject_id, wanted.bot, language)
        self._heads[head.id] = head
        self._attach(head, 0)
        await self.emit({"t": "opened", "conv": str(head.id), "epoch": head.epoch, "seq": 0})

    async def on_send(self, send: frames.Send) -> None:
        if self._unacked >= MAX_UNACKED:
            raise WindowFullError(after_ms=500)
        await self.recheck()
        limits.send_count(self.access.subject_id)
        head = await self._head(send.conv)
        self._attach(head, head.last_seq)
        request = SendRequest(
            self.access.subject_id, send.conv, send.id, send.kind, send.body,
            head.language or self.language,
        )
        self._unacked += 1

        def done(outcome: Outcome) -> None:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._acknowledge, send, outcome)

        runner().send(request, done)

    def _acknowledge(self, send: frames.Send, outcome: Outcome) -> None:
        self._unacked -= 1
        if isinstance(outcome, ApplicationError):
            frame = frames.error_frame(outcome, str(send.id))
        else:
            frame = {"t": "ack", "id": str(send.id), "conv": str(send.conv), "seq": outcome.seq,
                     "ts": frames.timestamp(outcome.created_at), "dup": outcome.dup}
            if outcome.turn_id is not None:
                self._loop.call_later(TYPING_AFTER_SECONDS, self._typing, send.conv, outcome)
        self._loop.create_task(self.emit(frame))

    def _typing(self, conversation_id: UUID, accepted: Any) -> None:
        pump = self.pumps.get(conversation_id)
        if pump is not None and pump.known <= accepted.seq:
            frame = {"t": "eph", "conv": str(conversation_id), "kind": "typing",
                     "turn": str(accepted.turn_id)}
            self._loop.create_task(self.emit(frame))

    async def on_recv(self, mark: frames.Mark) -> None:
        pump = self.pumps.get(mark.conv)
        if pump is not None:
            pump.mark_received(mark.seq)

    async def on_seen(self, mark: frames.Mark) -> None:
        await self.on_recv(mark)

    async def on_typing(self, _typing: frames.Typing) -> None:
        """Nobody but the bot is here to see it yet."""

    async def on_history(self, wanted: frames.History) -> None:
        await self.recheck()
        await self._head(wanted.conv)
        events = await self.in_thread(_history, wanted)
        for text in events:
            await self._send_text(text)

    async def on_feedback(self, given: frames.FeedbackFrame) -> None:
        await self.recheck()
        await self.in_thread(_feedback, self.access.subject_id, given)

    async def on_ping(self, ping: frames.Ping) -> None:
        await self.emit({"t": "pong", "n": ping.n})

    async def _head(self, conversation_id: UUID) -> selectors.ConversationHead:
        """Whose conversation it is; asked once a socket, because that never changes."""
        known = self._heads.get(conversation_id)
        if known is None or conversation_id not in self.pumps:
            known = await self.in_thread(_head, self.access.subject_id, conversation_id)
            self._heads[conversation_id] = known
        return known

    def _attach(self, head: selectors.ConversationHead, after: int) -> Pump:
        pump = self.pumps.get(head.id)
        if pump is None:
            pump = Pump(head.id, head.epoch, after, self._send_text)
            self.pumps[head.id] = pump
        return pump


def welcome(language: str, bots: list[dict[str, str]]) -> dict[str, Any]:
    """The first frame: limits, bots, and that one talks to an automated assistant."""
    with translation.override(language):
        notice = _("You are talking to an automated assistant.")
    chat = settings.CHAT
    return {
        "t": "welcome", "v": frames.VERSION, "hb": HEARTBEAT_SECONDS, "lang": language,
        "limits": {
            "body": MAX_CODE_POINTS, "frame": frames.MAX_FRAME_BYTES, "window": MAX_UNACKED,
            "rate": {"per_second": chat["frames_per_second"], "burst": chat["frame_burst"],
                     "sends_per_minute": chat["sends_per_minute"]},
        },
        "bots": bots, "notice": notice,
    }


def _known_language(wanted: str) -> str:
    return wanted if wanted in dict(settings.LANGUAGES) else ""


def _bots(language: str) -> list[dict[str, str]]:
    with translation.override(language):
        return [{"slug": bot.slug, "name": bot.name} for bot in selectors.bots_live()]


def _open(subject_id: UUID, slug: str, language: str) -> selectors.ConversationHead:
    bot: Bot = selectors.bot_live(slug or None)
    return conversation_open(subject_id=subject_id, bot=bot, language=language)


def _head(subject_id: UUID, conversation_id: UUID) -> selectors.ConversationHead:
    return selectors.conversation_for(subject_id=subject_id, conversation_id=conversation_id)


def _history(wanted: frames.History) -> list[str]:
    events = selectors.events_before(
        conversation_id=wanted.conv, before=wanted.before, limit=wanted.limit
    )
    return [encode(event.frame()) for event in events]


def _feedback(subject_id: UUID, given: frames.FeedbackFrame) -> None:
    feedback_record(
        subject_id=subject_id, conversation_id=given.conv, seq=given.seq, value=given.value,
        reason=given.reason, comment=given.comment,
    )
