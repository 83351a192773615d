"""Who is behind a socket, and whether that still holds (R7): logout and the like end sockets."""

import hmac
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import User
from accounts.services.identity import SESSION_KEY as SUBJECT_KEY
from accounts.services.identity import subject_id_of

RECHECK_SECONDS = 5.0
PAGE = 500


@dataclass(frozen=True, slots=True)
class Access:
    """An identity proved by a session."""

    session_key: str
    subject_id: UUID
    user_id: int | None
    proof: str = ""
    """Changes with the password of the account."""


def access_of(session_key: str) -> Access | None:
    """The identity of this session; None when it ended or no longer proves anything.

    At most two queries: the session and, for signed-in people, the account.
    """
    session = SessionStore(session_key)
    data = session.load() if session_key else {}
    if not data:
        return None
    user_id = data.get(SESSION_KEY)
    if user_id is None:
        subject = data.get(SUBJECT_KEY)
        return Access(session_key, UUID(subject), None) if subject else None
    user = User.objects.filter(pk=user_id, is_active=True).first()
    proof = str(data.get(HASH_SESSION_KEY, ""))
    if user is None or not _is_current(user, proof):
        return None
    return Access(session_key, subject_id_of(session, user), user.pk, proof)


def _is_current(user: User, known_hash: str) -> bool:
    """False after a change of password: that signs out every other session."""
    return hmac.compare_digest(known_hash, user.get_session_auth_hash())


def accesses_ended(accesses: Collection[Access]) -> set[Access]:
    """Those that no longer hold; at most two queries per five hundred, so that all can be asked."""
    ended: set[Access] = set()
    remaining = list(accesses)
    while remaining:
        page, remaining = remaining[:PAGE], remaining[PAGE:]
        alive = set(
            Session.objects.filter(
                session_key__in=[access.session_key for access in page],
                expire_date__gt=timezone.now(),
            ).values_list("session_key", flat=True)
        )
        users = User.objects.filter(is_active=True).in_bulk(
            {access.user_id for access in page if access.user_id is not None}
        )
        for access in page:
            user = None if access.user_id is None else users.get(access.user_id)
            is_same = access.user_id is None or (
                user is not None and _is_current(user, access.proof)
            )
            if access.session_key not in alive or not is_same:
                ended.add(access)
    return ended


class Watch:
    """The identities of all sockets of one process; a thread looks at them together."""

    def __init__(self) -> None:
        self._sockets: dict[Callable[[], None], Access] = {}
        self._lock = threading.Lock()

    def add(self, access: Access, on_end: Callable[[], None]) -> None:
        """Have `on_end` called, from any thread, when this identity has ended."""
        with self._lock:
            self._sockets[on_end] = access

    def remove(self, on_end: Callable[[], None]) -> None:
        with self._lock:
            self._sockets.pop(on_end, None)

    def look(self) -> None:
        """Ask the database about all of them; raises its errors."""
        with self._lock:
            sockets = dict(self._sockets)
        ended = accesses_ended(set(sockets.values()))
        for on_end, access in sockets.items():
            if access in ended:
                # The event loop of the socket may be closing just now.
                with suppress(RuntimeError):
                    on_end()


watch = Watch()
"""That of this process."""
