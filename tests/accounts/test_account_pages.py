"""Sign-in and its relatives: every step, in words that say what to do, in both directions."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.forms import SignUpForm
from accounts.models import User
from tests.conftest import signed_in
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "another horse, another battery"

OPEN_PAGES = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-abc-def/",
    "/accounts/password/reset/key/done/",
    "/accounts/inactive/",
    "/accounts/confirm-email/",
    "/accounts/confirm-email/nonsense/",
]
OWN_PAGES = [
    "/me/",
    "/accounts/email/",
    "/accounts/logout/",
    "/accounts/password/change/",
    "/accounts/reauthenticate/",
]


def link_in(message: EmailMessage) -> str:
    """The path that the mail asks to open."""
    found = re.findall(r"^http://testserver(/\S+)$", str(message.body), re.MULTILINE)
    assert len(found) == 1, message.body
    return str(found[0])


def sign_in(client: Client, email: str, password: str = PASSWORD) -> int:
    data = {"login": email, "password": password}
    return client.post("/accounts/login/", data).status_code


@pytest.mark.parametrize("path", OPEN_PAGES)
@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ar", "rtl")])
def test_open_pages_stand_in_our_frame(
    client: Client, path: str, language: str, direction: str
) -> None:
    client.cookies["language"] = language
    response = client.get(path)
    assert response.status_code == 200
    html = response.content.decode()
    assert f'<html lang="{language}"' in html
    assert f'dir="{direction}"' in html
    assert html.count("<h1>") == 1
    assert "css/pages.css" in html


@pytest.mark.parametrize("path", OWN_PAGES)
def test_own_pages(alice_client: Client, path: str) -> None:
    response = alice_client.get(path)
    assert response.status_code == 200
    assert response.content.decode().count("<h1>") == 1


@pytest.mark.parametrize("path", [path for path in OWN_PAGES if "logout" not in path])
def test_own_pages_ask_strangers_to_sign_in(client: Client, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={path}")


def test_sign_in_leads_back_to_where_one_was(client: Client, alice: User) -> None:
    data = {"login": alice.email.upper(), "password": PASSWORD, "next": "/me/"}
    response = client.post("/accounts/login/", data)
    assert (response.status_code, response["Location"]) == (302, "/me/")


def test_sign_in_never_leads_to_another_site(client: Client, alice: User) -> None:
    data = {"login": alice.email, "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/accounts/login/", data)["Location"] == "/"


def test_a_wrong_password_is_said_once_with_the_focus(client: Client, alice: User) -> None:
    response = client.post("/accounts/login/", {"login": alice.email, "password": "wrong"})
    html = response.content.decode()
    assert response.status_code == 200
    assert len(re.findall(r'role="alert" tabindex="-1" autofocus', html)) == 1
    assert "This address and password don&#x27;t belong together." in html
    assert f'value="{alice.email}"' in html
    assert "wrong" not in re.findall(r'name="password"[^>]*', html)[0]
    assert "_auth_user_id" not in client.session


def test_an_unknown_address_looks_like_a_wrong_password(client: Client, alice: User) -> None:
    answers = [
        client.post("/accounts/login/", {"login": email, "password": "wrong"}).content.decode()
        for email in (alice.email, "nobody@example.org")
    ]
    texts = [re.findall(r'role="alert".*?</form>', html, re.DOTALL)[0] for html in answers]
    assert texts[0].replace(alice.email, "nobody@example.org") == texts[1]


def test_the_first_wrong_field_has_focus_and_error(client: Client) -> None:
    response = client.post("/accounts/signup/", {"email": "no address", "password1": "1234"})
    html = response.content.decode()
    fields = {name: tag for tag, name in re.findall(r'(<input[^>]*name="(\w+)"[^>]*>)', html)}
    assert "autofocus" in fields["email"]
    assert "autofocus" not in fields["password1"]
    for name in ("email", "password1"):
        assert 'aria-invalid="true"' in fields[name]
        described = re.findall(r'aria-describedby="([^"]*)"', fields[name])[0].split()
        assert f"id_{name}_error" in described
        assert all(f'id="{one}"' in html for one in described)
    assert User.objects.count() == 0


def test_browsers_know_what_to_fill_in(client: Client) -> None:
    def autocomplete(path: str, browser: Client = client) -> dict[str, str]:
        html = browser.get(path).content.decode()
        return {
            name: re.findall(r'autocomplete="([^"]*)"', tag)[0]
            for tag, name in re.findall(r'(<input[^>]*name="(\w+)"[^>]*>)', html)
            if "autocomplete" in tag
        }

    assert autocomplete("/accounts/login/") == {"login": "username", "password": "current-password"}
    assert autocomplete("/accounts/signup/") == {"email": "email", "password1": "new-password"}
    assert autocomplete("/accounts/password/change/", signed_in(UserFactory())) == {
        "oldpassword": "current-password",
        "password1": "new-password",
        "password2": "new-password",
    }


def test_rules_for_passwords_stand_beside_the_field(client: Client) -> None:
    html = client.get("/accounts/signup/").content.decode()
    rules = re.findall(r'id="id_password1_helptext">(.*?)</div>', html, re.DOTALL)[0]
    assert rules.count("<li>") == 3
    assert "at least 8 characters" in rules


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("new@example.org", "1234567"),
        ("new@example.org", "password1"),
        ("newperson@example.org", "newperson"),
        (
            "x" * 60 + "@" + "y" * 60 + "." + "z" * 60 + "." + "w" * 60 + "." + "v" * 20 + ".org",
            PASSWORD,
        ),
        ("", PASSWORD),
    ],
    ids=["short", "common", "like the address", "longer than the table", "no address"],
)
def test_a_refused_sign_up_makes_nothing(client: Client, email: str, password: str) -> None:
    response = client.post("/accounts/signup/", {"email": email, "password1": password})
    assert response.status_code == 200
    assert (User.objects.count(), len(mail.outbox)) == (0, 0)


def test_sign_up_welcomes_and_confirms_the_address(client: Client, settings: Settings) -> None:
    settings.SITE_NAME = "Riverside & Sons"
    client.post("/accounts/signup/", {"email": "New@Example.org", "password1": PASSWORD})
    user = User.objects.get()
    assert user.email == "new@example.org"
    assert [message.to for message in mail.outbox] == [["new@example.org"]]
    assert mail.outbox[0].subject == "Welcome to Riverside & Sons: please confirm your address"
    path = link_in(mail.outbox[0])
    assert "Does the address <bdi>new@example.org</bdi> belong to you?" in (
        Client().get(path).content.decode()
    )
    assert not EmailAddress.objects.get().verified, "looking at the link confirms nothing"
    assert client.post(path)["Location"] == "/me/"
    assert EmailAddress.objects.get().verified
    assert "The address new@example.org is confirmed." in client.get("/me/").content.decode()


def test_an_address_that_is_taken_is_said_beside_the_field(client: Client, alice: User) -> None:
    response = client.post(
        "/accounts/signup/", {"email": "ALICE@example.org", "password1": PASSWORD}
    )
    assert response.status_code == 200
    assert "There is already an account with this address." in response.content.decode()
    assert User.objects.count() == 1


class SlowerSignUp(SignUpForm):
    """Found the address free, but another request has taken it before this one saves."""

    def save(self, request: HttpRequest) -> User:
        UserFactory(email=self.cleaned_data["email"])
        saved: User = super().save(request)
        return saved


def test_the_second_of_two_clicks_ends_at_the_sign_in(client: Client, settings: Settings) -> None:
    settings.ACCOUNT_FORMS = settings.ACCOUNT_FORMS | {"signup": f"{__name__}.SlowerSignUp"}
    response = client.post("/accounts/signup/", {"email": "new@example.org", "password1": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/")


def test_reset_goes_from_the_question_to_the_new_password(client: Client, alice: User) -> None:
    elsewhere = signed_in(alice)
    response = client.post("/accounts/password/reset/", {"email": "ALICE@example.org"})
    assert response["Location"] == "/accounts/password/reset/done/"
    assert [message.to for message in mail.outbox] == [[alice.email]]
    form = client.get(link_in(mail.outbox[0]))
    page = client.get(form["Location"]).content.decode()
    assert "Choose a new password" in page
    wrong = client.post(form["Location"], {"password1": NEW_PASSWORD, "password2": "other"})
    assert "You must type the same password each time." in wrong.content.decode()
    done = client.post(form["Location"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    assert done["Location"] == "/accounts/password/reset/key/done/"
    alice.refresh_from_db()
    assert alice.check_password(NEW_PASSWORD)
    assert elsewhere.get("/me/").status_code == 302, "other devices are signed out"
    assert [message.subject for message in mail.outbox[1:]] == ["Your password was reset"]
    again = client.get(link_in(mail.outbox[0]), follow=True)
    assert "This link no longer works" in again.content.decode()


def test_reset_does_not_tell_who_has_an_account(client: Client, alice: User) -> None:
    answers = []
    for email in (alice.email, "nobody@example.org"):
        response = client.post("/accounts/password/reset/", {"email": email}, follow=True)
        page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
        answers.append((response.status_code, response.redirect_chain, page))
    assert answers[0] == answers[1]
    assert [message.subject for message in mail.outbox] == [
        "Your new password",
        "There is no account with this address",
    ]
    assert link_in(mail.outbox[1]) == "/accounts/signup/"


def test_a_reset_in_arabic_is_written_to_that_person(client: Client, alice: User) -> None:
    client.cookies["language"] = "ar"
    client.post("/accounts/password/reset/", {"email": alice.email})
    assert link_in(mail.outbox[0]).startswith("/accounts/password/reset/key/")


def test_a_changed_password_signs_out_the_rest(alice_client: Client, alice: User) -> None:
    elsewhere = signed_in(alice)
    data = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert alice_client.post("/accounts/password/change/", data)["Location"] == "/me/"
    page = alice_client.get("/me/")
    assert "Your password is changed. Other devices are signed out." in page.content.decode()
    assert elsewhere.get("/me/").status_code == 302
    assert [message.subject for message in mail.outbox] == ["Your password was changed"]
    assert "127.0.0.1" in str(mail.outbox[0].body)


def test_a_wrong_old_password_changes_nothing(alice_client: Client, alice: User) -> None:
    data = {"oldpassword": "wrong", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    page = alice_client.post("/accounts/password/change/", data).content.decode()
    assert "This is not your current password." in page
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert mail.outbox == []


def test_an_account_without_password_sets_one(alice: User) -> None:
    alice.set_unusable_password()
    alice.save()
    client = signed_in(alice)
    assert client.get("/accounts/password/change/")["Location"] == "/accounts/password/set/"
    data = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert client.post("/accounts/password/set/", data)["Location"] == "/me/"
    alice.refresh_from_db()
    assert alice.check_password(NEW_PASSWORD)


def proven(alice: User) -> Client:
    """Alice in a browser where she has just typed her password once more."""
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    client = signed_in(alice)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def test_the_address_changes_when_the_new_one_is_confirmed(alice: User) -> None:
    client = proven(alice)
    client.post("/accounts/email/", {"email": "Alice@new.example", "action_add": "1"})
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"
    page = client.get("/accounts/email/").content.decode()
    assert "Waiting to be confirmed" in page
    assert "Keep the old address" in page
    client.post(link_in(mail.outbox[0]))
    alice.refresh_from_db()
    assert alice.email == "alice@new.example"
    assert list(EmailAddress.objects.values_list("email", flat=True)) == ["alice@new.example"]
    assert [(m.to, m.subject) for m in mail.outbox[1:]] == [
        (["alice@example.org"], "Your e-mail address was changed")
    ]


def test_keeping_the_old_address_drops_the_new_one(alice: User) -> None:
    client = proven(alice)
    client.post("/accounts/email/", {"email": "alice@new.example", "action_add": "1"})
    client.post("/accounts/email/", {"email": "alice@new.example", "action_remove": "1"})
    assert list(EmailAddress.objects.values_list("email", flat=True)) == ["alice@example.org"]


def test_a_change_of_address_asks_for_the_password(alice_client: Client) -> None:
    response = alice_client.post(
        "/accounts/email/", {"email": "alice@new.example", "action_add": "1"}
    )
    assert response["Location"] == "/accounts/reauthenticate/?next=%2Faccounts%2Femail%2F"
    assert not EmailAddress.objects.filter(email="alice@new.example").exists()
    wrong = alice_client.post(response["Location"], {"password": "wrong"})
    assert "This is not your password." in wrong.content.decode()
    alice_client.post(response["Location"], {"password": PASSWORD})
    assert EmailAddress.objects.filter(email="alice@new.example").exists(), "the request goes on"


def test_a_closed_account_is_told_so(client: Client) -> None:
    user = UserFactory(is_active=False)
    data = {"login": user.email, "password": PASSWORD}
    response = client.post("/accounts/login/", data, follow=True)
    assert response.redirect_chain == [("/accounts/inactive/", 302)]
    assert "This account is closed" in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_without_keep_me_signed_in_the_browser_forgets(client: Client, alice: User) -> None:
    sign_in(client, alice.email)
    assert client.session.get_expire_at_browser_close()
    remembered = Client()
    data = {"login": alice.email, "password": PASSWORD, "remember": "on"}
    remembered.post("/accounts/login/", data)
    assert remembered.session.get_expiry_age() == pytest.approx(30 * 24 * 3600, abs=5)
    assert Session.objects.count() == 2


def test_guessing_passwords_is_slowed_down(client: Client, alice: User) -> None:
    for _ in range(5):
        sign_in(client, alice.email, "wrong")
    response = client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert "There were too many attempts." in response.content.decode()
    assert "_auth_user_id" not in client.session


class DeadMailServer(BaseEmailBackend):
    """Nobody answers."""

    def send_messages(self, email_messages: object) -> int:
        raise ConnectionRefusedError


def test_a_dead_mail_server_costs_no_sign_up(client: Client, settings: Settings) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.DeadMailServer"
    response = client.post("/accounts/signup/", {"email": "new@example.org", "password1": PASSWORD})
    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(User.objects.get().pk)
    assert "We could not send you an e-mail just now." in client.get("/me/").content.decode()


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", "127.0.0.1"),
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.7, 203.0.113.9", "198.51.100.7"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_notices_name_the_address_that_trusted_proxies_saw(
    alice_client: Client, settings: Settings, proxies: int, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    data = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    alice_client.post("/accounts/password/change/", data, headers=headers)
    assert f"From: {address}\n" in str(mail.outbox[0].body)


def test_signing_out_clears_what_the_browser_keeps(alice_client: Client) -> None:
    answer = alice_client.post(reverse("account_logout"))
    assert answer["Clear-Site-Data"] == '"storage"'
    assert "Clear-Site-Data" not in alice_client.get(reverse("account_login"))
