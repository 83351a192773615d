"""The demo's accounts: one per role, with passwords of this installation's own."""

import json
import os
import secrets
from pathlib import Path
from typing import Final, NamedTuple

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import User

DOMAIN: Final = "riverside.example"
SUPERUSER: Final = "admin"
STAFF: Final = ("curator", "agent", "analyst", "compliance")
VISITOR: Final = "visitor"
ROLES: Final = (SUPERUSER, *STAFF, VISITOR)
NAMES: Final = {
    "admin": "Alex Admin",
    "curator": "Casey Curator",
    "agent": "Robin Agent",
    "analyst": "Ariel Analyst",
    "compliance": "Kim Compliance",
    "visitor": "Vivian Visitor",
}


class DemoLogin(NamedTuple):
    """How one role of the demo signs in."""

    role: str
    email: str
    password: str


class NotADemoError(Exception):
    """Accounts with known passwords are made on demo sites only."""


def demo_logins() -> list[DemoLogin]:
    """The log-ins of this installation; empty before they were made and outside of the demo."""
    known = _passwords() if settings.DEMO else {}
    return [
        DemoLogin(role, _email(role), known[_email(role)])
        for role in ROLES
        if _email(role) in known
    ]


def demo_accounts_ensure() -> list[str]:
    """Make the accounts that are missing; returns their addresses.

    An account that exists stays as it is, unless nobody knows its password any more.
    Raises `NotADemoError` where `DEMO` is off.
    """
    if not settings.DEMO:
        raise NotADemoError
    known = _passwords()
    with transaction.atomic():
        existing = set(User.objects.values_list("email", flat=True))
        wanted = [role for role in ROLES if not {_email(role)} <= existing & known.keys()]
        fresh = {_email(role): _new_password() for role in wanted}
        for role in wanted:
            _account_make(role, fresh[_email(role)])
        if fresh:
            # Written before the commit: a password without account is made good by the next run.
            _passwords_write(known | fresh)
    return [_email(role) for role in wanted]


def _account_make(role: str, password: str) -> None:
    email = _email(role)
    user = User.objects.filter(email=email).first() or User(email=email, name=NAMES[role])
    user.is_superuser = role == SUPERUSER
    user.is_staff = role != VISITOR
    user.set_password(password)
    user.save()
    if role in STAFF:
        user.groups.add(Group.objects.get(name=role))
    EmailAddress.objects.update_or_create(
        user=user, email=email, defaults={"verified": True, "primary": True}
    )


def _email(role: str) -> str:
    return f"{role}@{DOMAIN}"


def _new_password() -> str:
    """80 bits in four groups that are easy to read off and type."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    groups = ("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def _file() -> Path:
    return Path(settings.VAR_DIR) / "demo_logins.json"


def _passwords() -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _passwords_write(passwords: dict[str, str]) -> None:
    """Readable by the owner only; whole or not at all."""
    draft = _file().with_suffix(f".{os.getpid()}")
    draft.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(passwords, stream, indent=2)
    draft.replace(_file())
