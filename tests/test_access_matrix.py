"""Walks the access matrix: every route, admin table and websocket frame, as every role."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Subject, User
from conversations import frames
from conversations.content import snapshot_of
from conversations.models import Bot, Release
from conversations.routing import websocket_application
from tests import factories
from tests.access_matrix import ADMIN, FRAMES, NOBODY, ROLES, ROUTES
from tests.conftest import signed_in

VERBS = {"view": ("changelist", "change"), "add": ("add",), "delete": ("delete",)}
TABLE_ROUTE = re.compile(
    r"^admin/(?P<app>\w+)/(?P<table>\w+)/(?:(?P<add>add/)|<path:object_id>/(?:\w+/)?)?$"
)
MAKERS: dict[str, Callable[[], Model]] = {
    "accounts.datakey": lambda: factories.SubjectFactory().key,
    "accounts.subject": factories.SubjectFactory,
    "accounts.user": factories.UserFactory,
    "conversations.bot": factories.BotFactory,
    "conversations.conversation": factories.ConversationFactory,
    "conversations.entity": factories.EntityFactory,
    "conversations.intent": factories.IntentFactory,
    "conversations.release": factories.ReleaseFactory,
}


# What a complete request of these routes says.
BODIES: dict[str, dict[str, str]] = {
    "api/v1/conversations/<uuid:conversation_id>/messages/": {"kind": "text", "body": "Let me in"},
    "api/v1/conversations/<uuid:conversation_id>/messages/<int:seq>/feedback/": {"value": "up"},
    "c/<uuid:conversation_id>/send/": {"body": "Let me in"},
    "c/<uuid:conversation_id>/feedback/": {"seq": "1", "value": "up"},
}


def status_of(client: Client, method: str, address: str, body: dict[str, str]) -> int:
    """The answer to a request from a page (form) or a program (JSON) that is complete."""
    if method == "GET":
        return client.get(address).status_code
    if address.startswith("/api/"):
        headers = {"Idempotency-Key": str(uuid4())}
        kind = "application/json"
        return client.generic(method, address, json.dumps(body), kind, headers=headers).status_code
    return client.post(address, body).status_code


def routes(patterns: list[URLPattern | URLResolver], start: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = start + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def is_of_a_table(route: str) -> bool:
    """Whether the admin's standard pages of one table answer here; `ADMIN` speaks for them."""
    found = TABLE_ROUTE.match(route)
    return found is not None and f"{found['app']}.{found['table']}" in tables_of_the_admin()


def tables_of_the_admin() -> set[str]:
    return {model._meta.label_lower for model in admin.site._registry}


def test_every_route_has_a_row() -> None:
    found = {route for route in routes(get_resolver().url_patterns) if not is_of_a_table(route)}
    assert found == set(ROUTES)


def test_every_table_of_the_admin_has_a_row() -> None:
    assert tables_of_the_admin() == set(ADMIN)


def test_every_frame_has_a_row() -> None:
    assert set(frames.PARSERS) == set(FRAMES)


@pytest.fixture
def people(db: None) -> dict[str, Client]:
    """A browser of each role."""
    clients = {"anonymous": Client(), "visitor": signed_in(factories.UserFactory())}
    for role in ROLES[2:-1]:
        clients[role] = signed_in(factories.UserFactory(role=role))
    root = User.objects.create_superuser("root@example.org", factories.PASSWORD)
    clients["superuser"] = signed_in(root)
    for number, client in enumerate(clients.values(), 1):
        client.defaults["REMOTE_ADDR"] = f"10.0.0.{number}"
    return clients


@pytest.fixture
def live_bot(db: None) -> Bot:
    bot: Bot = factories.BotFactory(slug="clinic")
    content = snapshot_of(bot)
    bot.live_release = factories.ReleaseFactory(
        bot=bot, number=1, state=Release.State.READY, content=content
    )
    bot.save()
    return bot


def address_of(route: str) -> str:
    """The route with real things in it: they exist, and they are a stranger's."""
    bot = Bot.objects.get(slug="clinic")
    values: dict[str, object] = {
        "<uuid:conversation_id>": factories.ConversationFactory(bot=bot).pk,
        "<id>": factories.UserFactory().pk,
        "<int:seq>": 1,
        "<int:pk>": bot.live_release_id if "/release/" in route else bot.pk,
        "<path:content_type_id>": ContentType.objects.get_for_model(Bot).pk,
        "<path:name>": "bots/nothing.png",
        "<path:object_id>": bot.pk,
        r"^confirm-email/(?P<key>[-:\w]+)/$": "confirm-email/x/",
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "password/reset/key/1-x/",
        "(?P<url>.*)$": "nothing-here/",
    }
    for pattern, value in values.items():
        route = route.replace(pattern, str(value))
    return "/" + re.sub(r"\^\(\?P<app_label>.*\)/\$", "conversations/", route)


@pytest.mark.parametrize(
    ("route", "method"), [(route, method) for route, row in ROUTES.items() for method in row]
)
def test_routes(people: dict[str, Client], live_bot: Bot, route: str, method: str) -> None:
    address = address_of(route)
    body = BODIES.get(route, {})
    got = {role: status_of(client, method, address, body) for role, client in people.items()}
    assert got == dict(zip(ROLES, map(int, ROUTES[route][method].split()), strict=True))


@pytest.mark.parametrize("table", sorted(ADMIN))
def test_tables_of_the_admin(people: dict[str, Client], live_bot: Bot, table: str) -> None:
    model = apps.get_model(table)
    known = {route for route in routes(get_resolver().url_patterns) if is_of_a_table(route)}
    made = MAKERS[table]() if table in MAKERS else None
    start = f"admin/{table.replace('.', '/')}/"
    pages = {
        "view": start,
        "add": f"{start}add/",
        "change": f"{start}<path:object_id>/change/",
        "delete": f"{start}<path:object_id>/delete/",
    }
    assert model in admin.site._registry
    for verb, route in pages.items():
        if route not in known or ("<" in route and made is None):
            continue
        address = "/" + route.replace("<path:object_id>", str(made.pk if made else ""))
        # Who may look may open the form too; it is read-only for those who may not change.
        allowed = ADMIN[table].get("view" if verb == "change" else verb, ())
        expected = {role: 200 if role in allowed else 403 for role in ROLES}
        expected["anonymous"] = expected["visitor"] = 302
        expected["superuser"] = 403 if allowed == NOBODY else 200
        got = {role: client.get(address).status_code for role, client in people.items()}
        assert got == expected, verb


def session_of(subject: Subject) -> str:
    client = Client()
    session = client.session
    session["subject"] = str(subject.pk)
    session.save()
    return str(session.session_key)


def naming(conversation_id: UUID, kind: str) -> dict[str, Any]:
    """A complete frame of this type that names a conversation."""
    conv = str(conversation_id)
    rest: dict[str, Any] = {
        "hello": {"v": 1, "resume": [{"conv": conv, "epoch": 1, "after": 0}]},
        "send": {"id": str(uuid4()), "kind": "text", "body": "Let me in"},
        "recv": {"seq": 1},
        "seen": {"seq": 1},
        "typing": {"on": True},
        "history": {"before": 10, "limit": 10},
        "feedback": {"seq": 1, "value": "up"},
    }
    return {"t": kind, "conv": conv, **rest.get(kind, {})}


@pytest.mark.parametrize("kind", [kind for kind, answer in FRAMES.items() if answer])
@pytest.mark.django_db(transaction=True)
async def test_frames_that_name_a_stranger_s_conversation(kind: str) -> None:
    message = await sync_to_async(factories.MessageFactory)(author="bot", client_id=None)
    stranger = await sync_to_async(factories.SubjectFactory)()
    cookie = f"{settings.SESSION_COOKIE_NAME}={await sync_to_async(session_of)(stranger)}"
    origin = settings.WEBSOCKET_ORIGINS[0].encode()
    socket = WebsocketCommunicator(
        websocket_application,
        "/ws/chat/",
        headers=[(b"origin", origin), (b"cookie", cookie.encode())],
        subprotocols=["chat.v1"],
    )
    await socket.connect()
    opening = [] if kind == "hello" else [{"t": "hello", "v": 1}]
    asked = [*opening, naming(message.conversation_id, kind), {"t": "ping", "n": 1}]
    for frame in asked:
        await socket.send_to(text_data=json.dumps(frame))
    heard: list[dict[str, Any]] = []
    while not heard or heard[-1]["t"] != "pong":
        heard.append(json.loads(await socket.receive_from(5)))
    await socket.disconnect()
    told = [frame for frame in heard if frame["t"] not in {"welcome", "pong"}]
    expected = [] if FRAMES[kind] == "nothing" else [FRAMES[kind]]
    assert [frame.get("code", frame["t"]) for frame in told] == expected
    await sync_to_async(message.conversation.refresh_from_db)()
    assert message.conversation.last_seq == 1


def test_roles_come_with_the_tables(db: None) -> None:
    names = set(Group.objects.values_list("name", flat=True))
    assert set(ROLES[2:-1]) <= names
