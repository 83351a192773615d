"""A client of chat.v1 for tests, on the application itself without a server between."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from accounts.models import User
from chatbot_site.lib.ids import uuid7
from conversations.routing import websocket_application

PATIENCE = 10
ORIGIN = (b"origin", b"http://testserver:8000")


class Client:
    """One socket."""

    def __init__(self, socket: WebsocketCommunicator) -> None:
        self.socket = socket

    async def say(self, **frame: Any) -> None:
        await self.socket.send_to(text_data=json.dumps(frame))

    async def hear(self, kind: str = "") -> dict[str, Any]:
        """The next frame, of this type where one is named."""
        while True:
            frame: dict[str, Any] = json.loads(await self.socket.receive_from(PATIENCE))
            if not kind or frame["t"] == kind:
                return frame

    async def closed_with(self) -> int:
        while True:
            message = await self.socket.receive_output(PATIENCE)
            if message["type"] == "websocket.close":
                return int(message["code"])

    async def open(self) -> str:
        await self.say(t="open", bot="clinic", lang="en")
        return str((await self.hear("opened"))["conv"])

    async def send(self, conv: str, text: str, client_id: str = "") -> str:
        client_id = client_id or str(uuid4())
        await self.say(t="send", conv=conv, id=client_id, kind="text", body=text)
        return client_id


def visitor_session() -> str:
    session = SessionStore()
    session["subject"] = str(uuid7())
    session.create()
    return str(session.session_key)


def account_session(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


@asynccontextmanager
async def connected(
    session_key: str,
    *,
    hello: bool = True,
    headers: tuple[tuple[bytes, bytes], ...] = (ORIGIN,),
    resume: tuple[dict[str, Any], ...] = (),
) -> AsyncIterator[Client]:
    cookie = (b"cookie", f"{settings.SESSION_COOKIE_NAME}={session_key}".encode())
    socket = WebsocketCommunicator(
        websocket_application, "/ws/chat/", headers=[*headers, cookie], subprotocols=["chat.v1"]
    )
    accepted, spoken = await socket.connect()
    assert (accepted, spoken) == (True, "chat.v1")
    client = Client(socket)
    if hello:
        await client.say(t="hello", v=1, resume=list(resume))
        await client.hear("welcome")
    yield client
    await socket.disconnect()
