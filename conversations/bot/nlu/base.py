"""What every NLU provider is: one question in, one understanding out, one kind of error."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from conversations.bot.types import Understanding


@dataclass(frozen=True, slots=True)
class Query:
    """One message to understand.

    `language` is the language the conversation had so far (the prior), `languages` those of the
    bot, `deadline` how many seconds of wall time an answer is worth waiting for.
    """

    text: str
    language: str
    languages: Sequence[str] = ()
    deadline: float = 5.0


class NluError(Exception):
    """A provider has no answer. `retryable`: the same question may succeed later."""

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable


class NluProvider(Protocol):
    """Understands messages; raises nothing but `NluError`."""

    @property
    def name(self) -> str:
        """The provider's key in the registry."""

    @property
    def languages(self) -> frozenset[str] | None:
        """Language codes it can be asked in; None means any."""

    @property
    def sends_text_away(self) -> bool:
        """Whether the message leaves this installation."""

    def understand(self, query: Query) -> Understanding:
        """Say what the message means, within `query.deadline` seconds; raises `NluError`."""
