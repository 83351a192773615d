"""What every answer tells the browser: trust nobody else, keep nothing, use no device."""

import re

import pytest
from django.test import Client

from accounts.models import User
from tests.conftest import signed_in
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
OPEN = ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/nowhere/"]
OWN = ["/me/", "/accounts/email/", "/accounts/password/change/"]
PROBES = ["/health/live", "/health/ready"]


def policy_of(header: str) -> dict[str, set[str]]:
    """The directives; nonces by that word only."""
    parts = (part.split() for part in header.split(";") if part.strip())
    return {
        name: {re.sub(r"^'nonce-.+'$", "nonce", source) for source in sources}
        for name, *sources in parts
    }


@pytest.mark.parametrize("path", [*OPEN, *OWN, *PROBES])
def test_every_answer_is_guarded(path: str) -> None:
    headers = signed_in(UserFactory()).get(path).headers
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "microphone=()" in headers["Permissions-Policy"]
    assert "geolocation=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize("path", [*OPEN, *OWN, *PROBES])
def test_scripts_and_styles_come_from_us_alone(path: str) -> None:
    policy = policy_of(signed_in(UserFactory()).get(path)["Content-Security-Policy"])
    assert policy["default-src"] == {"'none'"}
    assert policy["script-src"] <= {"'self'", "nonce"}
    assert policy["style-src"] <= {"'self'", "nonce"}
    for name in ("object-src", "base-uri", "frame-ancestors"):
        assert policy[name] == {"'none'"}
    assert policy["form-action"] == {"'self'"}


@pytest.mark.parametrize("path", OPEN)
def test_only_the_admin_may_evaluate_text(path: str) -> None:
    assert "unsafe" not in Client().get(path)["Content-Security-Policy"]


def test_a_refused_admin_page_is_guarded_like_any(alice_client: Client) -> None:
    response = alice_client.get("/admin/login/")
    assert response.status_code == 403
    assert "'none'" in policy_of(response["Content-Security-Policy"])["default-src"]


@pytest.mark.parametrize("path", [*OPEN, *OWN, *PROBES])
def test_no_page_is_kept_by_a_cache(path: str) -> None:
    response = signed_in(UserFactory()).get(path)
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]


def test_style_sheets_may_be_kept(client: Client) -> None:
    response = client.get("/static/css/pages.css")
    response.close()
    assert "max-age" in response["Cache-Control"]
    assert "no-store" not in response["Cache-Control"]


def test_pages_differ_by_language_and_session(client: Client) -> None:
    response = client.get("/accounts/login/", headers={"accept-language": "ar"})
    assert response["Content-Language"] == "ar"
    assert {"Accept-Language", "Cookie"} <= set(re.split(r",\s*", response["Vary"]))


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [
        ("", "", "en"),
        ("", "de-CH,fr;q=0.8", "de"),
        ("ar", "de", "ar"),
        ("tlh", "de", "de"),
        ("", "tlh", "en"),
        ("../../etc", "", "en"),
    ],
)
def test_language_is_the_chosen_one_then_the_browsers(
    client: Client, cookie: str, accepted: str, language: str
) -> None:
    if cookie:
        client.cookies["language"] = cookie
    headers = {"accept-language": accepted} if accepted else {}
    assert client.get("/accounts/login/", headers=headers)["Content-Language"] == language


def test_the_session_is_out_of_reach_of_scripts(client: Client, alice: User) -> None:
    response = client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    session = response.cookies["sessionid"]
    assert (session["httponly"], session["samesite"]) == (True, "Lax")
