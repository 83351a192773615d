"""Many clients talk while something breaks; afterwards the judge gets every side of the story."""

import asyncio
import json
import random
import time
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.faults import rows
from tests.faults.client import Client
from tests.faults.history import History, Shown
from tests.faults.server import Process, Site

SAYINGS = (
    "when are you open?",
    "where can I park",
    "a human please",
    "¿dónde puedo aparcar?",
    "متى تفتحون؟",
    "wo kann ich parken",
    "👩‍👩‍👧 opening hours",
    "tell me a joke",
    "parking\nplease",
)
SETTLE_SECONDS = 40.0
Fault = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Figures:
    """What a run amounts to; printed at the end of the session."""

    name: str
    seed: int
    acked: int = 0
    dups: int = 0
    faults: int = 0
    lost: int = 0
    doubled: int = 0
    conversations: int = 0
    reconnect_seconds: list[float] = field(default_factory=list)
    seconds: float = 0.0
    notes: str = ""

    def line(self) -> str:
        slowest = max(self.reconnect_seconds, default=0.0)
        return (
            f"{self.name:<34} seed {self.seed:<6} acked {self.acked:<5} dup {self.dups:<4}"
            f" faults {self.faults:<3} lost {self.lost} doubled {self.doubled}"
            f"  slowest way back {slowest:4.1f} s  {self.seconds:5.1f} s {self.notes}"
        )


class Play:
    """Clients in pairs (two tabs of one visitor in one conversation) on one site."""

    def __init__(self, site: Site, *, seed: int, visitors: int, tabs: int = 2) -> None:
        self.site = site
        self.seed = seed
        self.rng = random.Random(seed)
        self.pairs = [
            [self._client(number, tab) for tab in range(tabs)] for number in range(visitors)
        ]
        self._talking = True

    @property
    def clients(self) -> list[Client]:
        return [client for pair in self.pairs for client in pair]

    def _client(self, number: int, tab: int) -> Client:
        rng = random.Random(f"{self.seed}/{number}/{tab}")
        session = self.site.visitors[number]
        return Client(f"visitor {number} tab {tab}", session, self.site.urls(), rng)

    async def open(self) -> None:
        """The first tab of each opens the conversation, the others join it."""
        for first, *others in self.pairs:
            first.start()
            await first.until_open()
            for other in others:
                other.conv, other.epoch = first.conv, first.epoch
                other.start()
        await asyncio.gather(*(client.until_open() for client in self.clients))

    async def run(self, fault: Fault, *, judge: bool = True) -> Figures:
        """Talk for as long as the fault takes, settle, judge."""
        started = time.monotonic()
        await self.open()
        talks = [asyncio.create_task(self._talk(client)) for client in self.clients]
        try:
            await fault()
        finally:
            self._talking = False
            results = await asyncio.gather(*talks, return_exceptions=True)
        problems = [result for result in results if isinstance(result, Exception)]
        assert not problems, problems
        if judge:
            await self.settle()
        figures = self._figures()
        figures.seconds = time.monotonic() - started
        return figures

    async def _talk(self, client: Client) -> None:
        while self._talking:
            await client.say(self.rng.choice(SAYINGS))
            await client.until_acked(60)
            await asyncio.sleep(client.rng.uniform(0.05, 0.35))
            await self._patience(client)

    async def _patience(self, client: Client) -> None:
        """People don't go on for ever without an answer; machines differ in what they can do."""
        ends = time.monotonic() + 3
        while self._talking and client.unanswered() > 2 and time.monotonic() < ends:
            await client.moved(0.1)

    async def settle(self) -> None:
        """Everything is answered and has arrived everywhere."""
        ends = time.monotonic() + SETTLE_SECONDS
        while True:
            waiting = await asyncio.to_thread(rows.pending, self.site.database_url)
            told = await asyncio.to_thread(rows.stored, self.site.database_url)
            behind = [c.name for c in self.clients if c.last < len(told.get(c.conv, ()))]
            if not waiting and not behind:
                return
            late = f"seed {self.seed}: {waiting} turns wait, {behind} are behind"
            assert time.monotonic() < ends, late
            await asyncio.sleep(0.25)

    async def histories(self, process: Process) -> list[History]:
        """Every side of every conversation: diaries, tables, final views, a fresh one, the API."""
        stored = await asyncio.to_thread(rows.stored, self.site.database_url)
        duties = await asyncio.to_thread(rows.duties, self.site.database_url)
        histories = []
        for number, pair in enumerate(self.pairs):
            conv = pair[0].conv
            views: dict[str, list[Shown]] = {client.name: client.shown() for client in pair}
            views["export"] = await asyncio.to_thread(export, process, pair[0].session, conv)
            views["fresh load"] = await self._fresh(number, conv, len(stored.get(conv, ())))
            histories.append(
                History(
                    conv,
                    [sent for client in pair for sent in client.diary.invoked],
                    [ack for client in pair for ack in client.diary.acked],
                    stored.get(conv, []),
                    duties.get(conv, []),
                    views,
                )
            )
        return histories

    async def _fresh(self, number: int, conv: str, length: int) -> list[Shown]:
        client = self._client(number, 99)
        client.conv = conv
        client.start()
        try:
            await client.until(lambda: client.last >= length)
        finally:
            await client.stop()
        return client.shown()

    async def stop(self) -> None:
        await asyncio.gather(*(client.stop() for client in self.clients))

    def _figures(self) -> Figures:
        acked = [ack for client in self.clients for ack in client.diary.acked]
        return Figures(
            name="",
            seed=self.seed,
            acked=len({ack.id for ack in acked}),
            dups=sum(ack.dup for ack in acked),
            conversations=len(self.pairs),
            reconnect_seconds=[gap for client in self.clients for gap in client.diary.gaps],
        )


def get_json(process: Process, path: str, session: str) -> Any:
    """An answer of the API to this visitor."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{process.port}{path}", headers={"Cookie": f"sessionid={session}"}
    )
    with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310 - our own server
        return json.load(response)


def export(process: Process, session: str, conv: str) -> list[Shown]:
    """The whole conversation as the API tells it."""
    found: list[Shown] = []
    while True:
        path = f"/api/v1/conversations/{conv}/events/?after={len(found)}&limit=100"
        page = get_json(process, path, session)["events"]
        found += [
            Shown(event["seq"], event["author"], event.get("id", ""), event["body"]["text"])
            for event in page
        ]
        if not page:
            return found
