"""Redis stops, comes back empty, is emptied, cuts its connections, freezes: chat goes on (F5)."""

import asyncio
from collections.abc import Callable

import pytest

from tests.faults.conftest import LONG
from tests.faults.history import assert_clean
from tests.faults.play import Play
from tests.faults.server import PrivateRedis, Site

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]
SEED = 20_265
AWAY_SECONDS = 30 if LONG else 4


async def test_redis_comes_and_goes(
    site: Site, private_redis: PrivateRedis, report: Callable[..., None]
) -> None:
    """Two processes share a database; tabs of one conversation sit on different ones."""
    site.redis = private_redis
    webs = [site.process(), site.process()]
    await asyncio.gather(*(asyncio.to_thread(web.start) for web in webs))
    play = Play(site, seed=SEED, visitors=4, tabs=2)
    for pair in play.pairs:
        for client, web in zip(pair, webs, strict=True):
            client.urls = [web.url]

    async def trouble() -> None:
        await asyncio.sleep(1)
        for _number in range(3):
            await asyncio.to_thread(private_redis.ask, "FLUSHALL")
            await asyncio.to_thread(private_redis.ask, "CLIENT", "KILL", "TYPE", "pubsub")
            await asyncio.to_thread(private_redis.ask, "CLIENT", "KILL", "TYPE", "normal")
            await asyncio.sleep(0.5)
        private_redis.freeze()
        await asyncio.sleep(AWAY_SECONDS)
        private_redis.thaw()
        await asyncio.sleep(1)
        private_redis.stop()
        await asyncio.sleep(AWAY_SECONDS)
        await asyncio.to_thread(private_redis.start)
        await asyncio.sleep(1)

    figures = await play.run(trouble)
    histories = await play.histories(webs[0])
    closes = [code for client in play.clients for code in client.diary.closes]
    await play.stop()

    assert_clean(histories, SEED)
    report(figures, faults=11)
    assert closes == []
    assert site.tracebacks() == ""
