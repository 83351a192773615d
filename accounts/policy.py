"""Who may do what, by role; which tables a role may change is given by its group's permissions."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.models import User

Person = User | AnonymousUser
"""Whoever a request may come from."""


class Role(TextChoices):
    """Names of the groups that the migration `conversations.0002_roles` makes."""

    CURATOR = "curator", _("Curator")
    AGENT = "agent", _("Agent")
    ANALYST = "analyst", _("Analyst")
    COMPLIANCE = "compliance", _("Compliance officer")


def roles_of(person: Person) -> list[Role]:
    """The roles of an active account, in a fixed order; nobody else has any. One query."""
    if not isinstance(person, User) or not person.is_active:
        return []
    names = set(person.groups.values_list("name", flat=True))
    return [role for role in Role if role in names]


def may_enter_admin(person: Person) -> bool:
    return isinstance(person, User) and person.is_active and person.is_staff
