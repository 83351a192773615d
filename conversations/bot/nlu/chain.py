"""Ask the providers in order until one is sure; keep the best answer seen."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from conversations.bot.nlu.base import NluError, NluProvider, Query
from conversations.bot.types import Understanding

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chain:
    """Providers in the order they are asked.

    `sure_from` is the confidence (0 to 1) that ends the search when the message is in scope.
    `clock` gives seconds and only ever rises.
    """

    providers: Sequence[NluProvider]
    sure_from: float
    clock: Callable[[], float] = time.monotonic

    def understand(self, query: Query) -> Understanding:
        """The first sure understanding, else the best one seen.

        `query.deadline` is for the whole chain; an answer that came too late is dropped.
        Raises `NluError` when no provider had an answer.
        """
        ends = self.clock() + query.deadline
        seen: list[Understanding] = []
        for provider in self.providers:
            answer = self._ask(provider, query, ends)
            if answer is None:
                continue
            if self._is_sure(answer):
                return answer
            seen.append(answer)
        if not seen:
            message = "No provider understood the message in time."
            raise NluError(message, retryable=True)
        return max(seen, key=_merit)

    def _ask(self, provider: NluProvider, query: Query, ends: float) -> Understanding | None:
        left = ends - self.clock()
        if left <= 0 or not _speaks(provider, query.language):
            return None
        try:
            answer = provider.understand(replace(query, deadline=left))
        except NluError as error:
            logger.warning("NLU provider %s has no answer: %s", provider.name, error)
            return None
        return answer if self.clock() <= ends else None

    def _is_sure(self, answer: Understanding) -> bool:
        best = answer.best
        return answer.in_scope and best is not None and best.confidence >= self.sure_from


def _speaks(provider: NluProvider, language: str) -> bool:
    return provider.languages is None or language in provider.languages


def _merit(answer: Understanding) -> tuple[bool, float]:
    """In scope beats out of scope, then the higher confidence; ties go to the earlier provider."""
    return answer.in_scope, answer.best.confidence if answer.best else 0.0
