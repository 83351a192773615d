"""Judge a bot's phrases by each other: held-out predictions, calibrated on other held-out ones."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from conversations.bot.nlu.encoder import Encoder
from conversations.bot.nlu.local.calibrate import Signals, align, calibrate, evidence, judge, pick
from conversations.bot.nlu.local.corpus import Corpus, Progress, prepare, silent
from conversations.bot.nlu.local.evaluate import (
    Judged,
    Report,
    accuracy_by_language,
    confused_pairs,
    metrics_of,
    phrase_counts,
)
from conversations.bot.nlu.local.heldout import FOLDS, HeldOut, hold_out
from conversations.bot.nlu.local.model import JOINT, RANKED, Prediction
from conversations.bot.nlu.local.oos import Doubles
from conversations.bot.nlu.local.train import SEED, part_languages
from conversations.bot.types import Example, ScoredIntent


def cross_validate(
    examples: Iterable[Example],
    *,
    encoder: Encoder | None = None,
    folds: int = FOLDS,
    keep: float = 95,
    seed: int = SEED,
    progress: Progress = silent,
) -> Report:
    """Predict every phrase by a model of the others; embeddings are made once for all folds."""
    lines = list(examples)
    corpus = prepare(lines, encoder, progress=progress)
    codes = part_languages(corpus) if corpus.intents else ()
    held = hold_out(
        corpus, codes, seed, enough=len(corpus.examples), folds=folds, progress=progress
    )
    return report_on(lines, corpus, held, keep)


def report_on(lines: Iterable[Example], corpus: Corpus, held: HeldOut, keep: float) -> Report:
    """A report from held-out scores; each line is judged by the part that would serve it."""
    judged: list[tuple[Example, Prediction]] = []
    for code, linear in held.linear.items():
        signals = align(corpus.truth, linear, held.sentence)
        served = np.array(
            [_serves(code, corpus.examples[row].language, held) for row in signals.linear.rows],
            dtype=np.bool_,
        )
        judged += _judge(corpus, signals, served, keep)
    return Report(
        lines=len(judged),
        metrics=metrics_of(judged),
        accuracy_by_language=accuracy_by_language(judged),
        confused=confused_pairs(judged),
        phrases=phrase_counts(lines),
    )


def _serves(code: str, language: str, held: HeldOut) -> bool:
    return code == (language if language in held.linear else JOINT)


def _judge(corpus: Corpus, signals: Signals, served: NDArray[np.bool_], keep: float) -> Judged:
    """Calibrate on one half of the lines, predict the other, and the other way round."""
    judged: list[tuple[Example, Prediction]] = []
    even = np.arange(signals.truth.size) % 2 == 0
    for half in (even, ~even):
        calibration = calibrate(pick(signals, ~half), keep)
        asked = pick(signals, half & served)
        chances = judge(asked, calibration)
        if not asked.truth.size:
            continue
        scopes = calibration.detector.scope(evidence(asked, chances))
        for row, line, scope in zip(asked.linear.rows, chances, scopes, strict=True):
            inside = bool(scope >= calibration.detector.threshold)
            found = Prediction(_ranking(corpus, line), float(scope), inside)
            judged.append((corpus.examples[row], found))
    return judged


def _ranking(corpus: Corpus, chances: Doubles) -> tuple[ScoredIntent, ...]:
    order = np.argsort(-chances, kind="stable")[:RANKED]
    return tuple(ScoredIntent(corpus.intents[i], float(chances[i])) for i in order)
