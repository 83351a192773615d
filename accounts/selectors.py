"""Reads of this app."""

from uuid import UUID

from accounts.models import Preferences, User


def preferences_of(user: User) -> Preferences | None:
    """What this person chose; None when they never chose anything."""
    if user.subject_id is None:
        return None
    return preferences_of_subject(user.subject_id)


def preferences_of_subject(subject_id: UUID) -> Preferences | None:
    """The same for a person who may have no account."""
    return Preferences.objects.filter(subject_id=subject_id).first()
