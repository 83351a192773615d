"""SIGTERM: sockets are told, closed with 4503 and lose nothing; the process always ends (F4)."""

import asyncio
import time
from collections.abc import Callable

import pytest

from tests.faults.history import assert_clean
from tests.faults.play import Play
from tests.faults.server import Site

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]
SEED = 20_264


async def test_rolling_restart(site: Site, report: Callable[..., None]) -> None:
    """Two processes are restarted one after the other; clients go to whichever is there."""
    webs = [site.process(), site.process()]
    await asyncio.gather(*(asyncio.to_thread(web.start) for web in webs))
    play = Play(site, seed=SEED, visitors=4, tabs=2)
    statuses = []

    async def restart_both() -> None:
        for web in webs:
            await asyncio.sleep(0.5)
            statuses.append(await asyncio.to_thread(web.terminate))
            await asyncio.to_thread(web.start)
        await asyncio.sleep(0.5)

    figures = await play.run(restart_both)
    histories = await play.histories(webs[0])
    await play.stop()

    assert_clean(histories, SEED)
    report(figures, faults=2)
    assert statuses == [0, 0]
    closes = [code for client in play.clients for code in client.diary.closes]
    told = [client.diary.frames.count("draining") for client in play.clients]
    assert set(closes) == {4503}
    # Who comes while the process ends is sent away without being told before.
    assert 0 < sum(told) <= len(closes)
    assert site.tracebacks() == ""


async def test_the_process_ends_although_an_answer_never_comes(site: Site) -> None:
    """An engine that hangs must not keep a process that was asked to end."""
    web = site.started(FAULT="never_answers")
    play = Play(site, seed=SEED, visitors=1, tabs=1)
    await play.open()
    client = play.clients[0]
    await client.say("when are you open?")
    await client.until_acked()

    started = time.monotonic()
    status = await asyncio.to_thread(web.terminate, 25.0)
    await play.stop()

    assert status == 0
    assert time.monotonic() - started < 15
    assert "draining" in client.diary.frames
