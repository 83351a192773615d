"""A chat.v1 client that is not the browser: an outbox, one id a message, resume, and a diary."""

import asyncio
import json
import random
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.faults.history import Acked, Invoked, Shown
from tests.faults.server import ORIGIN

RECEIPT_EVERY = 16
PATIENCE_SECONDS = 10.0


def handshake(session: str) -> dict[str, Any]:
    """What every connection of this visitor has in common."""
    return {
        "origin": ORIGIN,
        "additional_headers": {"Cookie": f"sessionid={session}"},
        "subprotocols": ["chat.v1"],
        "compression": None,
        "open_timeout": PATIENCE_SECONDS,
        "close_timeout": 1,
        "max_size": None,
    }


def as_text(frame: dict[str, Any]) -> str:
    """As a browser writes it: only lone surrogates are escaped."""
    text = json.dumps(frame, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(frame)
    return text


@dataclass(slots=True)
class Diary:
    """What a client did and was told."""

    invoked: list[Invoked] = field(default_factory=list)
    acked: list[Acked] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    closes: list[int] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    """Seconds from each loss of the connection to the next `ready`."""


class Client:
    """One tab. Sends its outbox one message at a time, in order, each under its one id."""

    def __init__(self, name: str, session: str, urls: list[str], rng: random.Random) -> None:
        self.name = name
        self.session = session
        self.urls = urls
        self.rng = rng
        self.conv = ""
        self.epoch = 1
        self.view: dict[int, Shown] = {}
        self.diary = Diary()
        self.outbox: deque[tuple[str, str]] = deque()
        self.changed = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._ready = False
        self._under_way = ""
        self._lost_at = 0.0
        self._receipt = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def last(self) -> int:
        return len(self.view)

    def start(self) -> None:
        self._task = asyncio.create_task(self._live())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()

    async def say(self, text: str) -> str:
        """Put a message into the outbox; its id is made here and never again."""
        name = str(UUID(int=self.rng.getrandbits(128), version=4))
        self.diary.invoked.append(Invoked(self.name, name, text))
        self.outbox.append((name, text))
        await self._flush()
        return name

    async def until(self, reached: Any, seconds: float = 30.0) -> None:
        """Wait until `reached()` holds; looks whenever a frame came."""
        ends = time.monotonic() + seconds
        while not reached():
            left = ends - time.monotonic()
            assert left > 0, f"{self.name}: waited {seconds} s; {self.diary.errors[-5:]}"
            await self.moved(min(left, 0.5))

    async def moved(self, seconds: float) -> None:
        """Wait for the next frame, so long at most."""
        self.changed.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.changed.wait(), seconds)

    async def until_acked(self, seconds: float = 30.0) -> None:
        await self.until(lambda: not self.outbox, seconds)

    async def until_open(self, seconds: float = 30.0) -> None:
        await self.until(lambda: self._ready, seconds)

    async def _live(self) -> None:
        failures = 0
        while True:
            try:
                await self._connection()
                failures = 0
            except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed):
                failures += 1
            finally:
                self._ready, self._under_way, self._socket = False, "", None
            self._lost_at = self._lost_at or time.monotonic()
            self.changed.set()
            # Full jitter, shorter than a browser's: tests have little time.
            await asyncio.sleep(self.rng.uniform(0.02, min(0.1 * 2**failures, 0.8)))

    async def _connection(self) -> None:
        async with connect(self.rng.choice(self.urls), **handshake(self.session)) as socket:
            self._socket = socket
            resume = [{"conv": self.conv, "epoch": self.epoch, "after": self.last}]
            await self._transmit(t="hello", v=1, lang="en", resume=resume if self.conv else [])
            try:
                async for text in socket:
                    await self._hear(json.loads(text))
            finally:
                if socket.close_code is not None:
                    self.diary.closes.append(socket.close_code)

    async def _hear(self, frame: dict[str, Any]) -> None:
        kind = frame["t"]
        self.diary.frames.append(kind)
        handler = getattr(self, f"_on_{kind}", None)
        if handler is not None:
            await handler(frame)
        self.changed.set()

    async def _on_welcome(self, _frame: dict[str, Any]) -> None:
        if not self.conv:
            await self._transmit(t="open", bot="clinic", lang="en")

    async def _on_opened(self, frame: dict[str, Any]) -> None:
        self.conv, self.epoch = frame["conv"], frame["epoch"]
        await self._on_ready(frame)

    async def _on_ready(self, _frame: dict[str, Any]) -> None:
        self._ready = True
        if self._lost_at:
            self.diary.gaps.append(time.monotonic() - self._lost_at)
            self._lost_at = 0.0
        await self._flush()

    async def _on_reset(self, frame: dict[str, Any]) -> None:
        self.diary.errors.append(f"reset {frame['why']}")

    async def _on_ack(self, frame: dict[str, Any]) -> None:
        self.diary.acked.append(Acked(self.name, frame["id"], frame["seq"], frame["dup"]))
        self._under_way = ""
        if self.outbox and self.outbox[0][0] == frame["id"]:
            self.outbox.popleft()
        await self._flush()

    async def _on_error(self, frame: dict[str, Any]) -> None:
        self.diary.errors.append(frame["code"])
        if frame.get("ref") == self._under_way and self._under_way:
            self._under_way = ""
            if frame["retry"]:
                asyncio.get_running_loop().call_later(
                    max(frame.get("after_ms", 0) / 1000, 0.2), self._flush_soon
                )
            else:
                self.outbox.popleft()
                await self._flush()

    async def _on_event(self, frame: dict[str, Any]) -> None:
        seq = frame["seq"]
        if seq <= self.last:
            return
        if seq > self.last + 1:
            self.diary.errors.append(f"gap before {seq}")
            return
        text = frame["body"]["text"]
        self.view[seq] = Shown(seq, frame["author"], frame.get("id", ""), text)
        if seq - self._receipt >= RECEIPT_EVERY:
            self._receipt = seq
            await self._transmit(t="recv", conv=self.conv, seq=seq)

    def _flush_soon(self) -> None:
        self._flushing = asyncio.get_running_loop().create_task(self._flush())

    async def _flush(self) -> None:
        if self._ready and self.outbox and not self._under_way:
            name, text = self.outbox[0]
            self._under_way = name
            await self._transmit(t="send", conv=self.conv, id=name, kind="text", body=text)

    async def _transmit(self, **frame: Any) -> None:
        if self._socket is not None:
            try:
                await self._socket.send(as_text(frame))
            except ConnectionClosed:
                return

    def unanswered(self) -> int:
        """How many messages it shows beyond the answers it shows."""
        authors = [event.author for event in self.view.values()]
        return authors.count("user") - authors.count("bot")

    def shown(self) -> list[Shown]:
        return [self.view[seq] for seq in sorted(self.view)]
