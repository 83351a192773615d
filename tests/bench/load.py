"""A load client: many websockets in closed loop; prints one JSON line.

Run as a process of its own, so that its work is not counted as the server's:
`python -m tests.bench.load chat http://127.0.0.1:8000 --clients 200 --seconds 10`.
"""

import argparse
import asyncio
import json
import random
import sys
import time
import urllib.request
import uuid
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

SEED = 20261122
RECEIPT_EVERY = 16


@dataclass
class Tally:
    """What all clients saw together."""

    waits_ms: list[float] = field(default_factory=list)
    errors: int = 0
    started: float = 0.0
    stopped: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["chat", "echo", "idle"])
    parser.add_argument("site")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--phrases", type=Path)
    options = parser.parse_args()
    say(asyncio.run(run(options)))


def say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


async def run(options: argparse.Namespace) -> dict[str, Any]:
    random.seed(SEED)
    phrases = json.loads(options.phrases.read_text()) if options.phrases else ["hello"]
    tally, ready, go = Tally(), asyncio.Semaphore(0), asyncio.Event()
    talk = {"chat": chat, "echo": echo, "idle": idle}[options.kind]
    tasks = []
    for number in range(options.clients):
        texts = random.Random(SEED + number).choices(phrases, k=200)
        tasks.append(asyncio.create_task(talk(options, texts, tally, ready, go)))
        if number % 10 == 9:
            await asyncio.sleep(0.05)
    for _task in tasks:
        await ready.acquire()
    say({"ready": len(tasks)})
    tally.started = time.monotonic()
    go.set()
    await asyncio.gather(*tasks)
    return summary(tally, options)


def summary(tally: Tally, options: argparse.Namespace) -> dict[str, Any]:
    waits = sorted(tally.waits_ms)
    took = options.seconds

    def at(share: float) -> float:
        return round(waits[min(len(waits) - 1, int(share * len(waits)))], 1) if waits else 0.0

    return {
        "clients": options.clients,
        "seconds": took,
        "messages": len(waits),
        "errors": tally.errors,
        "per_second": round(len(waits) / took, 1),
        "p50_ms": at(0.5),
        "p99_ms": at(0.99),
    }


async def chat(
    options: argparse.Namespace,
    texts: list[str],
    tally: Tally,
    ready: asyncio.Semaphore,
    go: asyncio.Event,
) -> None:
    async with await chat_socket(options.site) as socket:
        await socket.send(json.dumps({"t": "open", "lang": "en"}))
        conv = (await frame_of(socket, "opened"))["conv"]
        ready.release()
        await go.wait()
        while time.monotonic() - tally.started < options.seconds:
            text = texts.pop() if texts else "hello"
            await timed(tally, exchange(socket, conv, text))


async def exchange(socket: ClientConnection, conv: str, text: str) -> None:
    frame = {"t": "send", "conv": conv, "id": str(uuid.uuid4()), "kind": "text", "body": text}
    await socket.send(json.dumps(frame))
    while True:
        heard = json.loads(await socket.recv())
        if heard["t"] == "error":
            raise RuntimeError(heard["code"])
        if heard["t"] == "event" and heard["author"] == "bot":
            if heard["seq"] % RECEIPT_EVERY == 0:
                await socket.send(json.dumps({"t": "recv", "conv": conv, "seq": heard["seq"]}))
            return


async def echo(
    options: argparse.Namespace,
    texts: list[str],
    tally: Tally,
    ready: asyncio.Semaphore,
    go: asyncio.Event,
) -> None:
    async with connect(
        options.site.replace("http", "ws") + "/ws/echo/", origin=options.site
    ) as socket:
        ready.release()
        await go.wait()
        while time.monotonic() - tally.started < options.seconds:
            await timed(tally, ping(socket, texts[0]))


async def ping(socket: ClientConnection, text: str) -> None:
    await socket.send(json.dumps({"text": text}))
    await socket.recv()


async def idle(
    options: argparse.Namespace,
    texts: list[str],
    tally: Tally,
    ready: asyncio.Semaphore,
    go: asyncio.Event,
) -> None:
    async with await chat_socket(options.site):
        ready.release()
        await go.wait()
        await asyncio.sleep(options.seconds)


async def timed(tally: Tally, work: Any) -> None:
    before = time.perf_counter()
    try:
        await work
    except RuntimeError:
        tally.errors += 1
        await asyncio.sleep(0.1)
    else:
        tally.waits_ms.append((time.perf_counter() - before) * 1000)


async def chat_socket(site: str) -> ClientConnection:
    cookie = await asyncio.to_thread(cookie_of, site)
    socket = await connect(
        site.replace("http", "ws") + "/ws/chat/",
        origin=Origin(site),
        subprotocols=[Subprotocol("chat.v1")],
        additional_headers={"Cookie": cookie},
        compression=None,
        open_timeout=60,
    )
    await socket.send(json.dumps({"t": "hello", "v": 1}))
    await frame_of(socket, "welcome")
    return socket


def cookie_of(site: str) -> str:
    """A new visitor's session, as the page gives it."""
    with urllib.request.urlopen(site + "/", timeout=60) as page:  # noqa: S310 - our own server
        jar = SimpleCookie()
        for line in page.headers.get_all("Set-Cookie"):
            jar.load(line)
    return "; ".join(f"{name}={value.value}" for name, value in jar.items())


async def frame_of(socket: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = json.loads(await socket.recv())
        if frame["t"] == kind:
            return frame
        if frame["t"] == "error":
            raise RuntimeError(frame["code"])


if __name__ == "__main__":
    main()
