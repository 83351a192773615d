"""Who is talking: the data subject behind a session, made when there is something to keep."""

from typing import Protocol
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction

from accounts import crypto
from accounts.models import DataKey, Subject, User
from chatbot_site.lib.ids import uuid7

SESSION_KEY = "subject"


class HasIdentity(Protocol):
    """What a request and a socket have in common."""

    session: SessionBase
    user: object


def subject_id_of(session: SessionBase, user: object) -> UUID:
    """The subject of this session; a new visitor gets an id, but no row until something is kept."""
    if isinstance(user, User):
        return user.subject_id or _subject_of_account(user).pk
    known = session.get(SESSION_KEY)
    if known is None:
        known = str(uuid7())
        session[SESSION_KEY] = known
    return UUID(known)


def _subject_of_account(user: User) -> Subject:
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if locked.subject_id is None:
            locked.subject = subject_ensure(uuid7())
            locked.save(update_fields=["subject"])
    user.subject = locked.subject
    assert locked.subject is not None  # noqa: S101 - tells the type checker what was just written
    return locked.subject


def subject_ensure(subject_id: UUID) -> Subject:
    """The subject's row with its key; made once, whoever comes first."""
    with transaction.atomic():
        subject, created = Subject.objects.get_or_create(pk=subject_id)
        if created:
            key_id, wrapped, kek_id = crypto.new_wrapped_key()
            DataKey.objects.create(subject=subject, key_id=key_id, wrapped=wrapped, kek_id=kek_id)
    return subject


def subject_adopt(*, user: User, session: SessionBase) -> None:
    """Give a new account the subject of the session it was made in, if nobody else has it."""
    visitor = session.get(SESSION_KEY)
    if visitor is None or user.subject_id is not None:
        return
    with transaction.atomic():
        subject = subject_ensure(UUID(visitor))
        if not User.objects.filter(subject=subject).exists():
            user.subject = subject
            user.save(update_fields=["subject"])
