"""What a web process runs beside its requests: sweeper, watcher of releases, embedded worker."""

import threading

from django.conf import settings

from chatbot_site import embedded
from conversations import content
from conversations.runner import runner

_started = threading.Event()
_lock = threading.Lock()


def start_background() -> None:
    """Start them once a process; they are daemon threads and end with it."""
    if _started.is_set():
        return
    with _lock:
        if not _started.is_set():
            content.start_watching()
            runner().start_sweeping()
            if settings.EMBEDDED_WORKER:
                embedded.start()
            _started.set()
