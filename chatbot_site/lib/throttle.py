"""Limits: a token bucket for one connection, counted windows for one person or address."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings
from django.core.cache import cache

KEPT_KEYS = 50_000
REDIS_PAUSE_SECONDS = 5.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Bucket:
    """`rate` tokens a second, `burst` at most; one a connection, used by one thread."""

    rate: float
    burst: float
    clock: Callable[[], float] = time.monotonic
    _tokens: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens = self.burst
        self._at = self.clock()

    def wait_ms(self) -> int:
        """Take one token: 0 when there was one, else the milliseconds until there is."""
        now = self.clock()
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0
        return max(1, round((1 - self._tokens) / self.rate * 1000))


class Windows:
    """Counts per key in fixed windows: shared through Redis where there is one, else local.

    A silent Redis makes the counts local to the process; it never opens or closes the door.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._counts: dict[tuple[str, int], int] = {}
        self._lock = threading.Lock()
        self._local_until = 0.0

    def wait_ms(self, key: str, limit: int, seconds: int) -> int:
        """Count one use: 0 within the limit, else the milliseconds until the window ends."""
        now = self._clock()
        window = int(now // seconds)
        count = self._shared(key, window, seconds, now)
        if count <= limit:
            return 0
        return max(1, round(((window + 1) * seconds - now) * 1000))

    def _shared(self, key: str, window: int, seconds: int, now: float) -> int:
        local = self._local(f"{key}/{seconds}", window)
        if not settings.REDIS_URL or now < self._local_until:
            return local
        name = f"limit:{key}/{seconds}:{window}"
        try:
            cache.add(name, 0, timeout=2 * seconds)
            return max(local, int(cache.incr(name)))
        except Exception as error:  # noqa: BLE001 - whatever Redis does, the local count holds
            self._local_until = now + REDIS_PAUSE_SECONDS
            log.warning("limits are counted per process: %s", type(error).__name__)
            return local

    def _local(self, key: str, window: int) -> int:
        with self._lock:
            if len(self._counts) > KEPT_KEYS:
                self._counts.clear()
            count = self._counts.get((key, window), 0) + 1
            self._counts[(key, window)] = count
            return count


windows = Windows()
