"""The tables of this app, split by what they hold."""

from accounts.models.people import DataKey, Preferences, Subject, User

__all__ = ["DataKey", "Preferences", "Subject", "User"]
