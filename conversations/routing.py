"""Routes of the websockets, behind the check of origin and the reading of cookies."""

from typing import Any

from channels.routing import URLRouter
from channels.security.websocket import WebsocketDenier
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.urls import path

from conversations.consumers import ChatConsumer

websocket_urlpatterns = [path("ws/chat/", ChatConsumer.as_asgi())]


class ListedOrigins:
    """Refuses handshakes (403) from pages that are not ours: scheme, host and port must be listed.

    Channels has validators: one ignores scheme and port, the other fails on a malformed origin.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
        listed = len(origins) == 1 and origins[0] in settings.WEBSOCKET_ORIGINS
        chosen = self.application if listed else WebsocketDenier()
        return await chosen(scope, receive, send)


websocket_application: Any = ListedOrigins(CookieMiddleware(URLRouter(websocket_urlpatterns)))
