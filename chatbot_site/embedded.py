"""Celery inside the web process: workers and timetable in daemon threads, for sites without Redis.

With the memory broker nobody else could fetch the tasks. They are lost when the process ends; the
rows that hold the duties are not, and the timetable finds them again after the next start.
"""

import threading
from collections.abc import Callable
from typing import Any, Final

from celery import Celery
from celery.beat import Scheduler, Service
from celery.worker import WorkController

from chatbot_site.celery import app as site_app

WORKERS: Final = 2
"""One may train for a minute while the other keeps up with the rest."""

_starting = threading.Lock()
_started: dict[str, threading.Thread] = {}


def start(app: Celery = site_app) -> None:
    """Start workers and timetable once; they end with the process, whatever they are doing."""
    with _starting:
        # Two workers that look for the tasks at once would each find only some of them.
        app.loader.import_default_modules()
        app.finalize(auto=True)
        _keep_alive("timetable", _keep_time, app)
        for number in range(1, WORKERS + 1):
            _keep_alive(f"worker{number}", _work, app)


def _keep_alive(name: str, run: Callable[[Celery], None], app: Celery) -> None:
    thread = _started.get(name)
    if thread is None or not thread.is_alive():
        _started[name] = threading.Thread(target=run, args=(app,), name=name, daemon=True)
        _started[name].start()


def is_running() -> bool:
    """Whether workers and timetable are alive in this process."""
    return len(_started) > 0 and all(thread.is_alive() for thread in _started.values())


def _work(app: Celery) -> None:
    # The usual Worker class installs signal handlers and redirects output, which only the main
    # thread may do; its controller runs in any thread. Each does one task at a time in its own
    # daemon thread: the threads of a pool would hold up the end of the process.
    worker: Any = WorkController(
        app=app,
        hostname=f"{threading.current_thread().name}@localhost",
        pool_cls="solo",
        concurrency=1,
        without_heartbeat=True,
        without_gossip=True,
        without_mingle=True,
        send_events=False,
    )
    worker.start()


def _keep_time(app: Celery) -> None:
    # The default scheduler keeps a file; this one remembers in memory.
    Service(app, max_interval=1, scheduler_cls=Scheduler, remote_control=False).start()
