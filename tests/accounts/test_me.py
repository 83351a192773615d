"""A person's own settings: kept with the account, told to the browser."""

from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Preferences, Subject, User
from accounts.selectors import preferences_of
from accounts.services.preferences import name_update, preferences_update
from chatbot_site.lib.ids import uuid7
from tests.conftest import signed_in
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def save(client: Client, **changed: str) -> dict[str, str]:
    """Send the form; the cookies that came back."""
    data = {"name": "Alice", "language": "fr", "theme": "dark"} | changed
    response = client.post("/me/", data)
    assert (response.status_code, response["Location"]) == (302, "/me/")
    return {name: response.cookies[name].value for name in ("language", "theme")}


def chosen_by(user: User) -> tuple[str, str]:
    preferences = preferences_of(User.objects.get(pk=user.pk))
    assert preferences is not None
    return preferences.language, preferences.theme


def test_what_is_saved_is_kept_and_shown(alice_client: Client, alice: User) -> None:
    assert save(alice_client, name="  Alice B. ") == {"language": "fr", "theme": "dark"}
    assert chosen_by(alice) == ("fr", "dark")
    alice.refresh_from_db()
    assert alice.name == "Alice B."
    page = alice_client.get("/me/").content.decode()
    assert '<html lang="fr"' in page
    assert 'data-theme="dark"' in page
    assert '<option value="fr" selected>Français</option>' in page
    assert 'value="Alice B."' in page


def test_no_choice_means_no_cookie(alice_client: Client, alice: User) -> None:
    save(alice_client)
    assert save(alice_client, language="", theme="system") == {"language": "", "theme": ""}
    assert chosen_by(alice) == ("", "system")
    assert alice_client.cookies["theme"]["max-age"] == 0


@pytest.mark.parametrize(
    "wrong", [{"language": "tlh"}, {"theme": "pink"}, {"name": "x" * 151}, {"theme": ""}]
)
def test_a_wrong_choice_changes_nothing(
    alice_client: Client, alice: User, wrong: dict[str, str]
) -> None:
    save(alice_client)
    data = {"name": "Other", "language": "ar", "theme": "light"} | wrong
    response = alice_client.post("/me/", data)
    assert response.status_code == 200
    assert 'aria-invalid="true"' in response.content.decode()
    assert chosen_by(alice) == ("fr", "dark")
    alice.refresh_from_db()
    assert alice.name == "Alice"


def test_a_stranger_changes_nothing_of_others(
    alice_client: Client, charlie_client: Client, alice: User
) -> None:
    save(alice_client)
    save(charlie_client, name="Charlie", language="de")
    assert chosen_by(alice) == ("fr", "dark")
    assert Preferences.objects.count() == 2


def test_visitors_are_sent_to_the_sign_in(client: Client) -> None:
    response = client.post("/me/", {"name": "x", "language": "fr", "theme": "dark"})
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/me/")
    assert (Preferences.objects.count(), Subject.objects.count()) == (0, 0)


def test_sign_in_brings_language_and_appearance(client: Client, alice: User) -> None:
    save(signed_in(alice), language="ar")
    client.cookies["language"] = "de"
    response = client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert response.cookies["language"].value == "ar"
    assert response.cookies["theme"].value == "dark"
    assert response.cookies["language"]["samesite"] == "Lax"
    assert 'dir="rtl"' in client.get("/me/").content.decode()


def test_sign_in_of_who_never_chose_leaves_the_browser_alone(client: Client, alice: User) -> None:
    client.cookies["language"] = "de"
    response = client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert not {"language", "theme"} & set(response.cookies)


def test_staff_see_their_roles_and_the_way_to_the_admin(
    bob_client: Client, alice_client: Client
) -> None:
    page = bob_client.get("/me/").content.decode()
    assert "<dd>Curator</dd>" in page
    assert 'href="/admin/"' in page
    page = alice_client.get("/me/").content.decode()
    assert "Your roles" not in page
    assert 'href="/admin/"' not in page


def test_a_closed_account_has_no_roles() -> None:
    client = signed_in(user := UserFactory(role="agent"))
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/me/").status_code == 302


def test_only_offered_languages_can_be_chosen(alice_client: Client, settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "German")]
    page = alice_client.get("/me/").content.decode()
    assert [
        code for code in ("en", "es", "fr", "de", "ar") if f'<option value="{code}"' in page
    ] == [
        "en",
        "de",
    ]


# ── The services behind it ───────────────────────────────────────────────────────────────────────
def test_a_visitor_can_have_preferences_too() -> None:
    visitor: UUID = uuid7()
    assert preferences_update(subject_id=visitor, theme="dark").theme == "dark"
    changed = preferences_update(subject_id=visitor, language="ar")
    assert (changed.language, changed.theme) == ("ar", "dark")
    assert Preferences.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"), [({"language": "tlh"}, "language"), ({"theme": "pink"}, "theme")]
)
def test_what_the_site_lacks_is_refused(wrong: dict[str, str], field: str) -> None:
    visitor = uuid7()
    with pytest.raises(ValidationError) as refusal:
        preferences_update(subject_id=visitor, **wrong)
    assert list(refusal.value.message_dict) == [field]
    assert (Preferences.objects.count(), Subject.objects.count()) == (0, 0)


def test_a_name_that_is_too_long_is_refused(alice: User) -> None:
    with pytest.raises(ValidationError):
        name_update(user=alice, name="x" * 151)
    alice.refresh_from_db()
    assert alice.name == "Alice"
