"""A websocket spoken by hand, to say what no library would let one say."""

import asyncio
import json
import os
import socket
import struct
from typing import Any

from tests.faults.server import ORIGIN, Process

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Raw:
    """One socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(
        self,
        payload: bytes,
        opcode: int = TEXT,
        *,
        fin: bool = True,
        mask: bool = True,
        compressed: bool = False,
    ) -> None:
        """One frame, as wrong as one wants it."""
        first = (0x80 if fin else 0) | (0x40 if compressed else 0) | opcode
        bit = 0x80 if mask else 0
        size = len(payload)
        if size < 126:
            head = struct.pack(">BB", first, bit | size)
        elif size < 65_536:
            head = struct.pack(">BBH", first, bit | 126, size)
        else:
            head = struct.pack(">BBQ", first, bit | 127, size)
        if mask:
            key = os.urandom(4)
            stream = (key * (size // 4 + 1))[:size]
            number = int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")
            payload = key + number.to_bytes(size, "big")
        try:
            self.writer.write(head + payload)
            await self.writer.drain()
        except ConnectionError:
            return

    async def say(self, **frame: Any) -> None:
        await self.send(json.dumps(frame).encode())

    async def frame(self, seconds: float = 10.0) -> tuple[int, bytes] | None:
        """The next frame; None when the connection is gone."""
        try:
            return await asyncio.wait_for(self._frame(), seconds)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def _frame(self) -> tuple[int, bytes]:
        first, second = await self.reader.readexactly(2)
        size = second & 0x7F
        if size == 126:
            size = struct.unpack(">H", await self.reader.readexactly(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", await self.reader.readexactly(8))[0]
        return first & 0x0F, await self.reader.readexactly(size)

    async def hear(self, *kinds: str) -> dict[str, Any]:
        """The next frame of one of these types; a close or an end is told as one, too."""
        while True:
            got = await self.frame()
            if got is None:
                return {"t": "gone", "code": 1006}
            opcode, payload = got
            if opcode == CLOSE:
                code = struct.unpack(">H", payload[:2])[0] if payload else 1005
                return {"t": "closed", "code": code}
            if opcode == PING:
                await self.send(payload, PONG)
            if opcode == TEXT:
                frame: dict[str, Any] = json.loads(payload)
                if not kinds or frame["t"] in kinds:
                    return frame

    async def is_alive(self) -> bool:
        """Whether it still answers a ping of the protocol."""
        await self.say(t="ping", n=4711)
        return await self.hear("pong") == {"t": "pong", "n": 4711}

    async def close(self) -> None:
        self.writer.close()
        await asyncio.gather(self.writer.wait_closed(), return_exceptions=True)


async def upgraded(
    process: Process, session: str, *headers: str, origin: str = ORIGIN, small_buffer: bool = False
) -> tuple[Raw, bytes]:
    """A socket after its handshake, and the server's answer to the handshake."""
    plain = socket.socket()
    if small_buffer:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.settimeout(0)
    await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", process.port))
    reader, writer = await asyncio.open_connection(
        sock=plain, limit=4096 if small_buffer else 2**16
    )
    lines = [
        "GET /ws/chat/ HTTP/1.1",
        f"Host: 127.0.0.1:{process.port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: chat.v1",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        f"Origin: {origin}",
        f"Cookie: sessionid={session}",
        *headers,
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    try:
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    except (asyncio.IncompleteReadError, ConnectionError):
        answer = b""
    return Raw(reader, writer), answer


async def greeted(process: Process, session: str, *headers: str, **options: Any) -> Raw:
    """A socket after `hello` and `welcome`."""
    raw, answer = await upgraded(process, session, *headers, **options)
    assert b" 101 " in answer, answer
    await raw.say(t="hello", v=1)
    assert (await raw.hear("welcome"))["v"] == 1
    return raw
