"""The baseline: a stock Channels echo consumer on the same server as the site."""

import sys
from typing import Any

import django
from django.conf import settings

settings.configure(SECRET_KEY="bench", ALLOWED_HOSTS=["*"], INSTALLED_APPS=[], REDIS_URL="")
django.setup()

from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from daphne.endpoints import build_endpoint_description_strings  # noqa: E402
from daphne.server import Server  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.urls import path  # noqa: E402


class Echo(AsyncJsonWebsocketConsumer):
    """As in the tutorial."""

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        await self.send_json(content)


application = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": URLRouter([path("ws/echo/", Echo.as_asgi())]),
    }
)

if __name__ == "__main__":
    endpoints = build_endpoint_description_strings(host="127.0.0.1", port=int(sys.argv[1]))
    Server(application=application, endpoints=endpoints, verbosity=1).run()
