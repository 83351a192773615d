"""PostgreSQL cuts its connections, or refuses to write: clients wait, nothing is lost (F6, F7)."""

import asyncio
import random
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.faults import rows
from tests.faults.conftest import LONG
from tests.faults.history import assert_clean
from tests.faults.play import Play
from tests.faults.server import Site

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]
SEED = 20_266
CUTS = 40 if LONG else 12
PATIENCE_SECONDS = 10


def command(site: Site, sql: str) -> None:
    """Run on the server, from another database, so that it reaches every connection of this one."""
    server = site.database_url.rpartition("/")[0] + "/postgres"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.encode())


def cut_all(site: Site) -> None:
    name = urlsplit(site.database_url).path[1:]
    own = f"datname = '{name}'"
    command(site, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {own}")  # noqa: S608 - our own words


def refuse_writes(site: Site, *, refuse: bool) -> None:
    name = urlsplit(site.database_url).path[1:]
    word = "on" if refuse else "off"
    command(site, f'ALTER DATABASE "{name}" SET default_transaction_read_only = {word}')


async def test_backends_are_terminated_again_and_again(
    postgresql_site: Site, report: Callable[..., None]
) -> None:
    site = postgresql_site
    web = site.started()
    play = Play(site, seed=SEED, visitors=4, tabs=2)
    moment = random.Random(SEED)

    async def cut_again_and_again() -> None:
        for _number in range(CUTS):
            await asyncio.sleep(moment.uniform(0.1, 0.6))
            await asyncio.to_thread(cut_all, site)

    figures = await play.run(cut_again_and_again)
    started = time.monotonic()
    await play.clients[0].say("parking")
    await play.clients[0].until_acked()
    back = time.monotonic() - started
    await play.settle()
    histories = await play.histories(web)
    errors = {error for client in play.clients for error in client.diary.errors}
    await play.stop()

    assert_clean(histories, SEED)
    report(figures, faults=CUTS, notes=f"ack after the last cut {back:.2f} s")
    assert errors <= {"busy"}
    assert back < PATIENCE_SECONDS
    assert site.tracebacks() == ""


async def test_a_first_message_survives_the_loss_of_its_own_commit(postgresql_site: Site) -> None:
    """The key that seals a text must be in the table, not only in the memory of this process.

    The first message of a visitor makes the key; its transaction is cut again and again.
    """
    site = postgresql_site
    web = site.started()
    play = Play(site, seed=SEED, visitors=12, tabs=1)
    await play.open()
    cutting = True

    async def cut() -> None:
        while cutting:
            await asyncio.to_thread(cut_all, site)
            await asyncio.sleep(0.01)

    saw = asyncio.create_task(cut())
    await asyncio.sleep(0.05)
    await asyncio.gather(*(client.say("where can I park") for client in play.clients))
    await asyncio.sleep(2)
    cutting = False
    await saw
    await asyncio.gather(*(client.until_acked() for client in play.clients))
    await play.settle()
    # A process that starts now has no keys in its memory.
    web.kill()
    await asyncio.to_thread(web.start)
    histories = await play.histories(web)
    await play.stop()

    assert_clean(histories, SEED)


async def test_read_only_is_said_and_passes(postgresql_site: Site) -> None:
    site = postgresql_site
    site.started()
    play = Play(site, seed=SEED, visitors=1, tabs=1)
    await play.open()
    client = play.clients[0]
    await client.say("parking")
    await client.until_acked()
    await client.until(lambda: client.last == 2)

    refuse_writes(site, refuse=True)
    cut_all(site)
    await client.say("when are you open?")
    await client.until(lambda: client.diary.errors.count("read_only") >= 2)
    stored = rows.stored(site.database_url)[client.conv]
    acked = list(client.diary.acked)

    refuse_writes(site, refuse=False)
    started = time.monotonic()
    await client.until_acked()
    back = time.monotonic() - started
    await client.until(lambda: client.last == 4)
    await play.stop()

    assert (len(stored), len(acked)) == (2, 1)
    assert set(client.diary.errors) <= {"read_only", "busy"}
    assert back < PATIENCE_SECONDS
    assert client.diary.closes == []
