"""The limits of chat.v1 (R11) that count people and addresses, for every door alike."""

from collections import Counter
from typing import Any
from uuid import UUID

from django.conf import settings

from chatbot_site.lib.errors import ApplicationError, BadFrameError, RateLimitedError
from chatbot_site.lib.throttle import Bucket, windows
from conversations import frames

MINUTE, HOUR = 60, 3600
PAGES_PER_SECOND, MAX_PAGES = 1, 3
# Bad frames, and frames above the limits, that a socket survives in a minute.
MAX_BAD_FRAMES, MAX_EXCESS = 5, 60


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
    _refuse_for(windows.wait_ms(key, limit, seconds))


def _refuse_for(wait_ms: int) -> None:
    if wait_ms:
        raise RateLimitedError(after_ms=wait_ms)


class Tolerance:
    """What one socket may do in how little time, and when the server has had enough of it."""

    def __init__(self) -> None:
        chat = settings.CHAT
        self._frames = Bucket(chat["frames_per_second"], chat["frame_burst"])
        self._pages = Bucket(PAGES_PER_SECOND, MAX_PAGES)
        self._faults = Bucket(MAX_BAD_FRAMES / MINUTE, MAX_BAD_FRAMES)
        self._excess = Bucket(MAX_EXCESS / MINUTE, MAX_EXCESS)

    def frame(self) -> None:
        """Count a frame; raises `RateLimitedError`."""
        _refuse_for(self._frames.wait_ms())

    def page(self) -> None:
        """Count a page of history, which costs more than other frames; raises the same."""
        _refuse_for(self._pages.wait_ms())

    def code_after(self, refusal: ApplicationError) -> int:
        """The code to close with after this refusal; 0 as long as the socket may live."""
        if isinstance(refusal, frames.WrongVersionError):
            return 4406
        if isinstance(refusal, BadFrameError) and self._faults.wait_ms():
            return 4400
        if isinstance(refusal, RateLimitedError) and self._excess.wait_ms():
            return 4429
        return 0


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


def address_of(scope: dict[str, Any]) -> str:
    """The visitor's address of an ASGI scope."""
    return client_address(scope["headers"], (scope.get("client") or [""])[0])


def client_address(headers: list[tuple[bytes, bytes]], peer: str) -> str:
    """The visitor's address: the connection's, or what the trusted proxies say of it."""
    hops = settings.TRUSTED_PROXIES
    if not hops:
        return peer
    forwarded = [v.decode("latin-1") for name, v in headers if name == b"x-forwarded-for"]
    names = [name.strip() for line in forwarded for name in line.split(",") if name.strip()]
    return names[-hops] if len(names) >= hops else peer
