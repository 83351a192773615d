"""The server's entry: HTTP to Django; websockets after their origin and cookies were read."""

import os
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatbot_site.settings")

http_application = get_asgi_application()

from chatbot_site.lifespan import start_background  # noqa: E402 - needs loaded apps
from conversations.routing import websocket_urlpatterns  # noqa: E402 - needs loaded apps

_routed: Any = ProtocolTypeRouter(
    {
        "http": http_application,
        "websocket": OriginValidator(
            CookieMiddleware(URLRouter(websocket_urlpatterns)), settings.WEBSOCKET_ORIGINS
        ),
    }
)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Starts the process's helpers with the first connection, whichever server runs us."""
    start_background()
    await _routed(scope, receive, send)
