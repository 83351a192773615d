"""The releases that talk in this process; swapped whole when a bot's live release changes.

Readers take one reference and never wait. A release that can't be trusted or read does not
replace the one that works; its row tells staff why.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db import DatabaseError, InterfaceError, close_old_connections

from conversations.bot.nlu.chain import Chain
from conversations.bot.nlu.local.model import LocalModel
from conversations.bot.types import Content
from conversations.content.loading import ReleaseRefusedError, content_read, load_model
from conversations.models import Bot, Release
from conversations.providers import chain_of

WATCH_SECONDS: Final = 2.0
_EARLIER_TRIED: Final = 3

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Running:
    """One bot's live release, ready to answer; shared by all threads.

    `chain.understand(Query(text, language, content.languages, deadline))` says what a message
    means.
    """

    bot_id: int
    release_id: int
    number: int
    content: Content
    chain: Chain
    model: LocalModel

    def identify(self, text: str, prior: str) -> str:
        """The language of a text among the bot's; `prior` (the conversation's) wins all doubt."""
        spoken = self.content.languages
        prior = prior if prior in spoken else self.content.default_language
        known = self.model.language_model
        found = prior if known is None else known.identify(text, prior).language
        return found if found in spoken else prior


class RunningReleases:
    """The running releases of a process; tests make their own."""

    def __init__(self) -> None:
        self._by_bot: Mapping[int, Running] = {}
        self._refused: dict[int, int] = {}
        self._refreshing = threading.Lock()

    def get(self, bot_id: int) -> Running | None:
        return self._by_bot.get(bot_id)

    def is_serving(self) -> bool:
        return bool(self._by_bot)

    def refresh(self) -> None:
        """Load what changed: one query when nothing did. Raises the database's errors."""
        with self._refreshing:
            live = Bot.objects.filter(live_release__isnull=False).order_by()
            wanted: dict[int, int] = dict(live.values_list("pk", "live_release_id"))
            stale = [bot for bot, release in wanted.items() if self._is_news(bot, release)]
            if stale or self._by_bot.keys() - wanted.keys():
                self._swap(wanted, stale)

    def _is_news(self, bot_id: int, release_id: int) -> bool:
        known = self._by_bot.get(bot_id)
        if known is not None and known.release_id == release_id:
            self._refused.pop(bot_id, None)
            return False
        return self._refused.get(bot_id) != release_id

    def _swap(self, wanted: Mapping[int, int], stale: list[int]) -> None:
        kept = {bot: known for bot, known in self._by_bot.items() if bot in wanted}
        for bot_id in stale:
            found = self._load(bot_id, wanted[bot_id], has_one=bot_id in kept)
            if found is not None:
                kept[bot_id] = found
        self._by_bot = kept

    def _load(self, bot_id: int, release_id: int, *, has_one: bool) -> Running | None:
        try:
            found = load_release(release_id)
        except ReleaseRefusedError as error:
            self._refused[bot_id] = release_id
            _tell_staff(release_id, error)
            return None if has_one else _earlier(bot_id, release_id)
        self._refused.pop(bot_id, None)
        # The encoder reads its weights at the first text; let that not be a visitor's.
        found.model.predict(found.content.bot)
        return found


def load_release(release_id: int) -> Running:
    """Read, check and prepare one release; raises `ReleaseRefusedError`."""
    model = load_model(release_id)
    bot_id, number, snapshot = Release.objects.values_list("bot_id", "number", "content").get(
        pk=release_id
    )
    content = content_read(snapshot, number)
    names = snapshot["bot"]["providers"]
    chain = chain_of(names, model, model.encoder, sure_from=content.thresholds.answer)
    return Running(bot_id, release_id, number, content, chain, model)


def _earlier(bot_id: int, release_id: int) -> Running | None:
    """The newest good release beside a refused one: after a restart nothing else would talk."""
    rows = Release.objects.filter(bot_id=bot_id, state=Release.State.READY)
    candidates = rows.exclude(pk=release_id).order_by("-number").values_list("pk", flat=True)
    for candidate in candidates[:_EARLIER_TRIED]:
        try:
            return load_release(candidate)
        except ReleaseRefusedError as error:
            _tell_staff(candidate, error)
    return None


def _tell_staff(release_id: int, error: ReleaseRefusedError) -> None:
    log.error("Release %s is not served: %s", release_id, error, exc_info=error.__cause__)
    Release.objects.filter(pk=release_id, error="").update(error=str(error))


releases = RunningReleases()
"""Those of this process."""

_wake = threading.Event()
_watcher: threading.Thread | None = None
_starting = threading.Lock()


def running(bot_id: int) -> Running | None:
    """The release this bot answers with, or None while it has none."""
    return releases.get(bot_id)


def refresh_running() -> None:
    """Notice now what was published or rolled back; raises the database's errors."""
    releases.refresh()


def refresh_loaded() -> None:
    """Keep fresh what this process serves already; nothing where it serves no bot.

    For workers, which have no watching thread and load a release when they first need it.
    """
    if releases.is_serving():
        releases.refresh()


def refresh_soon() -> None:
    """Let the watching thread of this process look at once; others look within two seconds."""
    _wake.set()


def start_watching(seconds: float = WATCH_SECONDS) -> None:
    """Keep this process's releases fresh from a thread of its own; one thread, however called."""
    global _watcher  # noqa: PLW0603 - one thread a process
    with _starting:
        if _watcher is None or not _watcher.is_alive():
            _watcher = threading.Thread(
                target=_watch, args=(seconds,), name="releases", daemon=True
            )
            _watcher.start()


def look(found: RunningReleases, *, complain: bool) -> bool:
    """Refresh; False while the database is away, which is logged when `complain` says so."""
    try:
        close_old_connections()
        found.refresh()
    except (DatabaseError, InterfaceError) as error:
        if complain:
            log.warning("Releases can't be looked up: %s", type(error).__name__)
        return False
    return True


def _watch(seconds: float) -> None:
    answered = True
    while True:
        _wake.clear()
        answered = look(releases, complain=answered)
        _wake.wait(seconds)
