"""The OpenAPI document as a page for people, rendered by the server."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from conversations.api.authentication import CSRF_HEADER
from conversations.api.base import JSON_TYPE, site_language
from conversations.api.schema import schema_in

Schema = Mapping[str, Any]
METHODS: Final = ("get", "post", "put", "patch", "delete")


@never_cache
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The document for people."""
    schema = schema_in(site_language())
    context = {
        "title": schema["info"]["title"],
        "description": schema["info"]["description"],
        "operations": list(operations_of(schema)),
        "shapes": [
            (name, list(fields_of(shape)))
            for name, shape in schema["components"]["schemas"].items()
            if "properties" in shape
        ],
        "walk": _walk(request.build_absolute_uri("/api/v1/")),
    }
    return render(request, "api/docs.html", context)


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a table: a parameter, or a field of a body."""

    name: str
    kind: str
    required: bool
    text: str
    where: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One status that an operation may answer with."""

    status: str
    text: str
    example: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    name: str
    method: str
    path: str
    summary: str
    text: str
    parameters: tuple[Field, ...]
    body: str
    example: str
    answers: tuple[Answer, ...]
    refusals: tuple[Answer, ...]


def operations_of(schema: Schema) -> Iterator[Operation]:
    """Every operation of the document, in its order."""
    for path, item in schema["paths"].items():
        for method in METHODS:
            if method in item:
                yield _operation(method, path, item[method])


def _operation(method: str, path: str, described: Schema) -> Operation:
    content = described.get("requestBody", {}).get("content", {}).get(JSON_TYPE, {})
    answers = [_answer(status, said) for status, said in described["responses"].items()]
    return Operation(
        name=described["operationId"],
        method=method.upper(),
        path=path,
        summary=described["summary"],
        text=described["description"],
        parameters=tuple(_parameter(one) for one in described.get("parameters", ())),
        body=_kind(content["schema"]) if content else "",
        example=_example(content),
        answers=tuple(one for one in answers if one.status < "300"),
        refusals=tuple(one for one in answers if one.status >= "300"),
    )


def _parameter(described: Schema) -> Field:
    return Field(
        described["name"],
        _kind(described["schema"]),
        described.get("required", False),
        described.get("description", ""),
        described["in"],
        str(described["schema"].get("default", "")),
    )


def _answer(status: str, described: Schema) -> Answer:
    content = described.get("content", {}).get(JSON_TYPE, {})
    return Answer(status, described["description"], _example(content))


def _example(content: Schema) -> str:
    shown = next(iter(content.get("examples", {}).values()), None)
    return "" if shown is None else json.dumps(shown["value"], ensure_ascii=False, indent=2)


def fields_of(shape: Schema) -> Iterator[Field]:
    """The fields of one component, in their order."""
    required = shape.get("required", ())
    for name, described in shape["properties"].items():
        text = described.get("description", "")
        default = str(described.get("default", ""))
        yield Field(name, _kind(described), name in required, text, default=default)


def _kind(described: Schema) -> str:
    """The type in a few characters: `Event[]`, `up | down`, `integer 1–100`, `uuid`."""
    if "$ref" in described:
        return str(described["$ref"]).rpartition("/")[2]
    for many in ("oneOf", "allOf"):
        if many in described:
            return " | ".join(_kind(one) for one in described[many])
    if "enum" in described:
        return " | ".join(json.dumps(word) if word == "" else word for word in described["enum"])
    if described.get("type") == "array":
        return f"{_kind(described['items'])}[]"
    return _plain_kind(described)


def _plain_kind(described: Schema) -> str:
    kind = described.get("format") or described.get("type", "")
    if "minimum" in described or "maximum" in described:
        return f"{kind} {described.get('minimum', '')}–{described.get('maximum', '')}"
    return str(kind)


def _walk(base: str) -> str:
    """A first conversation on the command line, ready to be copied."""
    post = f'curl -s -b jar -c jar -e {base} -H "{CSRF_HEADER}: $token"'
    json_type = f'-H "Content-Type: {JSON_TYPE}"'
    return "\n".join(
        (
            f"curl -s -b jar -c jar {base}me/",
            f"token=$(awk '$6 == \"{settings.CSRF_COOKIE_NAME}\" {{print $7}}' jar)",
            "",
            f"id=$({post} -X POST {base}conversations/ | jq -r .id)",
            'key=$(python3 -c "import uuid; print(uuid.uuid4())")',
            f'{post} {json_type} -H "Idempotency-Key: $key" \\',
            f'  -d \'{{"body": "Hello"}}\' {base}conversations/$id/messages/',
            "",
            f'curl -s -b jar "{base}conversations/$id/events/?after=2&wait=25"',
        )
    )
