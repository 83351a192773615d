"""A small bot, a teacher that trains at once, and releases made by them."""

from collections.abc import Mapping, Sequence
from typing import Any

from conversations.bot.nlu.local.train import train
from conversations.bot.types import Example
from conversations.models import Bot, Event, Release, ReleaseArtefact
from conversations.services.releases import (
    release_publish,
    release_train,
)
from conversations.training import Progress, Trained
from tests.factories import BotFactory, IntentFactory, PhraseFactory, ReplyFactory

LESSONS = {
    "hours": ("when are you open", "opening hours", "when do you close", "open on sunday"),
    "parking": ("where can I park", "parking", "is there a car park", "park my car"),
}
REPORT = {"lines": 8, "metrics": {"accuracy_in_scope": 0.875}, "model_bytes": 1}


def small_bot() -> Bot:
    """A bot with two intents in English, unpublished."""
    bot: Bot = BotFactory(slug="clinic")
    for name, phrases in LESSONS.items():
        intent = IntentFactory(bot=bot, name=name)
        ReplyFactory(intent=intent, text=f"About {name}.")
        for phrase in phrases:
            PhraseFactory(intent=intent, text=phrase)
    return bot


class Teacher:
    """Trains in this process, at once, and remembers what it was given."""

    def __init__(self, blob: bytes | None = None, error: Exception | None = None) -> None:
        self.blob = blob
        self.error = error
        self.calls: list[tuple[list[Example], Mapping[str, Sequence[str]], float]] = []

    def __call__(
        self,
        examples: Sequence[Example],
        replies: Mapping[str, Sequence[str]],
        *,
        keep: float,
        progress: Progress,
    ) -> Trained:
        self.calls.append((list(examples), replies, keep))
        progress("fitting", 0.5)
        if self.error is not None:
            raise self.error
        blob = train(examples).to_bytes() if self.blob is None else self.blob
        return Trained(blob, REPORT)


def published(bot: Bot, **fields: Any) -> Release:
    """A release of the draft, trained and live."""
    release = release_publish(bot=bot, **fields)
    assert release_train(release_id=release.pk, trainer=Teacher())
    release.refresh_from_db()
    bot.refresh_from_db()
    return release


def events() -> list[tuple[str, dict[str, Any]]]:
    return list(Event.objects.order_by("pk").values_list("name", "data"))


def flip(artefact: ReleaseArtefact) -> None:
    """Change one bit in the middle."""
    blob = bytearray(artefact.blob)
    blob[len(blob) // 2] ^= 1
    artefact.blob = bytes(blob)
