"""The two halves of a model as they serve: linear over terms, and over sentence embeddings."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from conversations.bot.nlu.local.features import Floats, Vector, Vocabulary
from conversations.bot.nlu.local.oos import Calibration, nearest


@dataclass(frozen=True, slots=True)
class LinearPart:
    """A linear SVM over terms and the phrases it was trained on, sorted by intent.

    `weights` is (terms, intents) in float16, with one more column at the end for known
    out-of-scope phrases when `knows_alien`. Phrase i has the columns and values from
    `phrase_start[i]` to `phrase_start[i + 1]`; intent j owns the phrases from `intent_start[j]`
    to `intent_start[j + 1]`. `blended` calibrates this part together with a sentence part.
    """

    vocabulary: Vocabulary
    weights: NDArray[np.float16]
    intercept: Floats
    phrase_start: NDArray[np.int32]
    columns: NDArray[np.uint32] | NDArray[np.uint16]
    values: NDArray[np.float16]
    intent_start: NDArray[np.int32]
    knows_alien: bool
    alone: Calibration
    blended: Calibration | None

    def margins(self, vector: Vector) -> tuple[Floats, float]:
        """The SVM's margin per intent, and the one for "out of scope" (0 when not trained)."""
        scores = vector.values @ self.weights[vector.columns].astype(np.float32) + self.intercept
        return (scores[:-1], float(scores[-1])) if self.knows_alien else (scores, 0.0)

    def near(self, vector: Vector, intent: int) -> float:
        """Mean likeness (0 to 1) of the three most similar phrases of an intent; 0 if it has none.

        Likeness is half the dot product, as both blocks of a vector have length 1.
        """
        first, last = self.intent_start[intent], self.intent_start[intent + 1]
        if first == last:
            return 0.0
        dense = np.zeros(self.vocabulary.size, dtype=np.float32)
        dense[vector.columns] = vector.values
        begin, end = self.phrase_start[first], self.phrase_start[last]
        products = dense[self.columns[begin:end]] * self.values[begin:end]
        likeness = np.add.reduceat(products, self.phrase_start[first:last] - begin)
        return float(nearest(likeness)) / 2


@dataclass(frozen=True, slots=True)
class SentencePart:
    """Multinomial logistic regression over embeddings, all languages together.

    `weights` is (dimension, intents), one more column when `knows_alien`. Phrases are unit
    embeddings as int8 with a factor per phrase, sorted by intent as in `LinearPart`.
    """

    encoder_id: str
    encoder_digest: str
    weights: Floats
    intercept: Floats
    phrases: NDArray[np.int8]
    factors: Floats
    intent_start: NDArray[np.int32]
    knows_alien: bool

    def logits(self, embedding: Floats) -> tuple[Floats, float]:
        """Scores per intent, and the log-odds of "out of scope" (0 when not trained)."""
        scores: Floats = embedding @ self.weights + self.intercept
        return split_alien(scores) if self.knows_alien else (scores, 0.0)

    def near(self, embedding: Floats, intent: int) -> float:
        """Mean cosine of the three most similar phrases of an intent; 0 if it has none."""
        rows = slice(self.intent_start[intent], self.intent_start[intent + 1])
        if rows.start == rows.stop:
            return 0.0
        likeness = (self.phrases[rows].astype(np.float32) @ embedding) * self.factors[rows]
        return float(nearest(likeness))


def split_alien(scores: Floats) -> tuple[Floats, float]:
    """Cut the last column off one message's scores and state it as log-odds to the others."""
    known = scores[:-1]
    top = float(known.max())
    total = top + float(np.log(np.exp(known - top).sum()))
    return known, float(scores[-1]) - total


def quantise(embeddings: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Embeddings as int8 and the factor per row that gives them back (to about 0.4 % of range)."""
    factors = np.abs(embeddings).max(axis=1, initial=1e-9) / 127
    return np.rint(embeddings / factors[:, None]).astype(np.int8), factors.astype(np.float32)
