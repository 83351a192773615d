"""Celery inside the web process: worker and timetable in daemon threads, for sites without Redis.

With the memory broker nobody else could fetch the tasks. They are lost when the process ends; the
rows that hold the duties are not, and the timetable finds them again after the next start.
"""

import logging
import threading
from typing import Any, Final

from celery import Celery
from celery.beat import EmbeddedService, Scheduler
from celery.worker import WorkController

from chatbot_site.celery import app as site_app

THREADS: Final = 2
"""One may train for a minute while the other keeps up with the rest."""

log = logging.getLogger(__name__)
_starting = threading.Lock()
_started: dict[str, threading.Thread] = {}


def start(app: Celery = site_app) -> None:
    """Start both once; they end with the process."""
    with _starting:
        for name, run in (("worker", _work), ("timetable", _keep_time)):
            thread = _started.get(name)
            if thread is None or not thread.is_alive():
                thread = threading.Thread(target=run, args=(app,), name=name, daemon=True)
                _started[name] = thread
                thread.start()


def is_running() -> bool:
    """Whether worker and timetable are alive in this process."""
    return len(_started) > 0 and all(thread.is_alive() for thread in _started.values())


def _work(app: Celery) -> None:
    # The usual Worker class installs signal handlers and redirects output, which only the main
    # thread may do; its controller runs in any thread.
    worker: Any = WorkController(
        app=app,
        hostname="embedded@localhost",
        pool_cls="threads",
        concurrency=THREADS,
        without_heartbeat=True,
        without_gossip=True,
        without_mingle=True,
        send_events=False,
    )
    worker.start()


def _keep_time(app: Celery) -> None:
    # The default scheduler keeps a file; this one remembers in memory.
    service: Any = EmbeddedService(app, thread=True, scheduler_cls=Scheduler)
    service.run()
