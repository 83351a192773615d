"""The limits of chat.v1 (R11) that count people and addresses, for every door alike."""

from collections import Counter
from uuid import UUID

from django.conf import settings

from chatbot_site.lib.errors import RateLimitedError
from chatbot_site.lib.throttle import windows

MINUTE, HOUR = 60, 3600


def send_count(subject_id: UUID) -> None:
    """Count a message of this person; raises `RateLimitedError` with the time to wait."""
    chat = settings.CHAT
    for limit, seconds in ((chat["sends_per_minute"], MINUTE), (chat["sends_per_hour"], HOUR)):
        _count(f"send:{subject_id}", limit, seconds)


def open_count(address: str) -> None:
    """Count a new conversation from this address."""
    _count(f"open:{address}", settings.CHAT["opens_per_minute"], MINUTE)


def handshake_count(address: str) -> None:
    """Count a handshake from this address."""
    _count(f"handshake:{address}", settings.CHAT["handshakes_per_minute"], MINUTE)


def _count(key: str, limit: int, seconds: int) -> None:
    wait = windows.wait_ms(key, limit, seconds)
    if wait:
        raise RateLimitedError(after_ms=wait)


class OpenSockets:
    """How many sockets each person and address has in this process; used on the event loop."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def enter(self, subject_id: UUID, address: str) -> bool:
        """Count one more; False (and nothing counted) when there are too many."""
        chat = settings.CHAT
        full = (
            self._counts[str(subject_id)] >= chat["sockets_per_user"]
            or self._counts[address] >= chat["sockets_per_ip"]
        )
        if not full:
            self._counts.update((str(subject_id), address))
        return not full

    def leave(self, subject_id: UUID, address: str) -> None:
        for name in (str(subject_id), address):
            self._counts[name] -= 1
            if self._counts[name] <= 0:
                del self._counts[name]


open_sockets = OpenSockets()


def client_address(headers: list[tuple[bytes, bytes]], peer: str) -> str:
    """The visitor's address: the connection's, or what the trusted proxies say of it."""
    hops = settings.TRUSTED_PROXIES
    if not hops:
        return peer
    forwarded = [v.decode("latin-1") for name, v in headers if name == b"x-forwarded-for"]
    names = [name.strip() for line in forwarded for name in line.split(",") if name.strip()]
    return names[-hops] if len(names) >= hops else peer
