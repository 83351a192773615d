"""What the API refuses whatever is asked: strangers, forged requests, odd envelopes."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import translation
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from accounts.models import User
from accounts.services.identity import subject_id_of
from chatbot_site.lib.errors import NotFoundError
from conversations.api import urls
from conversations.api.base import ApiView
from conversations.models import Conversation, Feedback, Message
from conversations.services.conversations import conversation_open
from tests.conversations.api_bot import Api, Mind, refusal, running_bot
from tests.factories import ConversationFactory, MessageFactory

pytestmark = pytest.mark.django_db
HEADER = "X-CSRFToken"


@pytest.fixture(autouse=True)
def bot(monkeypatch: pytest.MonkeyPatch, db: None) -> Any:
    return running_bot(monkeypatch, Mind())


@pytest.fixture
def theirs(alice: User, bot: Any) -> str:
    """A conversation of Alice with a question and an answer."""
    subject_id_of(Client().session, alice)
    row = ConversationFactory(subject=alice.subject, bot=bot)
    MessageFactory(conversation=row)
    MessageFactory(conversation=row, author="bot", client_id=None, text="From 8 to 18.")
    return str(row.pk)


@pytest.fixture
def promised(alice: User, bot: Any) -> str:
    """A conversation that Alice opened and said nothing in."""
    subject = subject_id_of(Client().session, alice)
    return str(conversation_open(subject_id=subject, bot=bot, language="en").id)


def stored() -> tuple[int, int, int]:
    return Conversation.objects.count(), Message.objects.count(), Feedback.objects.count()


Route = tuple[str, str, Any]
ROUTES: list[Route] = [
    ("post", "conversations/{}/messages/", {"body": "Hello"}),
    ("get", "conversations/{}/events/", None),
    ("get", "conversations/{}/events/?before=9", None),
    ("get", "conversations/{}/events/?wait=25", None),
    ("head", "conversations/{}/events/", None),
    ("post", "conversations/{}/messages/2/feedback/", {"value": "up"}),
]


def call(api: Api, method: str, path: str, body: Any) -> Any:
    if body is None:
        return getattr(api.client, method)(f"/api/v1/{path}")
    return api.call(method, path, body, Idempotency_Key=str(uuid4()))


def test_every_route_of_a_conversation_is_tried() -> None:
    tried = {path.partition("?")[0].replace("/2/", "/{}/") for _method, path, _body in ROUTES}
    names = ["api_messages", "api_events", "api_feedback"]
    conv = uuid4()
    shown = [reverse(name, args=[conv, 7] if name == "api_feedback" else [conv]) for name in names]
    assert {
        path.removeprefix("/api/v1/").replace(str(conv), "{}").replace("/7/", "/{}/")
        for path in shown
    } == tried
    assert sum("conversation_id" in str(route.pattern) for route in urls.urlpatterns) == len(names)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("caller", ["a stranger", "nobody", "somebody anonymous"])
@pytest.mark.parametrize("whose", ["theirs", "promised", "nobody's"])
def test_what_is_not_yours_is_not_found(
    request: pytest.FixtureRequest, charlie: User, route: Route, caller: str, whose: str
) -> None:
    method, path, body = route
    conv = str(uuid4()) if whose == "nobody's" else request.getfixturevalue(whose)
    api = Api(charlie if caller == "a stranger" else None)
    if caller == "somebody anonymous":
        api.get("me/")
    before = stored()
    answer = call(api, method, path.format(conv), body)
    assert answer.status_code == 404
    if method != "head":
        problem = {"code": "not_found", "retry": False, "message": str(NotFoundError.message)}
        assert answer.json() == {"error": problem}
    assert stored() == before


def test_the_owner_gets_what_others_do_not(alice: User, theirs: str, promised: str) -> None:
    api = Api(alice)
    assert len(api.get(f"conversations/{theirs}/events/").json()["events"]) == 2
    assert api.get(f"conversations/{promised}/events/").json()["events"] == []
    answer = api.post(f"conversations/{theirs}/messages/2/feedback/", {"value": "up"})
    assert answer.status_code == 204


CHANGES: list[Route] = [
    ("post", "conversations/", {}),
    *[route for route in ROUTES if route[0] == "post"],
    ("patch", "me/preferences/", {"theme": "dark"}),
]


@pytest.mark.parametrize("route", CHANGES)
@pytest.mark.parametrize("caller", ["alice", "a visitor"])
@pytest.mark.parametrize("token", ["", "x" * 32])
def test_a_forged_request_changes_nothing(
    alice: User, theirs: str, route: Route, caller: str, token: str
) -> None:
    method, path, body = route
    api = Api(alice if caller == "alice" else None, csrf=True)
    api.get("me/")
    before = stored()
    headers = {"X_CSRFToken": token} if token else {}
    answer = api.call(method, path.format(theirs), body, Idempotency_Key=str(uuid4()), **headers)
    assert refusal(answer) == (403, "forbidden", HEADER)
    assert stored() == before
    assert "theme" not in answer.cookies


@pytest.mark.parametrize("caller", ["alice", "a visitor"])
def test_the_token_of_the_cookie_opens_the_door(alice: User, caller: str) -> None:
    api = Api(alice if caller == "alice" else None, csrf=True)
    token = api.get("me/").cookies["csrftoken"].value
    answer = api.call("post", "conversations/", {}, X_CSRFToken=token)
    assert answer.status_code == 201
    UUID(answer.json()["id"])


def test_nothing_is_read_of_a_body_that_is_too_large() -> None:
    api = Api()
    answer = api.client.post(
        "/api/v1/conversations/", b" " * (64 * 1024 + 1), content_type="application/json"
    )
    assert refusal(answer) == (413, "too_long", "")
    fits = b'{"bot": "clinic"' + b" " * (64 * 1024 - 17) + b"}"
    answer = api.client.post("/api/v1/conversations/", fits, content_type="application/json")
    assert answer.status_code == 201


def test_a_body_says_how_long_it_is() -> None:
    answer = Api().client.post(
        "/api/v1/conversations/",
        b'{"bot": "other"}',
        content_type="application/json",
        CONTENT_LENGTH="",
        HTTP_TRANSFER_ENCODING="chunked",
    )
    assert refusal(answer) == (400, "bad_frame", "Content-Length")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "x" * 999,
    ],
)
def test_bodies_are_json(content_type: str) -> None:
    answer = Api().client.post("/api/v1/conversations/", b"bot=clinic", content_type=content_type)
    assert refusal(answer) == (415, "bad_frame", "Content-Type")


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[]",
        b"7",
        b"null",
        b'{"bot": NaN}',
        b"\xff",
        b"[" * 60_000,
        b'{"bot": 9' + b"9" * 9000,
    ],
)
def test_bodies_are_good_json(raw: bytes) -> None:
    answer = Api().client.post("/api/v1/conversations/", raw, content_type="application/json")
    assert refusal(answer) == (400, "bad_frame", "body")


@pytest.mark.parametrize("method", ["put", "delete", "options", "trace"])
def test_methods_that_are_not_there(method: str) -> None:
    answer = getattr(Api().client, method)("/api/v1/conversations/")
    assert refusal(answer) == (405, "bad_frame", "")
    assert answer["Allow"] == "GET, HEAD, POST"


def test_an_unknown_bot_is_named() -> None:
    assert refusal(Api().post("conversations/", {"bot": "other"})) == (404, "not_found", "bot")


@pytest.mark.parametrize("path", ["", "nothing/", "conversations/7/events/", "conversations/x/"])
def test_addresses_that_are_not_there_answer_in_the_same_shape(path: str) -> None:
    assert refusal(Api().get(path)) == (404, "not_found", "")


def test_whatever_a_client_would_rather_have_it_gets_json() -> None:
    answer = Api().client.get("/api/v1/bots/?format=xml", headers={"Accept": "text/html"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


def test_refusals_speak_the_language_of_the_request() -> None:
    answer = Api(Accept_Language="de").get(f"conversations/{uuid4()}/events/")
    with translation.override("de"):
        assert answer.json()["error"]["message"] == str(NotFoundError.message)
    assert answer["Content-Language"] == "de"


class Failing(ApiView):
    """Fails as it is told."""

    authentication_classes = ()
    error: Exception = ValueError("a secret")

    def get(self, _request: Any) -> Any:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(ValueError("a secret"), 500, "internal"), (OperationalError("a secret"), 503, "busy")],
)
def test_what_nobody_foresaw_is_logged_and_not_told(
    caplog: pytest.LogCaptureFixture, error: Exception, status: int, code: str
) -> None:
    view: type[APIView] = Failing
    answer = view.as_view(error=error)(APIRequestFactory().get("/"))
    answer.render()
    problem = answer.data["error"]
    assert (answer.status_code, problem["code"], problem["retry"]) == (status, code, True)
    assert b"secret" not in answer.content
    assert answer["Cache-Control"] == "no-store"
    assert len(caplog.records) == 1
