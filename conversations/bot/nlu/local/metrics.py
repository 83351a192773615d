"""Measures of a classifier that may refuse, in numpy: exact definitions, no model in sight."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_BINS = 15


def auroc(inside: NDArray[np.floating], outside: NDArray[np.floating]) -> float:
    """Chance that an in-scope score exceeds an out-of-scope one, ties counting half."""
    if not inside.size or not outside.size:
        return float("nan")
    order = np.sort(outside)
    below = np.searchsorted(order, inside, side="left")
    not_above = np.searchsorted(order, inside, side="right")
    return float((below + not_above).mean() / 2 / outside.size)


def calibration_error(confidence: Sequence[float], right: Sequence[bool]) -> float:
    """Expected calibration error over 15 equal bins, 0 to 1 (Naeini et al. 2015)."""
    if not confidence:
        return float("nan")
    sure, correct = np.asarray(confidence), np.asarray(right, dtype=np.float64)
    bins = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(bins, weights=sure - correct, minlength=_BINS)
    return float(np.abs(gaps).sum() / sure.size)


def macro_f1(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Mean F1 over the intents that occur in `truth` or `predicted`, 0 to 1."""
    names = sorted({*truth, *predicted})
    if not names:
        return float("nan")
    scores = []
    for name in names:
        hits = sum(a == name == b for a, b in zip(truth, predicted, strict=True))
        total = sum(a == name for a in truth) + sum(b == name for b in predicted)
        scores.append(2 * hits / total)
    return float(np.mean(scores))


def matthews(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Matthews correlation over any number of classes (Gorodkin 2004), -1 to 1, 0 if undefined."""
    names = sorted({*truth, *predicted})
    place = {name: index for index, name in enumerate(names)}
    table = np.zeros((len(names), len(names)))
    for real, said in zip(truth, predicted, strict=True):
        table[place[real], place[said]] += 1
    total, real_sums, said_sums = table.sum(), table.sum(axis=1), table.sum(axis=0)
    covariance = np.trace(table) * total - real_sums @ said_sums
    spread = np.sqrt((total**2 - said_sums @ said_sums) * (total**2 - real_sums @ real_sums))
    return float(covariance / spread) if spread else 0.0
