"""Limits: tokens come back with time, windows count shared or, without Redis, alone."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot_site.lib import throttle
from chatbot_site.lib.throttle import KEPT_KEYS, Bucket, Windows


class Clock:
    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_its_burst_then_its_rate() -> None:
    clock = Clock()
    bucket = Bucket(rate=4, burst=3, clock=clock)
    assert [bucket.wait_ms() for _ in range(4)] == [0, 0, 0, 250]
    clock.now += 0.125
    assert bucket.wait_ms() == 125
    clock.now += 0.125
    assert bucket.wait_ms() == 0
    clock.now += 3600
    assert [bucket.wait_ms() for _ in range(4)] == [0, 0, 0, 250]


def test_a_refusal_costs_nothing() -> None:
    clock = Clock()
    bucket = Bucket(rate=1, burst=1, clock=clock)
    assert [bucket.wait_ms() for _ in range(50)] == [0] + [1000] * 49
    clock.now += 1
    assert bucket.wait_ms() == 0


@given(pauses=st.lists(st.floats(0, 5), min_size=1, max_size=60))
def test_no_bucket_gives_more_than_its_rate_and_burst(pauses: list[float]) -> None:
    clock = Clock()
    bucket = Bucket(rate=2, burst=4, clock=clock)
    given_out = 0
    for pause in pauses:
        clock.now += pause
        given_out += bucket.wait_ms() == 0
    assert given_out <= 4 + 2 * sum(pauses) + 1e-3


def test_a_window_counts_a_key_and_ends() -> None:
    clock = Clock(120.0)
    windows = Windows(clock)
    clock.now += 15
    assert [windows.wait_ms("a", 2, 60) for _ in range(3)] == [0, 0, 45_000]
    assert windows.wait_ms("b", 2, 60) == 0
    assert windows.wait_ms("a", 2, 3600) == 0
    clock.now = 180.0
    assert windows.wait_ms("a", 2, 60) == 0


def test_the_memory_of_windows_is_bounded() -> None:
    windows = Windows(Clock())
    for number in range(KEPT_KEYS + 10):
        windows.wait_ms(str(number), 1, 60)
    assert len(windows._counts) <= KEPT_KEYS + 1


class SharedCache:
    """What Redis keeps for all processes; or a Redis that fails in its way."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.counts: dict[str, int] = {}
        self.failure = failure
        self.asked = 0

    def add(self, name: str, value: int, timeout: int) -> None:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        self.counts.setdefault(name, value)

    def incr(self, name: str) -> int:
        self.counts[name] += 1
        return self.counts[name]


def test_processes_count_together_through_redis(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "redis://nowhere"
    monkeypatch.setattr(throttle, "cache", SharedCache())
    one, two = Windows(Clock()), Windows(Clock())
    waits = [windows.wait_ms("a", 3, 60) == 0 for windows in (one, two, one, two)]
    assert waits == [True, True, True, False]


@pytest.mark.parametrize("failure", [ConnectionError(), TimeoutError(), ValueError("lost key")])
def test_a_failing_redis_neither_opens_nor_closes_the_door(
    settings: Any, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    settings.REDIS_URL = "redis://nowhere"
    shared, clock = SharedCache(failure), Clock(120.0)
    monkeypatch.setattr(throttle, "cache", shared)
    windows = Windows(clock)
    assert [windows.wait_ms("a", 2, 60) == 0 for _ in range(3)] == [True, True, False]
    # It is asked again only after a pause.
    assert shared.asked == 1
    clock.now += 6
    windows.wait_ms("b", 2, 60)
    assert shared.asked == 2


def test_an_emptied_redis_does_not_open_the_door(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "redis://nowhere"
    shared = SharedCache()
    monkeypatch.setattr(throttle, "cache", shared)
    windows = Windows(Clock())
    assert [windows.wait_ms("a", 2, 60) == 0 for _ in range(2)] == [True, True]
    shared.counts.clear()
    assert windows.wait_ms("a", 2, 60) > 0
