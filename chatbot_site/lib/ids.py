"""Time-ordered identifiers for rows that are named in public."""

import secrets
import time
import uuid

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62


def uuid7() -> uuid.UUID:
    """A random UUID whose first 48 bits are milliseconds, so that indexes grow at one end.

    Layout of RFC 9562 §5.7. Python 3.14 brings its own.
    """
    milliseconds = time.time_ns() // 1_000_000
    random_a = secrets.randbits(12)
    random_b = secrets.randbits(62)
    return uuid.UUID(int=milliseconds << 80 | _VERSION_7 | random_a << 64 | _VARIANT | random_b)
