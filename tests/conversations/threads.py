"""Database work of asynchronous tests, in a thread that leaves no connection behind."""

import asyncio
from collections.abc import Callable
from typing import Any

from django.db import connections


async def run(call: Callable[..., Any], *args: Any) -> Any:
    """The result of a call in a thread of its own; the event loop goes on meanwhile."""
    return await asyncio.to_thread(_alone, call, *args)


def _alone(call: Callable[..., Any], *args: Any) -> Any:
    try:
        return call(*args)
    finally:
        connections.close_all()
