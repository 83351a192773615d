"""Fit temperatures and the out-of-scope detector on held-out scores."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from conversations.bot.nlu.local.corpus import ALIEN
from conversations.bot.nlu.local.heldout import LinearSignals, SentenceSignals
from conversations.bot.nlu.local.metrics import auroc
from conversations.bot.nlu.local.oos import (
    Calibration,
    Detector,
    Doubles,
    probabilities,
    softmax,
)

MINIMUM = 10
"""Held-out lines below which defaults are safer than a fit."""
DEFAULT_MARGIN_SCALE = 4.0
DEFAULT_LOGIT_SCALE = 1.0
ALIEN_WEIGHTS = (0.0, 0.25, 0.5, 1.0)
"""Choices; never above 1, as known aliens do not stand for all aliens."""
WORTH_IT = 0.002
"""A gain in AUROC below this is no reason for a higher weight."""
_CAUTIOUS_ALONE = Detector((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.0, 1.0, 0.0), 0.4)
_CAUTIOUS_BLENDED = Detector((0.0,) * 4, (1.0,) * 4, (0.0, 1.0, 0.0, 0.0), 0.5)
_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True, slots=True)
class Signals:
    """Held-out scores of one part, lines aligned; the last three only with a sentence half."""

    truth: NDArray[np.intp]
    linear: LinearSignals
    sentence: SentenceSignals | None = None


def align(
    truth: NDArray[np.intp], linear: LinearSignals, sentence: SentenceSignals | None
) -> Signals:
    """Bring both halves' scores to the same lines in the same order; `truth` is the corpus's."""
    if sentence is None:
        return Signals(truth[linear.rows], linear)
    rows, left, right = np.intersect1d(linear.rows, sentence.rows, return_indices=True)
    return Signals(
        truth[rows],
        LinearSignals(rows, linear.margins[left], linear.near[left], linear.alien[left]),
        SentenceSignals(rows, sentence.logits[right], sentence.near[right], sentence.alien[right]),
    )


def pick(signals: Signals, wanted: NDArray[np.bool_]) -> Signals:
    """The signals of some lines."""
    linear, sentence = signals.linear, signals.sentence
    return Signals(
        signals.truth[wanted],
        linear.where(wanted),
        None
        if sentence is None
        else SentenceSignals(
            sentence.rows[wanted],
            sentence.logits[wanted],
            sentence.near[wanted],
            sentence.alien[wanted],
        ),
    )


def calibrate(signals: Signals, keep: float) -> Calibration:
    """Fit scales and detector; without enough in-scope lines, cautious defaults.

    `keep` is the share of in-scope lines, in percent, that shall stay in scope.
    """
    known = signals.truth != ALIEN
    inside = pick(signals, known)
    blended = signals.sentence is not None
    if inside.truth.size < MINIMUM:
        detector = _CAUTIOUS_BLENDED if blended else _CAUTIOUS_ALONE
        return Calibration(DEFAULT_MARGIN_SCALE, DEFAULT_LOGIT_SCALE, 1.0, detector, 0)
    scales = _scales(inside)
    chances = judge(signals, scales)
    detector = _detector(evidence(signals, chances), known, keep)
    return Calibration(
        scales.margin_scale,
        scales.logit_scale,
        scales.sharpness,
        detector,
        int(known.sum()),
    )


def judge(signals: Signals, calibration: Calibration) -> Doubles:
    """Probabilities over the intents, line by line."""
    logits = signals.sentence.logits if signals.sentence else None
    return probabilities(signals.linear.margins, logits, calibration)


def evidence(signals: Signals, chances: Doubles) -> Doubles:
    """The detector's evidence, line by line, in the order serving gives it."""
    best = chances.argmax(axis=1)[:, None]
    linear, sentence = signals.linear, signals.sentence
    margin = linear.margins.max(axis=1)
    near = np.take_along_axis((sentence or linear).near, best, axis=1)[:, 0]
    columns = [margin, near, linear.alien]
    if sentence is not None:
        columns.append(sentence.alien)
    return np.stack(columns, axis=1).astype(np.float64)


def _scales(inside: Signals) -> Calibration:
    """Inverse temperatures of each half, then the sharpness of their average."""
    blank = _CAUTIOUS_ALONE
    margin = best_scale(inside.linear.margins, inside.truth)
    if inside.sentence is None:
        return Calibration(margin, DEFAULT_LOGIT_SCALE, 1.0, blank, 0)
    logit = best_scale(inside.sentence.logits, inside.truth)
    average = judge(inside, Calibration(margin, logit, 1.0, blank, 0))
    sharpness = best_scale(np.log(average + 1e-12), inside.truth)
    return Calibration(margin, logit, sharpness, blank, 0)


def best_scale(scores: NDArray[np.floating], truth: NDArray[np.intp]) -> float:
    """The factor on `scores` with the least cross-entropy, 0.05 to 50 (golden-section search).

    One light line of prior (as if one more line were a coin toss) keeps perfect scores finite.
    """
    exact = scores.astype(np.float64)
    line = np.arange(truth.size)

    def loss(exponent: float) -> float:
        chances = softmax(exact * np.exp(exponent))[line, truth]
        best = softmax(exact * np.exp(exponent)).max(axis=1)
        return float(-np.log(chances + 1e-12).sum() - np.log(1 - best + 1e-6).mean())

    return float(np.exp(_lowest(loss, np.log(0.05), np.log(50.0))))


def _lowest(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one valley is lowest, to 0.01."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = function(left), function(right)
    while high - low > 0.01:  # noqa: PLR2004 - a hundredth of a logarithm is no difference
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = function(right)
    return (low + high) / 2


def _detector(seen: Doubles, known: NDArray[np.bool_], keep: float) -> Detector:
    """Standardise on in-scope lines, weigh likeness to known aliens, set the threshold."""
    inside = seen[known]
    mean = inside.mean(axis=0)
    spread = inside.std(axis=0)
    spread = np.where(spread > 1e-6, spread, 1.0)  # noqa: PLR2004 - constant evidence stays 0
    weight = _alien_weights((seen - mean) / spread, known)
    scope = ((inside - mean) / spread) @ weight
    threshold = float(np.quantile(scope, 1 - keep / 100))
    return Detector(tuple(mean.tolist()), tuple(spread.tolist()), tuple(weight.tolist()), threshold)


def _alien_weights(standard: Doubles, known: NDArray[np.bool_]) -> Doubles:
    """Weights of the evidence: likeness to aliens counts only as far as it helps held-out AUROC.

    Weight 0 is among the choices, so that known out-of-scope phrases never make it worse there;
    the lowest weight that is about as good as the best is taken.
    """
    pieces = standard.shape[1]
    base = np.array([1.0, 1.0, 0.0, 0.0])[:pieces]
    if (~known).sum() < MINIMUM:
        return base
    last = np.arange(pieces) == pieces - 1
    choices: list[Doubles] = [base - alien * last for alien in ALIEN_WEIGHTS]
    scores = [auroc(standard[known] @ choice, standard[~known] @ choice) for choice in choices]
    worthy = [place for place, one in enumerate(scores) if one >= max(scores) - WORTH_IT]
    return choices[worthy[0]]
