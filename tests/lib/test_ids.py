"""Identifiers that grow with time, and tell nothing else."""

import time
import uuid
from datetime import UTC, datetime

import time_machine

from chatbot_site.lib.ids import uuid7


def test_version_and_variant() -> None:
    made = uuid7()
    assert made.version == 7
    assert made.variant == uuid.RFC_4122


def test_later_is_greater_as_number_text_and_bytes() -> None:
    made = []
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False) as clock:
        for _ in range(200):
            made.append(uuid7())
            clock.shift(0.001)
    assert made == sorted(made)
    assert [str(one) for one in made] == sorted(str(one) for one in made)
    assert [one.bytes for one in made] == sorted(one.bytes for one in made)


def test_first_48_bits_are_milliseconds() -> None:
    before = time.time_ns() // 1_000_000
    milliseconds = uuid7().int >> 80
    assert before <= milliseconds <= time.time_ns() // 1_000_000


def test_two_of_the_same_millisecond_differ() -> None:
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False):
        assert len({uuid7() for _ in range(10_000)}) == 10_000
