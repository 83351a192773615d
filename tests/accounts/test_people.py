"""Accounts: one for each address in any case, passwords hashed with Argon2."""

import pytest
from django.contrib.auth.hashers import check_password, identify_hasher, make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.services.identity import subject_ensure
from chatbot_site import settings as site
from chatbot_site.lib.ids import uuid7
from tests.factories import PASSWORD, UserFactory

SPELLINGS = ["alice@example.org", "Alice@example.org", "ALICE@EXAMPLE.ORG"]


@pytest.mark.django_db
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_table_holds_an_address_once(alice: User, spelling: str) -> None:
    with pytest.raises(IntegrityError):
        User.objects.bulk_create([User(email=spelling)])


@pytest.mark.django_db
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_making_an_account_twice_is_refused(alice: User, spelling: str) -> None:
    with pytest.raises(ValidationError):
        User.objects.create_user(spelling, PASSWORD)
    assert User.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_account_is_found_in_any_spelling(alice: User, spelling: str) -> None:
    assert User.objects.get_by_natural_key(spelling) == alice


@pytest.mark.django_db
def test_a_superuser_may_enter_and_do_all() -> None:
    user = User.objects.create_superuser("root@example.org", PASSWORD)
    assert (user.is_staff, user.is_superuser, user.is_active) == (True, True, True)


@pytest.mark.django_db
def test_a_person_with_data_is_not_deleted_by_the_way() -> None:
    user = UserFactory(subject=subject_ensure(uuid7()))
    with pytest.raises(IntegrityError):
        user.subject.delete()
    assert User.objects.filter(pk=user.pk, subject=user.subject).exists()


@pytest.mark.parametrize(
    ("name", "full", "short"),
    [("Alice B.", "Alice B.", "Alice B."), ("", "alice@example.org", "alice")],
)
def test_people_are_called_by_name_or_address(name: str, full: str, short: str) -> None:
    user = User(email="alice@example.org", name=name)
    assert (user.get_full_name(), user.get_short_name(), str(user)) == (
        full,
        short,
        "alice@example.org",
    )


def test_passwords_are_hashed_with_argon2(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = site.PASSWORD_HASHERS
    stored = make_password(PASSWORD)
    assert stored.startswith("argon2$argon2id$")
    assert identify_hasher(stored).algorithm == "argon2"
    assert check_password(PASSWORD, stored)
    assert not check_password(PASSWORD.upper(), stored)
