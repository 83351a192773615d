"""How sure the engine is and whether a message is in scope: the maths both sides share.

Confidence: softmax of the halves' scores, each with its own fitted scale, averaged and sharpened.
Scope: the sum of standardised evidence (best SVM margin, likeness to the three nearest phrases of
the best intent, minus likeness to known out-of-scope phrases), against a threshold that keeps a
chosen share of held-out in-scope phrases. Margin and neighbours together reject better than any
probability does; the probability answers another question (which intent, given that it is one).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = 3
"""Nearest phrases of the best intent that are averaged."""
NOTHING_KNOWN = -99.0
"""Scope of a message without a single known term, far below every threshold."""

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Detector:
    """Standardises each piece of evidence, adds them up by weight, compares with the threshold."""

    mean: tuple[float, ...]
    spread: tuple[float, ...]
    weight: tuple[float, ...]
    threshold: float

    def scope(self, evidence: Doubles) -> Doubles:
        """One number per message; `evidence` is (messages, pieces)."""
        standard = (evidence - np.asarray(self.mean)) / np.asarray(self.spread)
        scopes: Doubles = standard @ np.asarray(self.weight)
        return scopes

    def scope_of(self, evidence: Sequence[float]) -> float:
        """The same for one message, without the cost of arrays."""
        pieces = zip(evidence, self.mean, self.spread, self.weight, strict=True)
        return sum(weight * (seen - mean) / spread for seen, mean, spread, weight in pieces)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was fitted on held-out phrases for one way of scoring.

    `margin_scale`, `logit_scale`: inverse temperatures of the two halves; `sharpness`: exponent on
    their average; `phrases`: how many held-out phrases it rests on (0: cautious defaults).
    """

    margin_scale: float
    logit_scale: float
    sharpness: float
    detector: Detector
    phrases: int


def probabilities(margins: Any, logits: Any | None, calibration: Calibration) -> Doubles:
    """Calibrated probabilities over the intents (last axis), each message summing to 1."""
    chances = softmax(np.asarray(margins, dtype=np.float64) * calibration.margin_scale)
    if logits is not None:
        other = softmax(np.asarray(logits, dtype=np.float64) * calibration.logit_scale)
        chances = sharpen((chances + other) / 2, calibration.sharpness)
    return chances


def softmax(scores: Doubles) -> Doubles:
    """Exponentials that sum to 1 over the last axis, safe for large scores."""
    powers: Doubles = np.exp(scores - scores.max(axis=-1, keepdims=True))
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers


def sharpen(chances: Doubles, exponent: float) -> Doubles:
    """Probabilities to a power, summing to 1 again; above 1 the best one gains."""
    powers: Doubles = chances**exponent
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers


def nearest(likeness: Any) -> Any:
    """Mean of the three highest values on the last axis (fewer where there are fewer)."""
    count = likeness.shape[-1]
    if count <= NEIGHBOURS:
        return likeness.mean(axis=-1)
    return np.partition(likeness, count - NEIGHBOURS, axis=-1)[..., -NEIGHBOURS:].mean(axis=-1)
