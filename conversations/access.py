"""Who is behind a socket, and whether that still holds (R7): logout and the like end sockets."""

import hmac
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from accounts.models import User
from accounts.services.identity import SESSION_KEY as SUBJECT_KEY
from accounts.services.identity import subject_id_of

RECHECK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Access:
    """An identity proved by a session."""

    session_key: str
    subject_id: UUID
    user_id: int | None


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
    if user is None or not _is_current(user, str(data.get(HASH_SESSION_KEY, ""))):
        return None
    return Access(session_key, subject_id_of(session, user), user.pk)


def _is_current(user: User, known_hash: str) -> bool:
    """False after a change of password: that signs out every other session."""
    return hmac.compare_digest(known_hash, user.get_session_auth_hash())
