"""Brings the events of one conversation to one socket, in order, no faster than it reads."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from chatbot_site.lib.errors import ApplicationError
from conversations.frames import encode
from conversations.runner import runner, with_database
from conversations.selectors import events_after
from conversations.wakeups import hub

PAGE = 100
MAX_AHEAD_EVENTS = 200
MAX_AHEAD_BYTES = 256 * 1024
MAX_BEHIND = 1_000
RETRY_SECONDS = 1.0

log = logging.getLogger(__name__)
SendJson = Callable[[str], Awaitable[None]]


class Pump:
    """One conversation on one socket. Lives on the socket's event loop."""

    def __init__(self, conversation_id: UUID, epoch: int, sent: int, send: SendJson) -> None:
        self.conversation_id = conversation_id
        self.epoch = epoch
        self.sent = sent
        self.received = sent
        self._send = send
        self.known = sent
        self._unread: list[tuple[int, int]] = []
        self._task: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._ready: tuple[int, str] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self.stuck_since: float | None = None
        hub().add(conversation_id, self._woken)

    def replay(self, last_seq: int, ready: str) -> None:
        """Send what is stored up to this place, as fast as the client reads, then `ready`."""
        self._ready = (last_seq, ready)
        self.wake(last_seq)
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._drain())

    def close(self) -> None:
        hub().remove(self.conversation_id, self._woken)
        if self._retry is not None:
            self._retry.cancel()
        if self._task is not None:
            self._task.cancel()

    def _woken(self, _conversation_id: UUID, last_seq: int) -> None:
        # Comes from any thread. The loop may be closing while a last wake-up arrives.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.wake, last_seq)

    def wake(self, last_seq: int) -> None:
        """The conversation has grown to this place, as far as somebody knows."""
        self.known = max(self.known, last_seq)
        running = self._task is not None and not self._task.done()
        if self.known > self.sent and not running and not self._is_ahead():
            self._task = self._loop.create_task(self._drain())

    def mark_received(self, seq: int) -> None:
        """The client's receipt: it has everything up to here."""
        self.received = max(self.received, min(seq, self.sent))
        self._unread = [(place, size) for place, size in self._unread if place > self.received]
        self.stuck_since = None
        self.wake(self.known)

    def _is_ahead(self) -> bool:
        ahead = self.sent - self.received >= MAX_AHEAD_EVENTS
        ahead = ahead or sum(size for _place, size in self._unread) >= MAX_AHEAD_BYTES
        if ahead and self.stuck_since is None:
            self.stuck_since = self._loop.time()
        return ahead

    async def _drain(self) -> None:
        try:
            await self._drain_pages()
        except ApplicationError as refusal:
            log.warning("events wait: %s", refusal.code)
            self._retry = self._loop.call_later(RETRY_SECONDS, self._again)
        else:
            # What grew while `ready` was being sent woke nobody.
            self._loop.call_soon(self.wake, self.known)

    def _again(self) -> None:
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._drain())

    async def _drain_pages(self) -> None:
        while self.known > self.sent and not self._is_ahead():
            known, sent = self.known, self.sent
            events = await self._loop.run_in_executor(
                runner().pool, with_database, _read, self.conversation_id, self.sent
            )
            for seq, text in events:
                await self._deliver(seq, text)
            # Somebody was wrong about how far it has grown; unless it grew while we looked.
            if self.sent == sent and self.known == known:
                self.known = self.sent
        await self._tell_ready()

    async def _tell_ready(self) -> None:
        if self._ready is not None and self.sent >= self._ready[0]:
            text, self._ready = self._ready[1], None
            await self._send(text)

    async def _deliver(self, seq: int, text: str) -> None:
        # A receipt may have been processed while this page was being sent.
        if seq != self.sent + 1:
            return
        await self._send(text)
        self.sent = seq
        self._unread.append((seq, len(text.encode())))


def _read(conversation_id: UUID, after: int) -> list[tuple[int, str]]:
    """A page of events as frames, encoded in the thread and not on the loop."""
    page = events_after(conversation_id=conversation_id, after=after, limit=PAGE)
    return [(event.seq, encode(event.frame())) for event in page]
