"""Who is talking: visitors by their session, people by their account, never one as the other."""

from uuid import UUID

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import DataKey, Subject, User
from accounts.services.identity import SESSION_KEY, subject_adopt, subject_ensure, subject_id_of
from chatbot_site.lib.ids import uuid7
from conversations.models import Conversation
from tests.factories import PASSWORD, ConversationFactory, SubjectFactory, UserFactory

pytestmark = pytest.mark.django_db
SIGN_UP = {"email": "new@example.org", "password1": PASSWORD}


def sign_in(client: Client, email: str, password: str = PASSWORD) -> int:
    return client.post(
        "/accounts/login/", {"login": email, "password": password}, follow=False
    ).status_code


def visitor_with_conversation(client: Client) -> tuple[UUID, Conversation]:
    """A visitor who has talked; the session is theirs."""
    session = client.session
    subject_id = subject_id_of(session, AnonymousUser())
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    return subject_id, ConversationFactory(subject=subject_ensure(subject_id))


def subject_now(client: Client) -> UUID:
    """Whom the site takes the owner of this browser for."""
    session = client.session
    user_id = session.get("_auth_user_id")
    user = User.objects.get(pk=user_id) if user_id else AnonymousUser()
    return subject_id_of(session, user)


def test_a_visitor_is_the_same_for_the_whole_session_and_has_no_row() -> None:
    session = SessionStore()
    first = subject_id_of(session, AnonymousUser())
    assert subject_id_of(session, AnonymousUser()) == first
    assert session[SESSION_KEY] == str(first)
    assert Subject.objects.count() == 0


def test_two_visitors_differ() -> None:
    ids = {subject_id_of(SessionStore(), AnonymousUser()) for _ in range(3)}
    assert len(ids) == 3


def test_an_account_has_one_subject_whatever_the_session_says() -> None:
    user = UserFactory()
    session = SessionStore()
    session[SESSION_KEY] = str(uuid7())
    first = subject_id_of(session, user)
    assert first != UUID(session[SESSION_KEY])
    assert subject_id_of(SessionStore(), User.objects.get(pk=user.pk)) == first
    assert DataKey.objects.filter(subject=first).count() == 1


def test_a_row_and_a_key_are_made_once() -> None:
    subject_id = uuid7()
    assert subject_ensure(subject_id) == subject_ensure(subject_id)
    assert (Subject.objects.count(), DataKey.objects.count()) == (1, 1)


def test_who_signs_up_keeps_the_conversation(client: Client) -> None:
    subject_id, conversation = visitor_with_conversation(client)
    old_session = client.session.session_key
    response = client.post("/accounts/signup/", SIGN_UP)
    assert (response.status_code, response["Location"]) == (302, "/")
    user = User.objects.get(email="new@example.org")
    assert user.subject_id == subject_id == subject_now(client)
    conversation.refresh_from_db()
    assert conversation.subject == user.subject
    assert client.session.session_key != old_session
    assert not Session.objects.filter(session_key=old_session).exists()


def test_who_signs_up_without_having_talked_has_a_subject_at_once(client: Client) -> None:
    client.post("/accounts/signup/", SIGN_UP)
    user = User.objects.get(email="new@example.org")
    assert subject_now(client) == User.objects.get(pk=user.pk).subject_id
    assert Subject.objects.count() == 1


def test_a_planted_session_name_is_not_taken_over(client: Client) -> None:
    client.cookies[settings.SESSION_COOKIE_NAME] = "chosenbytheattacker0123456789abc"
    client.post("/accounts/signup/", SIGN_UP)
    assert client.session.session_key != "chosenbytheattacker0123456789abc"
    assert client.session["_auth_user_id"] == str(User.objects.get().pk)


def test_whoever_planted_a_real_session_is_left_outside(client: Client) -> None:
    attacker = Client()
    subject_id, _conversation = visitor_with_conversation(attacker)
    planted = str(attacker.session.session_key)
    client.cookies[settings.SESSION_COOKIE_NAME] = planted
    client.post("/accounts/signup/", SIGN_UP)
    assert User.objects.get().subject_id == subject_id
    assert attacker.get("/me/").status_code == 302
    assert subject_now(attacker) != subject_id


def test_signing_in_does_not_take_a_foreign_subject(client: Client, alice: User) -> None:
    own = subject_id_of(SessionStore(), alice)
    visitor, conversation = visitor_with_conversation(client)
    assert sign_in(client, alice.email) == 302
    alice.refresh_from_db()
    assert alice.subject_id == own == subject_now(client)
    conversation.refresh_from_db()
    assert conversation.subject_id == visitor


def test_a_first_sign_in_makes_a_new_subject(client: Client, alice: User) -> None:
    visitor, _conversation = visitor_with_conversation(client)
    assert alice.subject_id is None
    sign_in(client, alice.email)
    assert subject_now(client) != visitor
    assert not User.objects.filter(subject=visitor).exists()


def test_a_subject_that_has_an_account_is_not_adopted_twice() -> None:
    subject = SubjectFactory()
    owner = UserFactory(subject=subject)
    second = UserFactory()
    session = SessionStore()
    session[SESSION_KEY] = str(subject.pk)
    subject_adopt(user=second, session=session)
    second.refresh_from_db()
    owner.refresh_from_db()
    assert (owner.subject, second.subject) == (subject, None)


def test_a_failed_sign_up_adopts_nothing(client: Client, alice: User) -> None:
    visitor, _conversation = visitor_with_conversation(client)
    response = client.post(
        "/accounts/signup/", {"email": "ALICE@example.org", "password1": PASSWORD}
    )
    assert response.status_code == 200
    alice.refresh_from_db()
    assert (User.objects.count(), alice.subject_id) == (1, None)
    assert subject_now(client) == visitor


def test_signing_out_makes_a_new_visitor(client: Client, alice: User) -> None:
    sign_in(client, alice.email)
    before = subject_now(client)
    old_session = client.session.session_key
    response = client.post("/accounts/logout/")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert SESSION_KEY not in client.session
    assert subject_now(client) != before
    assert not Session.objects.filter(session_key=old_session).exists()


def test_signing_out_by_a_link_only_asks(alice_client: Client) -> None:
    assert alice_client.get("/accounts/logout/").status_code == 200
    assert "_auth_user_id" in alice_client.session
