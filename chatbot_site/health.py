"""Whether this process lives and whether it can serve, for load balancers and people on call.

`/health/ready` answers 503 when this process must get no more visitors: its database is silent or
it is ending. What only makes the site slower or less able is `degraded`, and the answer stays 200.
"""

import logging
from datetime import timedelta
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from chatbot_site import embedded
from chatbot_site.lib.draining import drain
from conversations.models import Bot, Release, Turn

OK: Final = "ok"
DEGRADED: Final = "degraded"
DOWN: Final = "down"
REDIS_SECONDS: Final = 0.5
OVERDUE: Final = timedelta(minutes=2)
"""A duty that nobody took up for so long means that its worker is missing or far behind."""

Component = dict[str, Any]
log = logging.getLogger(__name__)


@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": OK})


@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    components = {"process": {"status": DOWN if drain.is_ending else OK}, **_by_database()}
    if settings.REDIS_URL:
        components["redis"] = _redis()
    status = _worst(components)
    return JsonResponse(
        {"status": status, "components": components}, status=503 if status == DOWN else 200
    )


def _worst(components: dict[str, Component]) -> str:
    found = {component["status"] for component in components.values()}
    return next((status for status in (DOWN, DEGRADED) if status in found), OK)


def _by_database() -> dict[str, Component]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        components = {"database": {"status": OK}, "bots": _bots(), "worker": _worker()}
    except DatabaseError as error:
        log.warning("the database does not answer: %s", type(error).__name__)
        return {"database": {"status": DOWN}}
    return components


def _bots() -> Component:
    """How many bots visitors can talk to; without one, pages are served but nobody answers."""
    count = Bot.objects.filter(live_release__isnull=False).count()
    return {"status": OK if count else DEGRADED, "live": count}


def _worker() -> Component:
    """Judged by duties left lying, which is what counts and holds for every kind of worker."""
    border = timezone.now() - OVERDUE
    turns = Turn.objects.filter(state=Turn.State.PENDING, lease_until__lt=border).count()
    releases = Release.objects.filter(state=Release.State.QUEUED, alive_at__lt=border).count()
    runs = not settings.EMBEDDED_WORKER or embedded.is_running()
    return {
        "status": OK if runs and not turns and not releases else DEGRADED,
        "kind": "embedded" if settings.EMBEDDED_WORKER else "external",
        "overdue_turns": turns,
        "overdue_releases": releases,
    }


def _redis() -> Component:
    try:
        _redis_client(settings.REDIS_URL).ping()
    except RedisError as error:
        log.warning("Redis does not answer: %s", type(error).__name__)
        return {"status": DEGRADED}
    return {"status": OK}


@cache
def _redis_client(url: str) -> Redis:
    """A client of its own: it neither waits long nor tries again."""
    return Redis.from_url(
        url,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
