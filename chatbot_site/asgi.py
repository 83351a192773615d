"""The server's entry: HTTP to Django, websockets to their routes."""

import os
from typing import Any

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatbot_site.settings")

_http_application = get_asgi_application()

from chatbot_site.lifespan import start_background  # noqa: E402 - needs loaded apps
from conversations.routing import websocket_application  # noqa: E402 - needs loaded apps

_routed: Any = ProtocolTypeRouter({"http": _http_application, "websocket": websocket_application})


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Starts the process's helpers with the first connection, whichever server runs us."""
    start_background()
    await _routed(scope, receive, send)
