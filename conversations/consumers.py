"""The websocket door: admits, parses, answers with frames and close codes; never 1011."""

import asyncio
import logging
from contextlib import suppress
from typing import Any

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from django.conf import settings

from chatbot_site.lib.draining import drain
from chatbot_site.lib.errors import ApplicationError, BadFrameError, InternalError
from conversations import frames, limits
from conversations.access import watch
from conversations.admission import RefusedError, admit
from conversations.chat import AccessLostError, ChatSession

HELLO_SECONDS, TICK_SECONDS = 5.0, 10.0
log = logging.getLogger(__name__)


class ChatConsumer(AsyncConsumer):
    """One socket. Not attached to a channel layer: it must outlive Redis."""

    session: ChatSession | None = None
    closed = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Frame after frame; the stock loop makes a task for each to hear a layer as well."""
        self.scope, self.base_send = scope, send
        with suppress(StopConsumer):
            while True:
                await self.dispatch(await receive())

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
        self.address = limits.address_of(self.scope)
        if drain.is_ending or (offered and spoken is None):
            await self.close(4503 if drain.is_ending else 4406)
            return
        try:
            access = await admit(self.scope, self.address)
        except RefusedError as refused:
            if refused.reason is not None:
                await self.send_frame(frames.error_frame(refused.reason))
            await self.close(refused.code)
            return
        self.tolerance = limits.Tolerance()
        self.session = ChatSession(access, self.address, self.send_text, self.tolerance)
        self.heard_at = self.loop.time()
        drain.sockets.add(self)
        watch.add(access, self._access_ended)
        self.hello_due = self.loop.call_later(HELLO_SECONDS, self._hello_due)
        self.next_tick = self.loop.call_later(TICK_SECONDS, self._tick)

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        if self.session is None or self.closed:
            return
        self.heard_at = self.loop.time()
        fields: frames.Fields = {}
        try:
            self.tolerance.frame()
            kind, fields = frames.decode(_text_of(message))
            if not self.session.greeted and kind != "hello":
                raise BadFrameError(field="t")
            await self.session.handle(kind, fields)
        except ApplicationError as refusal:
            await self._refuse(refusal, fields)

    async def _refuse(self, refusal: ApplicationError, fields: frames.Fields) -> None:
        await self.send_frame(frames.error_frame(refusal, frames.reference_of(fields)))
        code = self.tolerance.code_after(refusal)
        if code:
            await self.close(code)

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

    def _access_ended(self) -> None:
        # Comes from the thread that watches all identities.
        self.loop.call_soon_threadsafe(lambda: self.loop.create_task(self.close(4401)))

    def _tick(self) -> None:
        if not self.closed:
            self.next_tick = self.loop.call_later(TICK_SECONDS, self._tick)
            self.loop.create_task(self.dispatch({"type": "tick"}))

    async def tick(self, _message: dict[str, Any]) -> None:
        """Every ten seconds: is the client alive, does it read?"""
        silent = self.loop.time() - self.heard_at > settings.CHAT["idle_seconds"]
        if self.session is not None and (silent or self.session.is_stuck()):
            await self.close(4408)

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
        watch.remove(self._access_ended)
        if self.session is not None:
            self.hello_due.cancel()
            self.next_tick.cancel()
            self.session.close()
            limits.open_sockets.leave(self.session.access.subject_id, self.address)
            self.session = None


def _text_of(message: dict[str, Any]) -> str:
    text = message.get("text")
    if not isinstance(text, str):
        raise BadFrameError
    return text
