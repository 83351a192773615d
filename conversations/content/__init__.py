"""What bots know and say: the draft as a snapshot, a snapshot as content, the running releases."""

from conversations.content.compose import content_of, examples_of, replies_of, unmarked
from conversations.content.loading import ReleaseRefusedError
from conversations.content.running import (
    Running,
    load_release,
    refresh_loaded,
    refresh_running,
    refresh_soon,
    running,
    start_watching,
)
from conversations.content.snapshot import snapshot_of

__all__ = [
    "ReleaseRefusedError",
    "Running",
    "content_of",
    "examples_of",
    "load_release",
    "refresh_loaded",
    "refresh_running",
    "refresh_soon",
    "replies_of",
    "running",
    "snapshot_of",
    "start_watching",
    "unmarked",
]
