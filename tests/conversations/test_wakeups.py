"""Wake-ups between processes: with Redis, without it, and with one that is silent or lies."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from chatbot_site.lib.ids import uuid7
from conversations.wakeups import Hub

CONV = uuid7()
LIES = (
    b"5", b"[]", b"not json", b"[1, 2]", b'["x", 1]', b'[null, null]', b'{"a": 1}', b"[" * 5_000,
    b'["00000000-0000-7000-8000-000000000000", "many"]', b"\xff\xfe",
    b'["%s"]' % str(CONV).encode(),
)  # fmt: skip


class Heard:
    """A listener that keeps what it was told."""

    def __init__(self) -> None:
        self.calls: list[tuple[UUID, int]] = []

    def __call__(self, conversation_id: UUID, last_seq: int) -> None:
        self.calls.append((conversation_id, last_seq))


def test_without_redis_this_process_is_woken() -> None:
    hub, one, two, other = Hub(""), Heard(), Heard(), Heard()
    hub.add(CONV, one)
    hub.add(CONV, two)
    hub.add(uuid7(), other)
    hub.notify(CONV, 7)
    assert (one.calls, two.calls, other.calls) == ([(CONV, 7)], [(CONV, 7)], [])
    assert len(hub.conversations()) == 2


def test_who_left_hears_nothing() -> None:
    hub, one, two = Hub(""), Heard(), Heard()
    hub.add(CONV, one)
    hub.add(CONV, two)
    hub.remove(CONV, one)
    hub.remove(CONV, one)
    hub.remove(uuid7(), one)
    hub.notify(CONV, 1)
    assert (one.calls, two.calls) == ([], [(CONV, 1)])
    hub.remove(CONV, two)
    assert hub.conversations() == []


def test_a_listener_whose_loop_has_closed_keeps_nobody_from_being_woken() -> None:
    hub, heard = Hub(""), Heard()

    def closing(_conversation_id: UUID, _last_seq: int) -> None:
        raise RuntimeError("Event loop is closed")

    hub.add(CONV, closing)
    hub.add(CONV, heard)
    hub.notify(CONV, 2)
    assert heard.calls == [(CONV, 2)]


def test_a_thread_can_wait() -> None:
    hub = Hub("")
    with hub.waiting(CONV) as grown:
        threading.Timer(0.05, hub.notify, (CONV, 1)).start()
        assert grown.wait(5)
    assert hub.conversations() == []


class FakeRedis:
    """A server that does with each connection what it is told to."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self.listener.getsockname()[1]}/0"
        self.serve = serve
        self.connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            self.serve(connection)
        except OSError:
            return

    def close(self) -> None:
        self.listener.close()
        for connection in self.connections:
            connection.close()


def silent(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


@pytest.fixture
def fake_redis(request: pytest.FixtureRequest) -> Iterator[FakeRedis]:
    server = FakeRedis(request.param)
    yield server
    server.close()


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_an_absent_redis_costs_no_time_and_this_process_is_woken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    hub, heard = Hub(f"redis://127.0.0.1:{port}/0"), Heard()
    hub._listeners[CONV].add(heard)
    started = time.monotonic()
    for number in range(20):
        hub.notify(CONV, number)
    assert time.monotonic() - started < 1
    assert len(heard.calls) == 20
    # After the first failure Redis is left alone for a while.
    assert hub.failures == 1


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("fake_redis", [silent], indirect=True)
def test_a_silent_redis_holds_a_thread_for_a_second_at_most(fake_redis: FakeRedis) -> None:
    hub, heard = Hub(fake_redis.url), Heard()
    hub._listeners[CONV].add(heard)
    started = time.monotonic()
    for number in range(20):
        hub.notify(CONV, number)
    assert time.monotonic() - started < 2.5
    assert len(heard.calls) == 20
    assert hub.failures == 1


@pytest.mark.parametrize("lie", LIES)
def test_nonsense_from_redis_is_passed_over(lie: bytes) -> None:
    hub, heard = Hub(""), Heard()
    hub.add(CONV, heard)
    hub._heard(lie)
    assert heard.calls == []
    hub._heard(b'["%s", 9]' % str(CONV).encode())
    assert heard.calls == [(CONV, 9)]
