"""Two web processes, one database, one Redis: duplicates meet, people sign out (F15)."""

import asyncio
import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.faults import rows
from tests.faults.client import handshake
from tests.faults.conftest import LONG
from tests.faults.play import Figures, Play
from tests.faults.raw import greeted
from tests.faults.server import PrivateRedis, Site, Template, site_of

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]
COPIES = 50
SEED = 20_275
IDLE_SECONDS = 55 if LONG else 12


@pytest.fixture(scope="module")
def pair(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("pair")
    redis = PrivateRedis(folder)
    with site_of(template, folder) as site:
        if shutil.which("redis-server"):
            redis.start()
            site.redis = redis
        webs = [site.process(), site.process()]
        for web in webs:
            web.start(wait=False)
        for web in webs:
            web.wait_until_up()
        yield site
        assert site.tracebacks() == ""
    redis.stop()


async def test_fifty_copies_at_once_are_stored_once(
    pair: Site, report: Callable[..., None]
) -> None:
    """All of one new conversation, so that its birth is raced for, too."""
    session = pair.visitors[0]
    frame: dict[str, Any] = {"t": "send", "id": str(uuid4()), "kind": "text", "body": "parking"}
    started = time.monotonic()
    async with AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(connect(url, **handshake(session)))
            for _number in range(COPIES // 2)
            for url in pair.urls()
        ]
        await asyncio.gather(*(_frames(socket, "welcome", t="hello", v=1) for socket in sockets))
        frame["conv"] = (await _frames(sockets[0], "opened", t="open"))["conv"]
        acks = await asyncio.gather(*(_frames(socket, "ack", **frame) for socket in sockets))
        answer = await _frames(sockets[0], "event", t="ping")
        while answer["author"] != "bot":
            answer = await _frames(sockets[0], "event", t="ping")

    stored = rows.stored(pair.database_url)[frame["conv"]]
    assert [ack["seq"] for ack in acks] == [1] * COPIES
    assert [ack["dup"] for ack in acks].count(False) == 1
    assert [(event.seq, event.author) for event in stored] == [(1, "user"), (2, "bot")]
    assert [duty.parts for duty in rows.duties(pair.database_url)[frame["conv"]]] == [(0,)]
    taken = time.monotonic() - started
    report(Figures("", 0, acked=1, dups=COPIES - 1, faults=COPIES, seconds=taken))


async def _frames(socket: ClientConnection, awaited: str, **frame: object) -> dict[str, Any]:
    """Say something and wait for a frame of this type."""
    await socket.send(json.dumps(frame))
    while True:
        heard: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 20))
        assert heard["t"] != "error", heard
        if heard["t"] == awaited:
            return heard


async def test_signing_out_ends_an_open_socket_within_five_seconds(
    pair: Site, report: Callable[..., None]
) -> None:
    """The socket says nothing: it is found, not caught at its next message."""
    gone, stays = pair.visitors[1], pair.visitors[2]
    ending = await greeted(pair.processes[0], gone)
    living = await greeted(pair.processes[0], stays)
    started = time.monotonic()
    delete = f"DELETE FROM django_session WHERE session_key = '{gone}'"  # noqa: S608 - our own words
    rows.execute(pair.database_url, delete)
    end = await ending.hear("never")
    taken = time.monotonic() - started
    alive = await living.is_alive()
    await asyncio.gather(ending.close(), living.close())

    assert end == {"t": "closed", "code": 4401}
    assert taken < 5.5
    assert alive
    report(Figures("", 0, seconds=taken), faults=1)


async def test_an_idle_socket_lives_and_is_woken_from_the_other_process(pair: Site) -> None:
    """The trap of redis-py 8: a listener that reads with the default time-out dies when idle."""
    if pair.redis is None:
        pytest.skip("needs Redis")
    play = Play(pair, seed=SEED, visitors=1, tabs=2)
    here, there = play.clients
    here.urls, there.urls = [pair.urls()[0]], [pair.urls()[1]]
    await play.open()
    await asyncio.sleep(IDLE_SECONDS)

    started = time.monotonic()
    await here.say("when are you open?")
    await there.until(lambda: there.last >= 1)
    waited = time.monotonic() - started
    await play.stop()

    assert (here.diary.closes, there.diary.closes) == ([], [])
    # The poll, which heals lost wake-ups, comes every fifteen seconds.
    assert waited < 5
