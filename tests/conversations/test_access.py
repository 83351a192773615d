"""Whose socket it is, and that it ends with what proved it: two queries for all of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from conversations.access import Access, Watch, access_of, accesses_ended
from tests.conversations.sockets import account_session, visitor_session

pytestmark = pytest.mark.django_db


def admitted(key: str) -> Access:
    access = access_of(key)
    assert access is not None
    return access


@pytest.fixture
def visitor() -> Access:
    return admitted(visitor_session())


@pytest.fixture
def account(alice: User) -> Access:
    return admitted(account_session(alice))


def test_a_session_proves_who_somebody_is(visitor: Access, account: Access, alice: User) -> None:
    alice.refresh_from_db()
    assert (visitor.user_id, visitor.proof) == (None, "")
    assert (account.user_id, account.subject_id) == (alice.pk, alice.subject_id)
    for key in ("", "nothing", "x" * 500):
        assert access_of(key) is None


def account_of(access: Access) -> QuerySet[User]:
    assert access.user_id is not None
    return User.objects.filter(pk=access.user_id)


def _signed_out(access: Access) -> None:
    SessionStore(access.session_key).delete()


def _expired(_access: Access) -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))


def _new_password(access: Access) -> None:
    user = account_of(access).get()
    user.set_password("another one")
    user.save()


def _deactivated(access: Access) -> None:
    account_of(access).update(is_active=False)


def _deleted(access: Access) -> None:
    account_of(access).delete()


@pytest.mark.parametrize("end", [_signed_out, _expired, _new_password, _deactivated, _deleted])
def test_what_ends_the_identity_of_an_account(
    account: Access, end: Callable[[Access], None]
) -> None:
    assert accesses_ended([account]) == set()
    end(account)
    assert accesses_ended([account]) == {account}
    assert access_of(account.session_key) is None


@pytest.mark.parametrize("end", [_signed_out, _expired])
def test_what_ends_the_identity_of_a_visitor(
    visitor: Access, end: Callable[[Access], None]
) -> None:
    end(visitor)
    assert accesses_ended([visitor]) == {visitor}


def test_all_sockets_cost_two_queries(account: Access, django_assert_num_queries: Any) -> None:
    visitors = [admitted(visitor_session()) for _ in range(20)]
    _signed_out(visitors[7])
    with django_assert_num_queries(2):
        assert accesses_ended([account, *visitors]) == {visitors[7]}
    with django_assert_num_queries(0):
        assert accesses_ended([]) == set()


def test_only_the_sockets_of_the_ended_are_told(visitor: Access, account: Access) -> None:
    watch, told = Watch(), []
    watch.add(visitor, lambda: told.append("visitor"))

    def closing() -> None:
        told.append("closing")
        raise RuntimeError("Event loop is closed")

    watch.add(account, closing)
    left = lambda: told.append("left")  # noqa: E731 - it must be the same object twice
    watch.add(account, left)
    watch.remove(left)
    watch.look()
    assert told == []
    _deactivated(account)
    watch.look()
    assert told == ["closing"]
    _signed_out(visitor)
    watch.look()
    assert sorted(told) == ["closing", "closing", "visitor"]
