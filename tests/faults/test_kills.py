"""The web process is killed in the middle of it all: nothing acknowledged is lost (F1 to F3)."""

import asyncio
import random
from collections.abc import Callable

import pytest

from tests.faults.conftest import LONG
from tests.faults.history import assert_clean, violations
from tests.faults.play import Play
from tests.faults.server import Site

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]
Report = Callable[..., None]
KILLS = 25 if LONG else 10
SEED = 20_261


async def test_ten_kills_while_eight_clients_talk(site: Site, report: Report) -> None:
    web = site.started()
    play = Play(site, seed=SEED, visitors=4, tabs=2)
    moment = random.Random(SEED)

    async def kill_again_and_again() -> None:
        for _number in range(KILLS):
            await asyncio.sleep(moment.uniform(0.3, 1.2))
            web.kill()
            await asyncio.to_thread(web.start)
        await asyncio.sleep(0.5)

    figures = await play.run(kill_again_and_again)
    histories = await play.histories(web)
    await play.stop()
    assert_clean(histories, SEED)
    report(figures, faults=KILLS)
    assert figures.acked >= 8 * KILLS
    # What is left of these times is the start of the process itself.
    assert max(figures.reconnect_seconds) < max(web.starts) + 5


@pytest.mark.parametrize("fault", ["before_ack", "before_answer", "after_answer"])
async def test_death_at_the_worst_moment(site: Site, fault: str, report: Report) -> None:
    """It dies with the third message; what comes after it is a healthy process."""
    doomed = site.started(FAULT=fault, FAULT_AT=3)
    play = Play(site, seed=SEED, visitors=1, tabs=2)

    async def die_and_come_back() -> None:
        await asyncio.to_thread(doomed.wait_for_death)
        doomed.environment.pop("FAULT")
        await asyncio.to_thread(doomed.start)
        await asyncio.sleep(0.5)

    figures = await play.run(die_and_come_back)
    histories = await play.histories(doomed)
    await play.stop()
    assert_clean(histories, SEED)
    report(figures, faults=1)
    repeated = [ack for client in play.clients for ack in client.diary.acked if ack.dup]
    # Only before the `ack` the client can't know that its message is stored; it sends it again.
    assert (len(repeated) > 0) == (fault == "before_ack")


async def test_the_judge_sees_a_site_that_acknowledges_before_it_stores(
    site: Site, report: Report
) -> None:
    """The mutant: were this test to fail, a clean history would prove nothing."""
    mutant = site.started(FAULT="ack_first")
    play = Play(site, seed=SEED, visitors=4, tabs=1)

    async def kill_twice() -> None:
        for _number in range(2):
            await asyncio.sleep(1.0)
            mutant.kill()
            await asyncio.to_thread(mutant.start)
        await asyncio.sleep(0.5)

    figures = await play.run(kill_twice, judge=False)
    await asyncio.sleep(1.0)
    await play.stop()
    histories = await play.histories(mutant)

    found = [violation for history in histories for violation in violations(history)]
    kinds = [violation.kind for violation in found]
    report(figures, faults=2, lost=kinds.count("lost"), doubled=kinds.count("doubled"))
    assert "lost" in kinds
