"""Long polls: wait for a conversation to grow, without letting waiting take all the threads."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from django.db import connection

from conversations import selectors
from conversations.selectors import ChatEvent
from conversations.wakeups import hub

MAX_WAIT_SECONDS: Final = 25
MAX_POLLS: Final = 20
POLLS_EACH: Final = 4


class WaitingRoom:
    """Who waits in this process: so many in all, so many of one person."""

    def __init__(self, places: int = MAX_POLLS, each: int = POLLS_EACH) -> None:
        self._places = places
        self._each = each
        self._taken: Counter[UUID] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def place(self, subject_id: UUID) -> Iterator[bool]:
        """A place for as long as the block runs; False when there is none."""
        with self._lock:
            full = self._taken.total() >= self._places or self._taken[subject_id] >= self._each
            if not full:
                self._taken[subject_id] += 1
        try:
            yield not full
        finally:
            with self._lock:
                if not full:
                    self._taken[subject_id] -= 1
                self._taken += Counter()  # drops whoever has no place left


room = WaitingRoom()
"""That of this process."""


def events_wait(
    *, subject_id: UUID, conversation_id: UUID, after: int, limit: int, seconds: int
) -> tuple[list[ChatEvent], bool]:
    """The events after a place, waiting for the first one; and whether anything was waited for.

    Answers at once when the room is full. The caller has checked whose conversation it is.
    """

    def read() -> list[ChatEvent]:
        return selectors.events_after(conversation_id=conversation_id, after=after, limit=limit)

    events = read()
    if events or not seconds:
        return events, False
    ends = time.monotonic() + seconds
    with room.place(subject_id) as granted, hub().waiting(conversation_id) as grown:
        while granted:
            grown.clear()
            # Read between clearing and waiting: what came in the meantime wakes nobody again.
            events = read()
            left = ends - time.monotonic()
            if events or left <= 0:
                break
            _release_connection()
            grown.wait(left)
    return events, granted


def _release_connection() -> None:
    """Twenty connections that only wait would be missing elsewhere."""
    if not connection.in_atomic_block:
        connection.close()
