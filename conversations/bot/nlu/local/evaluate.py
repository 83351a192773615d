"""Measure a model on lines it has not seen, and a bot's phrases against each other."""

import math
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from conversations.bot.nlu.local.corpus import embed
from conversations.bot.nlu.local.metrics import auroc, calibration_error, macro_f1, matthews
from conversations.bot.nlu.local.model import LocalModel, Prediction
from conversations.bot.types import OUT_OF_SCOPE, Example

PAIRS = 10
"""Confused pairs a report names."""
PHRASES = 5
"""Phrases a report quotes per pair."""
_WARM_UP = 20
_TIMED = 1000

Judged = Sequence[tuple[Example, Prediction]]


@dataclass(frozen=True, slots=True)
class Confusion:
    """A phrase that was taken for another intent."""

    text: str
    language: str
    true: str
    predicted: str
    confidence: float


@dataclass(frozen=True, slots=True)
class ConfusedPair:
    """Two intents that are mixed up, how often, and phrases that show it (surest first)."""

    intents: tuple[str, str]
    count: int
    phrases: tuple[Confusion, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """How well a bot's phrases predict each other; shares are 0 to 1, None where undefined.

    `metrics` has the keys of `metrics_of`; `phrases` counts per intent, then language.
    """

    lines: int
    metrics: dict[str, float | None]
    accuracy_by_language: dict[str, float]
    confused: tuple[ConfusedPair, ...]
    phrases: dict[str, dict[str, int]]

    def as_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        return asdict(self)


def score(model: LocalModel, examples: Sequence[Example]) -> dict[str, Any]:
    """Metrics on test lines, plus latency, size and the encoder in use."""
    vectors = None
    if model.sentence_half == "ready" and model.encoder is not None:
        vectors = embed([line.text for line in examples], model.encoder)
    judged = [
        (line, model.predict(line.text, line.language, None if vectors is None else vectors[row]))
        for row, line in enumerate(examples)
    ]
    return {
        **metrics_of(judged),
        "accuracy_by_language": accuracy_by_language(judged),
        "latency_ms": latency(model, examples),
        "model_bytes": len(model.to_bytes()),
        "encoder": model.encoder.id if vectors is not None and model.encoder else None,
    }


def metrics_of(judged: Judged) -> dict[str, float | None]:
    """Forced-choice accuracy, and what the threshold keeps and refuses; None where undefined."""
    inside = [(line, found) for line, found in judged if line.intent != OUT_OF_SCOPE]
    outside = [found for line, found in judged if line.intent == OUT_OF_SCOPE]
    right = [best(found) == line.intent for line, found in inside]
    kept = [hit and found.in_scope for hit, (_, found) in zip(right, inside, strict=True)]
    figures = {
        "accuracy_in_scope": _share(right),
        "accuracy_in_scope_kept": _share(kept),
        "in_scope_kept": _share([found.in_scope for _, found in inside]),
        "oos_recall": _share([not found.in_scope for found in outside]),
        "oos_auroc": auroc(
            np.array([found.scope for _, found in inside]),
            np.array([found.scope for found in outside]),
        ),
        "mcc": _mcc(judged),
        "ece": calibration_error([confidence(found) for _, found in inside], right),
        "macro_f1": macro_f1([line.intent for line, _ in inside], [best(f) for _, f in inside]),
    }
    return {key: None if math.isnan(value) else value for key, value in figures.items()}


def best(found: Prediction) -> str:
    """The first intent of the ranking, "oos" when there is none."""
    return found.ranking[0].intent if found.ranking else OUT_OF_SCOPE


def confidence(found: Prediction) -> float:
    """Confidence in the first intent, 0 when there is none."""
    return found.ranking[0].confidence if found.ranking else 0.0


def accuracy_by_language(judged: Judged) -> dict[str, float]:
    """Forced-choice accuracy on in-scope lines, per language."""
    totals: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    for line, found in judged:
        if line.intent != OUT_OF_SCOPE:
            totals[line.language] += 1
            hits[line.language] += best(found) == line.intent
    return {code: hits[code] / totals[code] for code in sorted(totals)}


def latency(model: LocalModel, examples: Sequence[Example]) -> dict[str, float | None]:
    """CPU milliseconds of this thread for one message at a time: median and 99th percentile."""
    lines = examples[:_TIMED]
    if not lines:
        return {"p50": None, "p99": None}
    for line in lines[:_WARM_UP]:
        model.predict(line.text, line.language)
    spent = []
    for line in lines:
        start = time.thread_time()
        model.predict(line.text, line.language)
        spent.append((time.thread_time() - start) * 1000)
    return {"p50": float(np.percentile(spent, 50)), "p99": float(np.percentile(spent, 99))}


def confused_pairs(judged: Judged) -> tuple[ConfusedPair, ...]:
    """The pairs of intents most often mixed up, either way round."""
    pairs: dict[tuple[str, str], list[Confusion]] = {}
    for line, found in judged:
        said = best(found)
        if OUT_OF_SCOPE in (line.intent, said) or said == line.intent:
            continue
        pair = (min(line.intent, said), max(line.intent, said))
        pairs.setdefault(pair, []).append(
            Confusion(line.text, line.language, line.intent, said, confidence(found))
        )
    ordered = sorted(pairs.items(), key=lambda item: (-len(item[1]), item[0]))[:PAIRS]
    return tuple(
        ConfusedPair(pair, len(cases), tuple(sorted(cases, key=_surest_first)[:PHRASES]))
        for pair, cases in ordered
    )


def phrase_counts(examples: Iterable[Example]) -> dict[str, dict[str, int]]:
    """Phrases per intent and language."""
    counts: dict[str, dict[str, int]] = {}
    for line in sorted(examples, key=lambda line: (line.intent, line.language)):
        row = counts.setdefault(line.intent, {})
        row[line.language] = row.get(line.language, 0) + 1
    return counts


def _surest_first(case: Confusion) -> tuple[float, str, str]:
    return -case.confidence, case.language, case.text


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else math.nan


def _mcc(judged: Judged) -> float:
    said = [best(found) if found.in_scope else OUT_OF_SCOPE for _, found in judged]
    return matthews([line.intent for line, _ in judged], said) if said else math.nan
