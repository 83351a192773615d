"""Training lines made ready: cleaned, sorted, cut into terms, embedded once, dealt into folds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from conversations.bot.nlu.encoder import Encoder
from conversations.bot.nlu.local.features import Floats, Terms, terms
from conversations.bot.types import OUT_OF_SCOPE, Example

ALIEN = -1
"""Intent number of out-of-scope lines."""
NEVER = -1
"""Fold of a line that is never held out, because its intent has no other."""
_EMBED_AT_ONCE = 512

Progress = Callable[[str, float], None]
Rows = NDArray[np.intp]


def silent(_step: str, _done: float) -> None:
    """The progress callback of those who do not ask."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Lines sorted by intent, language and text, so that input order makes no difference.

    `intents` are the names in order, `truth` the intent number of each line (`ALIEN` for lines
    out of scope), `vectors` unit embeddings when an encoder was at hand.
    """

    examples: tuple[Example, ...]
    intents: tuple[str, ...]
    truth: NDArray[np.intp]
    terms: tuple[Terms, ...]
    vectors: Floats | None

    def rows(self, language: str | None = None) -> Rows:
        """Line numbers of one language, or all."""
        wanted = [language in (None, line.language) for line in self.examples]
        return np.flatnonzero(wanted)

    def complete_languages(self) -> tuple[str, ...]:
        """Languages with phrases for every intent, in order."""
        spoken: dict[str, set[str]] = {}
        for line in self.examples:
            spoken.setdefault(line.language, set()).add(line.intent)
        return tuple(sorted(code for code, has in spoken.items() if has >= set(self.intents)))


def prepare(
    examples: Iterable[Example],
    encoder: Encoder | None,
    intents: Sequence[str] | None = None,
    progress: Progress = silent,
) -> Corpus:
    """Clean and sort lines; those without any term and exact repeats are left out.

    With `intents` (those of a model) lines of other intents are left out, too.
    """
    distinct = sorted(set(examples), key=lambda line: (line.intent, line.language, line.text))
    cut = [(line, terms(line.text)) for line in distinct]
    useful = [(line, found) for line, found in cut if found.grams.size]
    if intents is None:
        intents = sorted({line.intent for line, _ in useful} - {OUT_OF_SCOPE})
    number = {name: place for place, name in enumerate(intents)} | {OUT_OF_SCOPE: ALIEN}
    kept = [(line, found) for line, found in useful if line.intent in number]
    lines = tuple(line for line, _ in kept)
    vectors = embed([line.text for line in lines], encoder, progress) if encoder else None
    truth = np.array([number[line.intent] for line in lines], dtype=np.intp)
    return Corpus(lines, tuple(intents), truth, tuple(found for _, found in kept), vectors)


def embed(texts: Sequence[str], encoder: Encoder, progress: Progress = silent) -> Floats:
    """Unit vectors of many texts, batch by batch, reporting progress."""
    vectors = np.empty((len(texts), encoder.dim), dtype=np.float32)
    for start in range(0, len(texts), _EMBED_AT_ONCE):
        vectors[start : start + _EMBED_AT_ONCE] = encoder.encode(
            texts[start : start + _EMBED_AT_ONCE]
        )
        progress("embedding", min(1.0, (start + _EMBED_AT_ONCE) / len(texts)))
    return vectors


def deal_folds(corpus: Corpus, folds: int, seed: int) -> NDArray[np.intp]:
    """The fold of each line: every intent of every language spread evenly, by a fixed seed.

    A line that is the only one of its intent and language is never held out.
    """
    random = np.random.default_rng(seed)
    dealt = np.full(len(corpus.examples), NEVER, dtype=np.intp)
    groups: dict[tuple[str, str], list[int]] = {}
    for row, line in enumerate(corpus.examples):
        groups.setdefault((line.intent, line.language), []).append(row)
    offset = 0
    for rows in groups.values():
        if len(rows) > 1:
            dealt[random.permutation(rows)] = (np.arange(len(rows)) + offset) % folds
            offset += len(rows)
    return dealt
