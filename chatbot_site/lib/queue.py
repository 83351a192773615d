"""Hands tasks to Celery by name, once the transaction is through; the row stays the memory."""

import logging
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def enqueue_after_commit(task: str, *arguments: Any) -> None:
    """Enqueue when the running transaction commits; at once outside of one."""
    transaction.on_commit(lambda: enqueue(task, *arguments))


def enqueue(task: str, *arguments: Any) -> bool:
    """Whether the broker took it. When it did not, the timetable finds the row's duty later."""
    # A connection of its own: the shared one would go on trying a silent broker for seconds.
    options = {"max_retries": 0}
    try:
        with current_app.connection(transport_options=options) as connection:
            current_app.send_task(task, args=arguments, connection=connection, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("The task %s waits for the timetable: %s", task, type(error).__name__)
        return False
    return True
