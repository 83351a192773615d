"""Catching up: gaps, a table that lost rows, lies about how far it has grown, long histories."""

import json
from typing import Any
from uuid import UUID

import pytest

from conversations.models import Bot, Conversation, Message
from conversations.pump import MAX_AHEAD_BYTES
from conversations.wakeups import hub
from tests.conversations.sockets import Client, connected, visitor_session
from tests.conversations.talking import talking_bot
from tests.conversations.threads import run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bot() -> Bot:
    return talking_bot()


async def said(client: Client, conv: str, text: str, last: int) -> None:
    """Say it and wait until the event at this place has come."""
    await client.send(conv, text)
    while (await client.hear("event"))["seq"] < last:
        pass
    await client.say(t="recv", conv=conv, seq=last)


def place(conv: str, after: int) -> dict[str, Any]:
    return {"conv": conv, "epoch": 1, "after": after}


async def test_a_client_that_is_ahead_of_the_table_starts_anew(bot: Bot) -> None:
    """Its rows were erased, or lost with a restored backup: what comes next must not be dropped."""
    session = await run(visitor_session)
    async with connected(session) as client:
        conv = await client.open()
        await said(client, conv, "parking", 2)
    async with connected(session, resume=(place(conv, 9),)) as client:
        reset = await client.hear()
        assert (reset["t"], reset["first"], reset["last"]) == ("reset", 1, 2)
        assert (await client.hear())["t"] == "ready"
        await client.send(conv, "when are you open")
        assert (await client.hear("event"))["seq"] == 3
    await run(Conversation.objects.all().delete)
    async with connected(session, resume=(place(conv, 2),)) as client:
        reset = await client.hear()
        assert (reset["t"], reset["first"], reset["last"]) == ("reset", 0, 0)


async def test_a_second_hello_counts_from_where_the_client_says(bot: Bot) -> None:
    async with connected(await run(visitor_session)) as client:
        conv = await client.open()
        await said(client, conv, "parking", 2)
        await client.say(t="hello", v=1, resume=[place(conv, 0)])
        await client.hear("welcome")
        frames = [await client.hear() for _ in range(3)]
        assert [(f["t"], f["seq"]) for f in frames] == [("event", 1), ("event", 2), ("ready", 2)]
        await said(client, conv, "when are you open", 4)


@pytest.mark.parametrize("lie", [0, 7, 2**70])
async def test_a_lie_about_how_far_it_has_grown_does_no_harm(bot: Bot, lie: int) -> None:
    async with connected(await run(visitor_session)) as client:
        conv = await client.open()
        await said(client, conv, "parking", 2)
        for _ in range(5):
            hub().notify(UUID(conv), lie)
        await said(client, conv, "when are you open", 4)
        await client.say(t="ping", n=1)
        assert await client.hear() == {"t": "pong", "n": 1}


async def test_a_missing_row_does_not_turn_into_an_endless_loop(bot: Bot) -> None:
    session = await run(visitor_session)
    async with connected(session) as client:
        conv = await client.open()
        await said(client, conv, "parking", 2)
        await said(client, conv, "when are you open", 4)
    await run(Message.objects.filter(seq=2).delete)
    async with connected(session, resume=(place(conv, 0),)) as client:
        assert (await client.hear())["seq"] == 1
        await client.say(t="ping", n=1)
        assert await client.hear() == {"t": "pong", "n": 1}


async def test_a_page_of_history_is_never_long(bot: Bot, settings: Any) -> None:
    """What a client asks for and does not read must not pile up here."""
    settings.CHAT = {**settings.CHAT, "frames_per_second": 1_000, "frame_burst": 1_000}
    async with connected(await run(visitor_session)) as client:
        conv = await client.open()
        for number in range(1, 31):
            await said(client, conv, "漢" * 3_900, 2 * number)
        await client.say(t="history", conv=conv, before=61, limit=100)
        await client.say(t="ping", n=1)
        page = []
        while (frame := await client.hear())["t"] == "event":
            page.append(frame)
    assert [event["seq"] for event in page] == list(range(page[0]["seq"], 61))
    assert 20 < len(page) < 60
    size = sum(len(json.dumps(event, ensure_ascii=False).encode()) for event in page)
    assert size < MAX_AHEAD_BYTES + 4_096


async def test_pages_of_history_have_a_limit_of_their_own(bot: Bot) -> None:
    async with connected(await run(visitor_session)) as client:
        conv = await client.open()
        for _ in range(7):
            await client.say(t="history", conv=conv, before=5, limit=5)
        error = await client.hear("error")
    assert (error["code"], error["retry"]) == ("rate_limited", True)
