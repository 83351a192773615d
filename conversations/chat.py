"""One chat.v1 session: what each frame of an admitted client does."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from chatbot_site.lib.errors import ApplicationError, NotFoundError
from chatbot_site.lib.text import MAX_CODE_POINTS
from conversations import frames, limits, selectors
from conversations.access import RECHECK_SECONDS, Access, access_of
from conversations.frames import encode
from conversations.models import Bot
from conversations.pump import MAX_AHEAD_BYTES, MAX_BEHIND, Pump
from conversations.runner import (
    Outcome,
    SendRequest,
    message_announce,
    runner,
    with_database,
)
from conversations.services.conversations import conversation_open
from conversations.services.feedback import feedback_record
from conversations.services.messages import Accepted

MAX_UNACKED = 8
HEARTBEAT_SECONDS = 25
SLOW_SECONDS = 0.4
STUCK_SECONDS = 60.0
T = TypeVar("T")
SendFrame = Callable[[dict[str, Any]], Awaitable[None]]


class AccessLostError(Exception):
    """The session behind this socket ended."""


class ChatSession:
    """State of one socket after its handshake. Lives on the event loop."""

    def __init__(
        self,
        access: Access,
        address: str,
        send: Callable[[str], Awaitable[None]],
        tolerance: limits.Tolerance,
    ) -> None:
        self.access = access
        self.tolerance = tolerance
        self.address = address
        self.language = settings.LANGUAGE_CODE
        self.greeted = False
        self.pumps: dict[UUID, Pump] = {}
        self._heads: dict[UUID, selectors.ConversationHead] = {}
        self._send_text = send
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

    def is_stuck(self) -> bool:
        """Whether the client has not read what waits for it for too long (R9)."""
        since = [p.stuck_since for p in self.pumps.values() if p.stuck_since is not None]
        return bool(since) and self._loop.time() - min(since) > STUCK_SECONDS

    async def in_thread(self, call: Callable[..., T], *args: Any) -> T:
        return await self._loop.run_in_executor(runner().pool, with_database, call, *args)

    async def recheck(self) -> None:
        """Raise `AccessLostError` when the identity no longer holds; cached for five seconds."""
        if self._loop.time() - self._checked_at < RECHECK_SECONDS:
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
            head = await self.in_thread(_head, self.access.subject_id, wanted.conv)
        except NotFoundError as error:
            await self.emit(frames.error_frame(error, str(wanted.conv)))
            return
        why = _why_reset(wanted, head)
        after = head.last_seq if why else wanted.after
        conv = str(head.id)
        if why:
            first = min(1, head.last_seq)
            await self.emit(
                {
                    "t": "reset",
                    "conv": conv,
                    "epoch": head.epoch,
                    "first": first,
                    "last": head.last_seq,
                    "why": why,
                }
            )
        known = self.pumps.pop(head.id, None)
        if known is not None:
            # A second `hello` on this socket: the client counts from where it says it is.
            known.close()
        self._heads[head.id] = head
        pump = self._attach(head, after)
        ready = {"t": "ready", "conv": conv, "epoch": head.epoch, "seq": head.last_seq}
        pump.replay(head.last_seq, encode(ready))

    async def on_open(self, wanted: frames.Open) -> None:
        await self.in_thread(limits.open_count, self.address)
        language = _known_language(wanted.lang) or self.language
        head = await self.in_thread(_open, self.access.subject_id, wanted.bot, language)
        self._heads[head.id] = head
        self._attach(head, 0)
        await self.emit({"t": "opened", "conv": str(head.id), "epoch": head.epoch, "seq": 0})

    async def on_send(self, send: frames.Send) -> None:
        """Accept before the next frame is looked at: a client's messages keep their order."""
        await self.recheck()
        # In a thread, because the count may be kept in Redis.
        head = await self._head(send.conv)
        self._attach(head, head.last_seq)
        accepted = await self._accepted(send, head.language or self.language)
        await self.emit(
            {
                "t": "ack",
                "id": str(send.id),
                "conv": str(send.conv),
                "seq": accepted.seq,
                "ts": frames.timestamp(accepted.created_at),
                "dup": accepted.dup,
            }
        )
        if accepted.turn_id is not None:
            self._loop.call_later(SLOW_SECONDS, self._slow, send.conv, accepted)

    async def _accepted(self, send: frames.Send, language: str) -> Accepted:
        request = SendRequest(
            self.access.subject_id, send.conv, send.id, send.kind, send.body, language
        )
        outcome: asyncio.Future[Outcome] = self._loop.create_future()

        def done(result: Outcome) -> None:
            self._loop.call_soon_threadsafe(_settle, outcome, result)

        runner().send(request, done)
        result = await outcome
        if isinstance(result, ApplicationError):
            raise result
        return result

    def _slow(self, conversation_id: UUID, accepted: Accepted) -> None:
        """The answer takes its time: show the message to other tabs, and that somebody types."""
        pump = self.pumps.get(conversation_id)
        if pump is not None and pump.known <= accepted.seq:
            self._loop.run_in_executor(
                runner().pool, message_announce, conversation_id, accepted.seq
            )
            frame = {
                "t": "eph",
                "conv": str(conversation_id),
                "kind": "typing",
                "turn": str(accepted.turn_id),
            }
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
        self.tolerance.page()
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
        "t": "welcome",
        "v": frames.VERSION,
        "hb": HEARTBEAT_SECONDS,
        "lang": language,
        "limits": {
            "body": MAX_CODE_POINTS,
            "frame": frames.MAX_FRAME_BYTES,
            "window": MAX_UNACKED,
            "rate": {
                "per_second": chat["frames_per_second"],
                "burst": chat["frame_burst"],
                "sends_per_minute": chat["sends_per_minute"],
            },
        },
        "bots": bots,
        "notice": notice,
    }


def _settle(future: "asyncio.Future[Outcome]", outcome: Outcome) -> None:
    # The socket may have gone while its message was being stored.
    if not future.done():
        future.set_result(outcome)


def _why_reset(wanted: frames.Resume, head: selectors.ConversationHead) -> str:
    """Why what the client has is no start to go on from; empty when it is."""
    # Ahead of the table: its rows are gone, erased or lost with a restored backup.
    if wanted.epoch != head.epoch or wanted.after > head.last_seq:
        return "erased"
    return "too_far" if head.last_seq - wanted.after > MAX_BEHIND else ""


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
    """The page as frames; shorter than asked for where it would be long (R9)."""
    events = selectors.events_before(
        conversation_id=wanted.conv, before=wanted.before, limit=wanted.limit
    )
    page: list[str] = []
    size = 0
    for event in reversed(events):
        text = encode(event.frame())
        size += len(text.encode())
        if page and size > MAX_AHEAD_BYTES:
            break
        page.append(text)
    return page[::-1]


def _feedback(subject_id: UUID, given: frames.FeedbackFrame) -> None:
    feedback_record(
        subject_id=subject_id,
        conversation_id=given.conv,
        seq=given.seq,
        value=given.value,
        reason=given.reason,
        comment=given.comment,
    )
