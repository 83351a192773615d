"""Clients that break rules hurt nobody but themselves (F12, F13, F16)."""

import asyncio
import random
import time
import zlib
from collections.abc import Callable, Iterator

import pytest

from tests.faults.client import Client
from tests.faults.play import Figures
from tests.faults.raw import BINARY, CLOSE, PING, TEXT, Raw, greeted, upgraded
from tests.faults.server import Process, Site, Template, site_of

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]
SEED = 20_272
MEGABYTE = 1 << 20
DROPPED = 1006


@pytest.fixture(scope="module")
def hostile(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One process for all of these tests: each must leave it alive for the next."""
    limits = {"CHAT_FRAMES_PER_SECOND": 100, "CHAT_FRAME_BURST": 200, "CHAT_IDLE_SECONDS": 5}
    with site_of(template, tmp_path_factory.mktemp("hostile"), **limits) as site:
        site.started()
        yield site
        assert site.tracebacks() == ""


@pytest.fixture
def web(hostile: Site) -> Iterator[Process]:
    process = hostile.processes[0]
    pid = process.pid
    yield process
    assert process.is_alive()
    assert process.pid == pid


async def test_bad_frames_get_an_error_and_the_socket_lives(hostile: Site, web: Process) -> None:
    frames: list[tuple[bytes, int, str]] = [
        (b"", TEXT, "bad_frame"),
        (b"{", TEXT, "bad_frame"),
        (b'{"t":"ping","n":NaN}', TEXT, "bad_frame"),
        (b'{"t":"ping","n":1e999}', TEXT, "bad_frame"),
        (b'{"t":"ping","t":"dance"}', TEXT, "unknown_type"),
        (b'{"t":"ping","a":' + b"[" * 30_000 + b"]" * 30_000 + b"}", TEXT, "too_long"),
        (b'{"t":"ping","a":' + b"[" * 12_000 + b"]" * 12_000 + b"}", TEXT, "bad_frame"),
        (b'{"t":"send","id":"\\ud800","conv":5}', TEXT, "bad_frame"),
        (b'{"t":"hello","v":1,"resume":[{"conv":"\\udfff"}]}', TEXT, "bad_frame"),
        (b"x" * (32 * 1024 + 1), TEXT, "too_long"),
        (b"x" * (64 * 1024), TEXT, "too_long"),
        (b"\xff\x00", BINARY, "bad_frame"),
    ]
    for number, (payload, opcode, code) in enumerate(frames):
        raw = await greeted(web, hostile.visitors[number])
        await raw.send(payload, opcode)
        assert (await raw.hear("error"))["code"] == code, payload[:60]
        assert await raw.is_alive(), payload[:60]
        await raw.close()


async def test_a_message_in_pieces_is_put_together(hostile: Site, web: Process) -> None:
    raw = await greeted(web, hostile.visitors[0])
    await raw.send(b'{"t":"pi', fin=False)
    await raw.send(b"between", PING)
    await raw.send(b'ng",', opcode=0, fin=False)
    await raw.send(b'"n":3}', opcode=0)
    assert await raw.hear("pong") == {"t": "pong", "n": 3}
    await raw.close()


async def _too_long(raw: Raw) -> None:
    await raw.send(b"x" * (64 * 1024 + 1))


async def _a_megabyte(raw: Raw) -> None:
    await raw.send(b"x" * MEGABYTE)


async def _pieces_without_end(raw: Raw) -> None:
    await raw.send(b"x" * 30_000, fin=False)
    for _number in range(40):
        await raw.send(b"x" * 30_000, opcode=0, fin=False)


async def _no_unicode(raw: Raw) -> None:
    await raw.send(b'{"t":"ping","a":"\xff\xfe"}')


async def _unmasked(raw: Raw) -> None:
    await raw.send(b'{"t":"ping"}', mask=False)


async def _unknown_opcode(raw: Raw) -> None:
    await raw.send(b"?", opcode=5)


async def _long_ping(raw: Raw) -> None:
    await raw.send(b"x" * 200, PING)


async def _bad_close(raw: Raw) -> None:
    await raw.send(b"\x00\x01", CLOSE)


async def _bomb(raw: Raw) -> None:
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = press.compress(b"\x00" * 20 * MEGABYTE) + press.flush(zlib.Z_SYNC_FLUSH)
    await raw.send(bomb[:-4], compressed=True)


async def test_frames_against_the_protocol_close_only_their_own_socket(
    hostile: Site, web: Process
) -> None:
    expected = {
        _too_long: {1009, DROPPED},
        _a_megabyte: {1009, DROPPED},
        _pieces_without_end: {1009, DROPPED},
        _no_unicode: {1007},
        _unmasked: {1002},
        _unknown_opcode: {1002},
        _long_ping: {1002},
        _bad_close: {1002, DROPPED},
        _bomb: {1002, 1007, 1009, DROPPED},
    }
    witness = await greeted(web, hostile.visitors[1])
    before = web.memory_bytes()
    for act, codes in expected.items():
        for _round in range(3):
            deflate = "Sec-WebSocket-Extensions: permessage-deflate"
            raw = await greeted(web, hostile.visitors[2], deflate)
            await act(raw)
            end = await raw.hear("never")
            await raw.close()
            assert end["code"] in codes, (act.__name__, end)
    assert await witness.is_alive()
    await witness.close()
    assert web.memory_bytes() - before < 12 * MEGABYTE


async def test_handshakes_that_are_refused(hostile: Site, web: Process) -> None:
    headers = ["X-Long: " + "x" * 70_000]
    raw, answer = await upgraded(web, hostile.visitors[0], *headers)
    await raw.close()
    assert b" 101 " not in answer
    for origin in ("null", "https://chat.example", "http://chat.example:81", "http://evil.example"):
        raw, answer = await upgraded(web, hostile.visitors[0], origin=origin)
        await raw.close()
        assert answer.split()[1] in {b"400", b"403"}, answer


async def test_noise_never_closes_with_1011(hostile: Site, web: Process) -> None:
    """Frames with bytes, fields and values changed at random; the seed says which."""
    rng = random.Random(SEED)
    good = [
        b'{"t":"open","bot":"clinic","lang":"en"}',
        b'{"t":"send","conv":"00000000-0000-8000-8000-000000000000","id":"%d","body":"x"}' % SEED,
        b'{"t":"history","conv":"00000000-0000-8000-8000-000000000000","before":5,"limit":5}',
        b'{"t":"feedback","conv":"00000000-0000-8000-8000-000000000000","seq":1,"value":"up"}',
        b'{"t":"recv","conv":"00000000-0000-8000-8000-000000000000","seq":2147483648}',
    ]
    values = [b"null", b"[]", b"{}", b"-1", b"1e400", b'"\\u0000"', b'"\\ud83d"', b"true", b"0.5"]
    codes = set()
    for number in range(25):
        raw = await greeted(web, hostile.visitors[number])
        for _frame in range(8):
            frame = bytearray(rng.choice(good))
            if rng.random() < 0.5:
                frame[rng.randrange(len(frame))] = rng.randrange(32, 127)
            else:
                start = frame.rindex(b":") + 1
                frame[start:] = rng.choice(values) + b"}"
            await raw.send(bytes(frame))
        await raw.say(t="ping", n=1)
        codes.add((await raw.hear("pong")).get("code", 0))
        await raw.close()
    # Either all eight were harmless enough, or the sixth bad one closed the socket.
    assert codes <= {0, 4400, 4406}
    assert 4400 in codes


async def _heavy_conversation(hostile: Site, visitor: int) -> Client:
    """Sixty messages as long as they may be: about a megabyte."""
    rng = random.Random(SEED)
    client = Client("author", hostile.visitors[visitor], hostile.urls(), rng)
    client.start()
    await client.until_open()
    for _number in range(60):
        await client.say("𝄞" * 3_999)
    await client.until_acked(60)
    await client.until(lambda: client.last == 120)
    return client


async def test_clients_that_never_read_cost_little(
    hostile: Site, web: Process, report: Callable[..., None]
) -> None:
    """Twenty ask for a megabyte each, resume and history, and read nothing of it."""
    author = await _heavy_conversation(hostile, 30)
    quiet = await _ack_seconds(author)
    before = web.memory_bytes()
    slow = [await greeted(web, author.session, small_buffer=True) for _number in range(20)]
    for raw in slow:
        await raw.say(t="hello", v=1, resume=[{"conv": author.conv, "epoch": 1, "after": 0}])
        for _page in range(15):
            await raw.say(t="history", conv=author.conv, before=100, limit=100)
    loud = await _ack_seconds(author)
    grown = web.memory_bytes() - before
    for raw in slow:
        await raw.close()
    await author.stop()

    note = f"+{grown / MEGABYTE:.0f} MB, ack {quiet * 1000:.0f} ms quiet, {loud * 1000:.0f} ms then"
    report(Figures("", SEED, acked=len(author.diary.acked), notes=note), faults=20)
    assert grown < 50 * MEGABYTE
    assert loud < max(10 * quiet, 1.0)


async def _ack_seconds(client: Client) -> float:
    """The median time to an `ack` while whatever happens happens."""
    times = []
    for _number in range(15):
        started = time.monotonic()
        await client.say("parking")
        await client.until_acked()
        times.append(time.monotonic() - started)
    return sorted(times)[7]


async def test_a_storm_from_one_client_ends_with_4429_and_harms_nobody(
    hostile: Site, web: Process, report: Callable[..., None]
) -> None:
    rng = random.Random(SEED)
    bystander = Client("bystander", hostile.visitors[40], hostile.urls(), rng)
    bystander.start()
    await bystander.until_open()
    quiet = await _ack_seconds(bystander)
    before = web.memory_bytes()

    async def storm() -> list[dict[str, object]]:
        raw = await greeted(web, hostile.visitors[41])
        ending: list[dict[str, object]] = []
        sender = asyncio.create_task(_pings(raw, 5_000))
        while not ending or ending[-1]["t"] not in {"closed", "gone"}:
            ending.append(await raw.hear("error"))
        sender.cancel()
        await raw.close()
        return ending

    storming = asyncio.create_task(storm())
    loud = await _ack_seconds(bystander)
    ending = await storming
    await bystander.stop()

    note = f"ack {quiet * 1000:.0f} ms quiet, {loud * 1000:.0f} ms in the storm"
    report(Figures("", SEED, acked=len(bystander.diary.acked), notes=note), faults=1)
    assert ending[0]["code"] == "rate_limited"
    assert isinstance(ending[0]["after_ms"], int)
    assert ending[-1] == {"t": "closed", "code": 4429}
    assert loud < max(10 * quiet, 1.0)
    assert web.memory_bytes() - before < 20 * MEGABYTE


async def _pings(raw: Raw, times: int) -> None:
    for number in range(times):
        await raw.say(t="ping", n=number)


async def test_a_silent_socket_closes_with_4408_and_one_that_pings_lives(
    hostile: Site, web: Process
) -> None:
    """The same clock as on a site, with five seconds instead of sixty."""
    silent = await greeted(web, hostile.visitors[50])
    living = await greeted(web, hostile.visitors[51])
    ended = asyncio.create_task(silent.hear("never"))
    started = time.monotonic()
    while not ended.done() and time.monotonic() - started < 25:
        assert await living.is_alive()
        await asyncio.sleep(1)
    assert (await ended)["code"] == 4408
    assert await living.is_alive()
    await asyncio.gather(silent.close(), living.close())
