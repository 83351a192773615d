"""Two web processes, one database, one Redis: duplicates meet, people sign out (F15)."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.faults import rows
from tests.faults.client import handshake
from tests.faults.play import Figures
from tests.faults.raw import greeted
from tests.faults.server import PrivateRedis, Site, Template, site_of

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]
COPIES = 50


@pytest.fixture(scope="module")
def pair(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("pair")
    redis = PrivateRedis(folder)
    with site_of(template, folder) as site:
        if template.on_postgresql:
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
    frame = {"t": "send", "id": str(uuid4()), "kind": "text", "body": "parking"}
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


async def _frames(socket: ClientConnection, awaited: str, **frame: object) -> dict[str, object]:
    """Say something and wait for a frame of this type."""
    await socket.send(json.dumps(frame))
    while True:
        heard: dict[str, object] = json.loads(await asyncio.wait_for(socket.recv(), 20))
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
