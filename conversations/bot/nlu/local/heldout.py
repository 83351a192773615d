"""Scores of lines a model was not trained on: by folds, or on validation lines."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import ceil
from typing import Self

import numpy as np
from numpy.typing import NDArray

from conversations.bot.nlu.local.corpus import NEVER, Corpus, Progress, Rows, deal_folds, silent
from conversations.bot.nlu.local.features import Floats
from conversations.bot.nlu.local.fit import (
    LinearFit,
    SentenceFit,
    fit_linear,
    fit_sentence,
    term_matrix,
)
from conversations.bot.nlu.local.oos import nearest
from conversations.bot.nlu.local.parts import split_alien

FOLDS = 3
ENOUGH = 2000
"""Held-out lines after which no further fold is fitted."""
_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class LinearSignals:
    """What a linear half says of held-out lines: per line and intent, alien per line."""

    rows: Rows
    margins: Floats
    near: Floats
    alien: Floats

    def where(self, wanted: NDArray[np.bool_]) -> Self:
        """The same for some of the lines."""
        return type(self)(*(getattr(self, item.name)[wanted] for item in fields(self)))


@dataclass(frozen=True, slots=True)
class SentenceSignals:
    """What a sentence half says of held-out lines, as `LinearSignals`."""

    rows: Rows
    logits: Floats
    near: Floats
    alien: Floats


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Held-out scores: per linear part (key: its language, empty for the joint one)."""

    linear: dict[str, LinearSignals]
    sentence: SentenceSignals | None


def hold_out(
    corpus: Corpus,
    languages: Sequence[str],
    seed: int,
    *,
    enough: int = ENOUGH,
    folds: int = FOLDS,
    progress: Progress = silent,
) -> HeldOut:
    """Fit on all folds but one and score that one, until `enough` lines are scored.

    `languages` names the parts: codes, and "" for the joint part over all lines.
    """
    dealt = deal_folds(corpus, folds, seed)
    linear: dict[str, LinearSignals] = {}
    for done, language in enumerate(languages):
        rows = corpus.rows(language or None)
        pieces = [
            score_linear(fit_linear(corpus, kept, seed), corpus, held)
            for kept, held in _splits(rows, dealt, enough, folds)
        ]
        linear[language] = _joined_linear(pieces, len(corpus.intents))
        progress("held-out scores", (done + 1) / (len(languages) + 1))
    if corpus.vectors is None or not corpus.intents:
        return HeldOut(linear, None)
    scored = [
        score_sentence(fit_sentence(corpus, kept), corpus, held)
        for kept, held in _splits(corpus.rows(), dealt, enough, folds)
    ]
    progress("held-out scores", 1.0)
    return HeldOut(linear, _joined_sentence(scored, len(corpus.intents)))


def score_linear(
    fit: LinearFit, model_of: Corpus, rows: Rows, lines: Corpus | None = None
) -> LinearSignals:
    """Score lines (of the same corpus unless `lines` is given) with a fitted linear half."""
    lines = lines or model_of
    intents = len(model_of.intents)
    matrix = term_matrix(lines, rows, fit.vocabulary)
    scores = (matrix @ fit.weights + fit.intercept).astype(np.float32)
    near = np.zeros((rows.size, intents), dtype=np.float32)
    truth = model_of.truth[fit.rows]
    for start in range(0, rows.size, _AT_ONCE):
        block = slice(start, start + _AT_ONCE)
        likeness = (matrix[block] @ fit.matrix.T).toarray() / 2
        near[block] = _nearest_by_intent(likeness, truth, intents)
    alien = scores[:, -1] if fit.knows_alien else np.zeros(rows.size, dtype=np.float32)
    return LinearSignals(rows, scores[:, :intents], near, alien)


def score_sentence(
    fit: SentenceFit, model_of: Corpus, rows: Rows, lines: Corpus | None = None
) -> SentenceSignals:
    """Score lines with a fitted sentence half."""
    vectors, known = (lines or model_of).vectors, model_of.vectors
    assert vectors is not None and known is not None  # noqa: S101, PT018 - callers have an encoder
    intents = len(model_of.intents)
    scores = (vectors[rows] @ fit.weights + fit.intercept).astype(np.float32)
    near = np.zeros((rows.size, intents), dtype=np.float32)
    truth = model_of.truth[fit.rows]
    for start in range(0, rows.size, _AT_ONCE):
        block = slice(start, start + _AT_ONCE)
        likeness = vectors[rows[block]] @ known[fit.rows].T
        near[block] = _nearest_by_intent(likeness, truth, intents)
    alien = np.zeros(rows.size, dtype=np.float32)
    if fit.knows_alien:
        alien = np.array([split_alien(line)[1] for line in scores], dtype=np.float32)
    return SentenceSignals(rows, scores[:, :intents], near, alien)


def _nearest_by_intent(likeness: Floats, truth: NDArray[np.intp], intents: int) -> Floats:
    """Mean of the three highest per intent; `truth` is sorted, as corpora are."""
    bounds = np.searchsorted(truth, np.arange(intents + 1))
    found = np.zeros((likeness.shape[0], intents), dtype=np.float32)
    for intent in range(intents):
        first, last = bounds[intent], bounds[intent + 1]
        if first < last:
            found[:, intent] = nearest(likeness[:, first:last])
    return found


def _splits(
    rows: Rows, dealt: NDArray[np.intp], enough: int, folds: int
) -> list[tuple[Rows, Rows]]:
    """(kept, held out) row numbers per fold, as many folds as it takes."""
    can = int((dealt[rows] != NEVER).sum())
    wanted = min(folds, max(1, ceil(folds * enough / max(can, 1))))
    splits = [(rows[dealt[rows] != fold], rows[dealt[rows] == fold]) for fold in range(wanted)]
    return [(kept, held) for kept, held in splits if kept.size and held.size]


def _joined_linear(pieces: list[LinearSignals], intents: int) -> LinearSignals:
    blank = np.empty((0, intents), dtype=np.float32)
    return LinearSignals(
        np.concatenate([np.empty(0, np.intp), *(piece.rows for piece in pieces)]),
        np.concatenate([blank, *(piece.margins for piece in pieces)]),
        np.concatenate([blank, *(piece.near for piece in pieces)]),
        np.concatenate(
            [blank[:, 0] if intents else np.empty(0, np.float32), *(p.alien for p in pieces)]
        ),
    )


def _joined_sentence(pieces: list[SentenceSignals], intents: int) -> SentenceSignals:
    blank = np.empty((0, intents), dtype=np.float32)
    return SentenceSignals(
        np.concatenate([np.empty(0, np.intp), *(piece.rows for piece in pieces)]),
        np.concatenate([blank, *(piece.logits for piece in pieces)]),
        np.concatenate([blank, *(piece.near for piece in pieces)]),
        np.concatenate(
            [blank[:, 0] if intents else np.empty(0, np.float32), *(p.alien for p in pieces)]
        ),
    )
