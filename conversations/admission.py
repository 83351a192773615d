"""Who may have a socket: limits of address and person, then the identity behind the cookie."""

import asyncio
from typing import Any

from django.conf import settings

from chatbot_site.lib.errors import ApplicationError, RateLimitedError
from conversations import limits
from conversations.access import Access, access_of
from conversations.runner import runner, with_database

FULL_WAIT_MS = 30_000


class RefusedError(Exception):
    """No socket for this client: the close code, and the error frame's reason if there is one."""

    def __init__(self, code: int, reason: ApplicationError | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason


def _access_of(key: str, address: str) -> Access | None:
    limits.handshake_count(address)
    return with_database(access_of, key)


async def admit(scope: dict[str, Any], address: str) -> Access:
    """The identity of a handshake, counted as one open socket; raises `RefusedError`."""
    key = scope.get("cookies", {}).get(settings.SESSION_COOKIE_NAME, "")
    loop = asyncio.get_running_loop()
    try:
        access = await loop.run_in_executor(runner().pool, _access_of, key, address)
    except RateLimitedError as error:
        raise RefusedError(4429, error) from error
    except ApplicationError as error:
        raise RefusedError(4500, error) from error
    if access is None:
        raise RefusedError(4401)
    if not limits.open_sockets.enter(access.subject_id, address):
        raise RefusedError(4429, RateLimitedError(after_ms=FULL_WAIT_MS))
    return access
