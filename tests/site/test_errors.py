"""Error pages: what happened, what was kept, what to do; in the person's language, always."""

import json

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from accounts.models import User
from chatbot_site import errors
from chatbot_site.lib.errors import RateLimitedError, TooLongError
from chatbot_site.urls import *  # noqa: F403 - the site's routes and its error handlers
from chatbot_site.urls import urlpatterns as site_urls
from tests.conftest import signed_in


def broken(request: HttpRequest) -> HttpResponse:
    raise OperationalError("the database is gone")


def bad(request: HttpRequest) -> HttpResponse:
    raise BadRequest


def closed(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


urlpatterns = [
    *(path(f"{prefix}broken/", broken) for prefix in ("", "api/v1/")),
    *(path(f"{prefix}bad/", bad) for prefix in ("", "api/v1/")),
    *(path(f"{prefix}closed/", closed) for prefix in ("", "api/v1/")),
    *site_urls,
]
pytestmark = pytest.mark.usefixtures("extra_routes")


@pytest.fixture
def extra_routes() -> object:
    with override_settings(ROOT_URLCONF=__name__):
        yield


@pytest.fixture
def visitor() -> Client:
    """Has a session cookie; these pages must not look it up, for the database may be gone."""
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "a" * 32
    return client


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ar", "rtl"), ("fr", "ltr")])
def test_a_broken_page_needs_no_database(visitor: Client, language: str, direction: str) -> None:
    visitor.cookies["language"] = language
    response = visitor.get("/broken/")
    html = response.content.decode()
    assert response.status_code == 500
    assert f'<html lang="{language}"' in html
    assert f'dir="{direction}"' in html
    assert html.count("<h1>") == 1
    assert 'href="/"' in html


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status", "title", "kept"),
    [
        ("/bad/", 400, "We could not read that request", "Nothing was changed."),
        ("/closed/", 403, "This page is not open to you", "Nothing was changed."),
        ("/nowhere/", 404, "We can&#x27;t find that page", "Your conversations are kept."),
        ("/broken/", 500, "Something went wrong on our side", "What you sent before is kept."),
    ],
)
def test_pages_say_what_happened_and_what_was_kept(
    path: str, status: int, title: str, kept: str
) -> None:
    response = Client(raise_request_exception=False).get(path)
    html = response.content.decode()
    assert response.status_code == status
    assert f"<h1>{title}</h1>" in html
    assert kept in html
    assert f"Error {status}" in html
    assert "Traceback" not in html
    assert "OperationalError" not in html


@pytest.mark.django_db
def test_only_a_closed_page_offers_the_sign_in(alice: User) -> None:
    def offered(client: Client, path: str) -> bool:
        main = client.get(path).content.decode().partition("<main")[2]
        return 'href="/accounts/login/"' in main

    assert offered(Client(), "/closed/")
    assert not offered(Client(), "/nowhere/")
    assert not offered(signed_in(alice), "/closed/")


@pytest.mark.django_db
def test_a_form_without_token_is_refused_kindly(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/accounts/login/", {"login": alice.email, "password": "x"})
    assert response.status_code == 403
    html = response.content.decode()
    assert "<h1>This page was open for too long</h1>" in html
    assert "nothing was sent" in html


@pytest.mark.django_db
def test_a_host_that_is_not_ours_is_a_bad_request() -> None:
    client = Client(raise_request_exception=False)
    response = client.get("/accounts/login/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "evil.example" not in response.content.decode()


@pytest.mark.django_db
def test_too_many_requests_are_slowed_down() -> None:
    client = Client()
    data = {"email": "a@example.org"}
    for _ in range(5):
        assert client.post("/accounts/password/reset/", data).status_code == 302
    response = client.post("/accounts/password/reset/", data)
    assert response.status_code == 429
    assert "<h1>That was a lot at once</h1>" in response.content.decode()


@pytest.mark.parametrize(
    ("path", "status", "code", "retry"),
    [
        ("/api/v1/bad/", 400, "bad_frame", False),
        ("/api/v1/closed/", 403, "forbidden", False),
        ("/api/nowhere/", 404, "not_found", False),
        ("/api/v1/broken/", 500, "internal", True),
    ],
)
def test_programs_get_a_problem_object(
    visitor: Client, path: str, status: int, code: str, *, retry: bool
) -> None:
    response = visitor.get(path)
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    problem = json.loads(response.content)["error"]
    assert (problem["code"], problem["retry"]) == (code, retry)
    assert sorted(problem) == ["code", "message", "retry"]


def test_a_program_without_token_gets_one_too() -> None:
    request = RequestFactory().post("/api/v1/conversations/")
    response = errors.csrf_failure(request, "no token")
    assert response.status_code == 403
    assert json.loads(response.content)["error"]["code"] == "forbidden"


def test_when_the_error_page_fails_plain_words_are_left(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_template(*args: object) -> str:
        raise TemplateDoesNotExist("errors/error.html")

    monkeypatch.setattr(errors, "render_to_string", no_template)
    response = errors.server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert response.content.decode().startswith("Something went wrong on our side. What you sent")
    assert "the error page failed" in caplog.text


def test_problems_name_field_and_wait() -> None:
    assert errors.problem(TooLongError(field="body"))["error"]["field"] == "body"
    limited = errors.api_exception_handler(RateLimitedError(after_ms=1500), {})
    assert limited is not None
    assert limited.status_code == 429
    assert limited["Retry-After"] == "2"
    assert limited.data["error"]["after_ms"] == 1500
    assert errors.api_exception_handler(ValueError(), {}) is None
