"""The websocket door: admits, parses, answers with frames and close codes; never 1011."""

import asyncio
import logging
from typing import Any

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from django.conf import settings

from chatbot_site.lib.errors import ApplicationError, BadFrameError, InternalError, RateLimitedError
from chatbot_site.lib.draining import drain
from chatbot_site.lib.throttle import Bucket
from conversations import frames, limits
from conversations.access import Access, access_of
from conversations.chat import AccessLostError, ChatSession
from conversations.runner import runner, with_database

HELLO_SECONDS = 5.0
TICK_SECONDS = 10.0
RECHECK_SECONDS = 25.0
STUCK_SECONDS = 60.0
MAX_BAD_FRAMES = 5
BAD_FRAMES_PER_SECOND = MAX_BAD_FRAMES / 60
log = logging.getLogger(__name__)


class ChatConsumer(AsyncConsumer):
    """One socket. Not attached to a channel layer: it must outlive Redis."""

    channel_layer_alias = None  # type: ignore[assignment] - Channels reads None as "no layer"

    session: ChatSession | None = None
    entered = False
    closed = False

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Without the stock one's thread hop per event: connections are cared for by the runner."""
        try:
            await getattr(self, message["type"].replace(".", "_"))(message)
        except StopConsumer:
            raise
        except AccessLostError:
            await self.close(4401)
        except Exception:
            log.exception("a socket failed")
            await self.send_frame(frames.error_frame(InternalError()))
            await self.close(4500)

    async def websocket_connect(self, _message: dict[str, Any]) -> None:
        self.loop = asyncio.get_running_loop()
        offered = self.scope["subprotocols"]
        spoken = frames.PROTOCOL if frames.PROTOCOL in offered else None
        await self.send({"type": "websocket.accept", "subprotocol": spoken})
        self.address = limits.client_address(self.scope["headers"], (self.scope.get("client") or [""])[0])
        if offered and spoken is None:
            await self.close(4406)
            return
        access = await self._admitted()
        if access is None:
            return
        chat = settings.CHAT
        self.session = ChatSession(access, self.address, self.send_text)
        self.bucket = Bucket(chat["frames_per_second"], chat["frame_burst"])
        self.faults = Bucket(BAD_FRAMES_PER_SECOND, MAX_BAD_FRAMES)
        self.heard_at = self.loop.time()
        drain.sockets.add(self)
        self.timers = [self.loop.call_later(HELLO_SECONDS, self._hello_due),
                       self.loop.call_later(TICK_SECONDS, self._tick)]

    async def _admitted(self) -> Access | None:
        """The identity behind the cookie, when there is room for one more socket."""
        try:
            limits.handshake_count(self.address)
            key = self.scope.get("cookies", {}).get(settings.SESSION_COOKIE_NAME, "")
            access = await self.loop.run_in_executor(runner().pool, with_database, access_of, key)
        except ApplicationError as refusal:
            await self.send_frame(frames.error_frame(refusal))
            await self.close(4429 if isinstance(refusal, RateLimitedError) else 4500)
            return None
        if access is None:
            await self.close(4401)
            return None
        self.entered = limits.open_sockets.enter(access.subject_id, self.address)
        if not self.entered:
            await self.send_frame(frames.error_frame(RateLimitedError(after_ms=30_000)))
            await self.close(4429)
            return None
        return access

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        if self.session is None or self.closed:
            return
        self.heard_at = self.loop.time()
        fields: frames.Fields = {}
        try:
            wait = self.bucket.wait_ms()
            if wait:
                raise RateLimitedError(after_ms=wait)
            kind, fields = frames.decode(_text_of(message))
            if not self.session.greeted and kind != "hello":
                raise BadFrameError(field="t")
            await self.session.handle(kind, fields)
        except ApplicationError as refusal:
            await self._refuse(refusal, fields)

    async def _refuse(self, refusal: ApplicationError, fields: frames.Fields) -> None:
        await self.send_frame(frames.error_frame(refusal, frames.reference_of(fields)))
        if isinstance(refusal, frames.WrongVersionError):
            await self.close(4406)
        elif isinstance(refusal, BadFrameError) and self.faults.wait_ms():
            await self.close(4400)

    async def websocket_disconnect(self, _message: dict[str, Any]) -> None:
        self._leave()
        raise StopConsumer

    async def drain(self, in_seconds: float) -> None:
        """The process ends: say so, close a little later so that not all come back at once."""
        await self.send_frame({"t": "draining", "in_ms": round(in_seconds * 1000)})
        await asyncio.sleep(in_seconds)
        await self.close(4503)

    def _hello_due(self) -> None:
        if self.session is not None and not self.session.greeted:
            self.loop.create_task(self.close(4400))

    def _tick(self) -> None:
        if not self.closed:
            self.timers[1] = self.loop.call_later(TICK_SECONDS, self._tick)
            self.loop.create_task(self.dispatch({"type": "tick"}))

    async def tick(self, _message: dict[str, Any]) -> None:
        """Every ten seconds: is the client alive, does it read, may it still be here?"""
        now, session = self.loop.time(), self.session
        if session is None or self.closed:
            return
        stuck = [p.stuck_since for p in session.pumps.values() if p.stuck_since is not None]
        if now - self.heard_at > settings.CHAT["idle_seconds"] or (
            stuck and now - min(stuck) > STUCK_SECONDS
        ):
            await self.close(4408)
            return
        try:
            await session.recheck(RECHECK_SECONDS)
        except ApplicationError as refusal:
            log.warning("a socket's identity could not be checked: %s", refusal.code)

    async def send_frame(self, frame: frames.Fields) -> None:
        await self.send_text(frames.encode(frame))

    async def send_text(self, text: str) -> None:
        if not self.closed:
            await self.send({"type": "websocket.send", "text": text})

    async def close(self, code: int) -> None:
        if not self.closed:
            self._leave()
            await self.send({"type": "websocket.close", "code": code})

    def _leave(self) -> None:
        self.closed = True
        drain.sockets.discard(self)
        for timer in getattr(self, "timers", ()):
            timer.cancel()
        if self.session is not None:
            self.session.close()
            if self.entered:
                limits.open_sockets.leave(self.session.access.subject_id, self.address)
        self.entered = False


def _text_of(message: dict[str, Any]) -> str:
    text = message.get("text")
    if not isinstance(text, str):
        raise BadFrameError
    return text
