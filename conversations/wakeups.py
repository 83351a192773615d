"""Tells sockets that a conversation grew: in this process at once, in others through Redis.

A wake-up carries no content and may be lost; whoever is woken reads rows. Sockets are never bound
to a channel layer, so they outlive Redis; one thread a process listens for all of them.
"""

import json
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

CHANNEL = "chat.wakeups"
RETRY_SECONDS = 3.0
Listener = Callable[[UUID, int], None]
"""Called from any thread with (conversation, last seq); must return at once."""

log = logging.getLogger(__name__)


class Hub:
    """The listeners of one process."""

    def __init__(self, redis_url: str) -> None:
        self._listeners: defaultdict[UUID, set[Listener]] = defaultdict(set)
        self._lock = threading.Lock()
        self._redis = _client(redis_url) if redis_url else None
        self._silent_until = 0.0
        self._subscribed = False
        self.failures = 0

    def add(self, conversation_id: UUID, listener: Listener) -> None:
        with self._lock:
            self._listeners[conversation_id].add(listener)
            start = self._redis is not None and not self._subscribed
            self._subscribed = self._subscribed or start
        if start:
            threading.Thread(target=self._subscribe, name="wakeups", daemon=True).start()

    def remove(self, conversation_id: UUID, listener: Listener) -> None:
        with self._lock:
            listeners = self._listeners.get(conversation_id)
            if listeners is not None:
                listeners.discard(listener)
                if not listeners:
                    del self._listeners[conversation_id]

    def conversations(self) -> list[UUID]:
        """Those that somebody listens to in this process."""
        with self._lock:
            return list(self._listeners)

    def notify(self, conversation_id: UUID, last_seq: int) -> None:
        """Wake everybody, after the commit; never raises."""
        self.notify_here(conversation_id, last_seq)
        if self._redis is None or time.monotonic() < self._silent_until:
            return
        try:
            self._redis.publish(CHANNEL, json.dumps([str(conversation_id), last_seq]))
        except (redis.RedisError, OSError) as error:
            self._failed(error)

    def notify_here(self, conversation_id: UUID, last_seq: int) -> None:
        with self._lock:
            listeners = tuple(self._listeners.get(conversation_id, ()))
        for listener in listeners:
            # The event loop of a socket may be closing just now.
            with suppress(RuntimeError):
                listener(conversation_id, last_seq)

    @contextmanager
    def waiting(self, conversation_id: UUID) -> Iterator[threading.Event]:
        """An event that is set when the conversation grows; for callers in threads."""
        grown = threading.Event()

        def listener(_conversation: UUID, _seq: int) -> None:
            grown.set()

        self.add(conversation_id, listener)
        try:
            yield grown
        finally:
            self.remove(conversation_id, listener)

    def _failed(self, error: Exception) -> None:
        self.failures += 1
        self._silent_until = time.monotonic() + RETRY_SECONDS
        log.warning("wake-ups between processes are delayed: %s", type(error).__name__)

    def _subscribe(self) -> None:
        while True:
            try:
                self._listen()
            except (redis.RedisError, OSError, ValueError) as error:
                self._failed(error)
                time.sleep(RETRY_SECONDS)

    def _listen(self) -> None:
        assert self._redis is not None  # noqa: S101 - the thread starts only with a client
        with self._redis.pubsub(ignore_subscribe_messages=True) as subscription:
            subscription.subscribe(CHANNEL)
            while True:
                message = subscription.get_message(timeout=5.0)
                if message is not None:
                    self._heard(message["data"])

    def _heard(self, data: bytes) -> None:
        try:
            name, last_seq = json.loads(data)
            conversation_id, last_seq = UUID(name), int(last_seq)
        except (ValueError, TypeError, AttributeError, RecursionError):
            log.warning("a wake-up could not be read")
            return
        self.notify_here(conversation_id, last_seq)


def _client(url: str) -> redis.Redis:
    # Short time-outs and no second try: redis-py 8 would let a silent server hold the thread of a
    # turn for five seconds, four times over.
    return redis.Redis.from_url(
        url, socket_timeout=1.0, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0)
    )


_hub: Hub | None = None
_hub_lock = threading.Lock()


def hub() -> Hub:
    """The hub of this process."""
    global _hub  # noqa: PLW0603 - one a process, made when first needed
    with _hub_lock:
        if _hub is None:
            _hub = Hub(settings.REDIS_URL)
        return _hub
