"""The OpenAPI document is valid and true; the page made from it is readable."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from drf_spectacular.validation import validate_schema
from jsonschema import Draft4Validator, FormatChecker  # type: ignore[import-untyped]

from accounts.models import User
from conversations.api.reference import operations_of
from conversations.api.schema import schema_in
from tests.conversations.api_bot import CHIP, Api, talking

OPERATIONS = {
    "bots_list": {"200", "500", "503"},
    "conversations_list": {"200", "400", "500", "503"},
    "conversations_open": {"201", "400", "403", "404", "413", "415", "429", "500", "503"},
    "events_list": {"200", "400", "404", "500", "503"},
    "feedback_give": {"204", "400", "403", "404", "413", "415", "500", "503"},
    "me_read": {"200", "500", "503"},
    "messages_send": {
        "201", "202", "400", "403", "404", "409", "413", "415", "429", "500", "503",
    },
    "preferences_update": {"200", "400", "403", "413", "415", "500", "503"},
}  # fmt: skip


def own_paths(schema: dict[str, Any]) -> dict[str, Any]:
    return {path: item for path, item in schema["paths"].items() if path.startswith("/api/v1/")}


def operations(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in own_paths(schema).values():
        yield from item.values()


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """The document as a JSON schema that allows no field that it does not name."""
    closed: dict[str, Any] = json.loads(json.dumps(schema))
    for shape in closed["components"]["schemas"].values():
        if "properties" in shape:
            shape["additionalProperties"] = False
    return closed


def check(value: Any, shape: dict[str, Any]) -> None:
    document = strict(schema_in("en"))
    checker = FormatChecker(("uuid", "email"))
    checker.checks("date-time", ValueError)(lambda text: bool(datetime.fromisoformat(text)))
    Draft4Validator(
        {**shape, "components": document["components"]}, format_checker=checker
    ).validate(value)


def test_the_document_is_made_without_a_warning() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_document_is_valid_in_every_language(language: str) -> None:
    validate_schema(schema_in(language))


def test_every_operation_names_every_status() -> None:
    found = {each["operationId"]: set(each["responses"]) for each in operations(schema_in("en"))}
    assert found == OPERATIONS


def test_what_changes_something_needs_the_token() -> None:
    needed = {each["operationId"]: each["security"] for each in operations(schema_in("en"))}
    reading: list[dict[str, Any]] = [{"session": []}, {}]
    changing: list[dict[str, Any]] = [{"session": [], "csrf": []}]
    assert needed == {
        name: reading if name.endswith(("list", "read")) else changing for name in OPERATIONS
    }


def examples_of(content: dict[str, Any]) -> list[Any]:
    return [example["value"] for example in content["examples"].values()]


def test_every_body_has_an_example_that_fits() -> None:
    for each in operations(schema_in("en")):
        bodies = [each["requestBody"]] if "requestBody" in each else []
        bodies += [answer for status, answer in each["responses"].items() if status != "204"]
        for body in bodies:
            content = body["content"]["application/json"]
            assert len(examples_of(content)) == 1
            for example in examples_of(content):
                check(example, content["schema"])


@pytest.mark.django_db(transaction=True)
def test_answers_are_as_declared(monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    with talking(monkeypatch):
        answers = list(_tour(Api(alice)))
    declared = {each["operationId"]: each["responses"] for each in operations(schema_in("en"))}
    for name, answer in answers:
        said = declared[name][str(answer.status_code)]
        check(answer.json(), said["content"]["application/json"]["schema"])
    assert {name for name, _answer in answers} == OPERATIONS.keys()


def _tour(api: Api) -> Iterator[tuple[str, Any]]:
    yield "bots_list", api.get("bots/")
    yield "me_read", api.get("me/")
    yield "me_read", Api().get("me/")
    yield "preferences_update", api.call("patch", "me/preferences/", {"theme": "dark"})
    yield "conversations_open", api.post("conversations/")
    conv = api.open()
    for kind, body in (("text", "Hm?"), ("postback", CHIP["payload"]), ("form", {"name": "Ada"})):
        yield "messages_send", api.say(conv, body, kind=kind)
    yield "events_list", api.get(f"conversations/{conv}/events/")
    yield "conversations_list", api.get("conversations/")
    yield "messages_send", api.say(conv, "")
    yield "events_list", api.get(f"conversations/{uuid4()}/events/")
    yield "conversations_list", api.get("conversations/", limit=0)
    yield "feedback_give", api.post(f"conversations/{conv}/messages/2/feedback/", {})


@pytest.mark.django_db
def test_programs_get_the_document(client: Client) -> None:
    answer = client.get("/api/schema/", headers={"Accept-Language": "en"})
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    assert answer.json() == json.loads(json.dumps(schema_in("en")))
    assert not answer.cookies


@pytest.fixture
def page(client: Client, db: None) -> str:
    answer = client.get("/api/docs/")
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return answer.content.decode()


def test_people_get_a_page_with_every_operation(page: str) -> None:
    for operation in operations_of({"paths": own_paths(schema_in("en"))}):
        assert f'<h2 id="{operation.name}">{operation.summary}</h2>' in page
        assert page.count(f"#{operation.name}") == 1
        assert f"<code>{operation.path}</code>" in page
        for answer in (*operation.answers, *operation.refusals):
            assert f'<strong class="api__status">{answer.status}</strong>' in page
    assert "<script" not in page
    assert "style=" not in page


def test_links_of_the_page_lead_somewhere(page: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links <= set(ids)
    assert {"shape-Send", "shape-Open", "shape-Feedback"} <= links


def test_the_page_is_only_read(client: Client) -> None:
    assert client.post("/api/docs/").status_code == 405


def test_types_are_told_in_a_few_characters(page: str) -> None:
    for words in ("Event[]", "uuid", "integer 1–100", "string | object"):
        assert f'<code dir="ltr">{words}</code>' in page
    assert "Default: 20" in page
