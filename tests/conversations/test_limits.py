"""The limits of chat.v1 that count people, addresses and what one socket does."""

from typing import Any
from uuid import UUID

import pytest

from chatbot_site.lib.errors import (
    BadFrameError,
    BusyError,
    NotFoundError,
    RateLimitedError,
    UnknownTypeError,
)
from chatbot_site.lib.ids import uuid7
from conversations import limits
from conversations.frames import WrongVersionError
from conversations.limits import OpenSockets, Tolerance

PROXIES = [(b"x-forwarded-for", b"6.6.6.6, 203.0.113.9"), (b"x-forwarded-for", b"198.51.100.7")]


@pytest.fixture(autouse=True)
def strict(settings: Any) -> None:
    settings.CHAT = {
        **settings.CHAT,
        "sends_per_minute": 3, "sends_per_hour": 1_000, "opens_per_minute": 2,
        "handshakes_per_minute": 4, "sockets_per_user": 2, "sockets_per_ip": 3,
        "frames_per_second": 5, "frame_burst": 2,
    }  # fmt: skip


def test_a_person_may_send_so_much_a_minute() -> None:
    person, other = uuid7(), uuid7()
    for _ in range(3):
        limits.send_count(person)
    with pytest.raises(RateLimitedError) as refused:
        limits.send_count(person)
    assert 0 < refused.value.after_ms <= 60_000
    limits.send_count(other)


def test_an_hour_has_a_limit_of_its_own(settings: Any) -> None:
    settings.CHAT = {**settings.CHAT, "sends_per_minute": 1_000, "sends_per_hour": 5}
    person = uuid7()
    for _ in range(5):
        limits.send_count(person)
    with pytest.raises(RateLimitedError) as refused:
        limits.send_count(person)
    assert refused.value.after_ms <= 3_600_000


@pytest.mark.parametrize(("count", "limit"), [(limits.open_count, 2), (limits.handshake_count, 4)])
def test_an_address_has_its_limits(count: Any, limit: int) -> None:
    address = str(uuid7())
    for _ in range(limit):
        count(address)
    with pytest.raises(RateLimitedError):
        count(address)
    count(str(uuid7()))


def test_open_sockets_are_counted_by_person_and_address() -> None:
    sockets = OpenSockets()
    one, two, three = (UUID(int=n) for n in (1, 2, 3))
    assert [sockets.enter(one, "a"), sockets.enter(one, "b")] == [True, True]
    assert sockets.enter(one, "c") is False
    assert [sockets.enter(two, "a"), sockets.enter(two, "a")] == [True, True]
    assert sockets.enter(three, "a") is False
    sockets.leave(two, "a")
    assert sockets.enter(three, "a") is True
    for person, address in ((one, "a"), (one, "b"), (two, "a"), (three, "a")):
        sockets.leave(person, address)
    assert not sockets._counts


@pytest.mark.parametrize(
    ("hops", "address"),
    [(0, "10.0.0.1"), (1, "198.51.100.7"), (2, "203.0.113.9"), (3, "6.6.6.6"), (4, "10.0.0.1")],
)
def test_proxies_are_believed_as_far_as_they_are_ours(
    settings: Any, hops: int, address: str
) -> None:
    settings.TRUSTED_PROXIES = hops
    assert limits.client_address(PROXIES, "10.0.0.1") == address


def test_a_socket_has_its_frames_and_its_pages() -> None:
    tolerance = Tolerance()
    tolerance.frame()
    tolerance.frame()
    with pytest.raises(RateLimitedError) as refused:
        tolerance.frame()
    assert 0 < refused.value.after_ms <= 200
    for _ in range(limits.MAX_PAGES):
        tolerance.page()
    with pytest.raises(RateLimitedError):
        tolerance.page()


def test_what_a_socket_does_not_survive() -> None:
    tolerance = Tolerance()
    assert tolerance.code_after(WrongVersionError(field="v")) == 4406
    assert [tolerance.code_after(BadFrameError()) for _ in range(6)] == [0] * 5 + [4400]
    excess = [tolerance.code_after(RateLimitedError(after_ms=1)) for _ in range(61)]
    assert excess == [0] * 60 + [4429]
    for harmless in (UnknownTypeError(), NotFoundError(), BusyError()):
        assert {tolerance.code_after(harmless) for _ in range(100)} == {0}
