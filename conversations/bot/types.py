"""The values that travel through the bot's mind; everything here is frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

OUT_OF_SCOPE = "oos"
"""The name under which examples of "none of our intents" are trained and measured."""


@dataclass(frozen=True, slots=True)
class Example:
    """One training line: a phrase in one language and the intent it stands for."""

    text: str
    intent: str
    language: str


@dataclass(frozen=True, slots=True)
class ScoredIntent:
    """An intent and how sure the engine is of it, 0 to 1, calibrated on held-out phrases."""

    intent: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Understanding:
    """What one message means.

    `ranking` is best first. `scope` is the out-of-scope detector's score on a scale of its own,
    `in_scope` whether it lies above the release's threshold.
    """

    language: str
    ranking: tuple[ScoredIntent, ...]
    scope: float
    in_scope: bool
    provider: str

    @property
    def best(self) -> ScoredIntent | None:
        return self.ranking[0] if self.ranking else None


@dataclass(frozen=True, slots=True)
class Choice:
    """A chip under a message; choosing it sends `payload`."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class LinkButton:
    """A link that leaves the conversation: https, mailto or tel."""

    title: str
    url: str


class Pattern(StrEnum):
    """What the bot says on its own account; each has a default wording in every site language."""

    FALLBACK = "fallback"
    FALLBACK_AGAIN = "fallback_again"
    CLARIFY = "clarify"
    NONE_OF_THESE = "none_of_these"
    OFFER_PERSON = "offer_person"
    APOLOGY = "apology"
    EMPTY_INTENT = "empty_intent"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How sure is sure. Confidences 0 to 1.

    `answer`: at or above it the best intent is answered. `clarify`: at or above it the two nearest
    are offered. `keep`: share of what staff consider in scope that the release must keep, percent.
    """

    answer: float = 0.55
    clarify: float = 0.2
    keep: int = 95


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to say something: plain text, and the same as safe HTML made from Markdown."""

    text: str
    html: str


@dataclass(frozen=True, slots=True)
class ReplyTemplate:
    """One reply of an intent, in one language, with its alternative wordings."""

    kind: str
    wordings: tuple[Wording, ...]
    title: str = ""
    image: str = ""
    image_alt: str = ""
    choices: tuple[Choice, ...] = ()
    buttons: tuple[LinkButton, ...] = ()


@dataclass(frozen=True, slots=True)
class LocalContent:
    """Everything a bot can say in one language; gaps are filled from its main language."""

    language: str
    name: str
    summary: str
    greeting: Wording
    starters: tuple[Choice, ...]
    titles: Mapping[str, str]
    """Title of each intent, as a visitor reads it."""
    replies: Mapping[str, tuple[ReplyTemplate, ...]]
    patterns: Mapping[Pattern, tuple[Wording, ...]]


@dataclass(frozen=True, slots=True)
class Content:
    """One release of a bot, ready to talk; immutable and shared by all conversations."""

    bot: str
    release: int
    languages: tuple[str, ...]
    default_language: str
    colour: str
    avatar: str
    thresholds: Thresholds
    urgent: frozenset[str]
    local: Mapping[str, LocalContent]

    def in_language(self, language: str) -> LocalContent:
        """The content in this language, else in the bot's main one."""
        return self.local.get(language) or self.local[self.default_language]


@dataclass(frozen=True, slots=True)
class State:
    """What a conversation remembers between two messages; stored as JSON with its version."""

    misses: int = 0
    last_intent: str = ""
    said: Mapping[str, int] = field(default_factory=dict)
    """How often each intent or pattern was answered, so that wording varies."""


class Outcome(StrEnum):
    """What became of a message."""

    ANSWERED = "answered"
    CLARIFIED = "clarified"
    FELL_BACK = "fell_back"
    APOLOGISED = "apologised"


@dataclass(frozen=True, slots=True)
class Reply:
    """One message of the bot, worded: it can always say itself as plain text."""

    kind: str
    text: str
    html: str = ""
    title: str = ""
    image: str = ""
    image_alt: str = ""
    choices: tuple[Choice, ...] = ()
    buttons: tuple[LinkButton, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot does about one message."""

    replies: tuple[Reply, ...]
    state: State
    outcome: Outcome
    language: str
    intent: str = ""
    confidence: float | None = None
