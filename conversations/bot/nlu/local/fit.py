"""Fit the two halves with scikit-learn; imported where training runs, never where serving does."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from conversations.bot.nlu.local.corpus import ALIEN, Corpus, Rows
from conversations.bot.nlu.local.features import Floats, Vocabulary, build_vocabulary

ABSENT_MARGIN = -2.0
"""Margin of an intent that had no phrase in this part of the data."""
ABSENT_LOGIT = -20.0
SVM_COST = 1.0
LOGISTIC_COST = 30.0
_TWO = 2


@dataclass(frozen=True, slots=True)
class LinearFit:
    """A fitted linear half: columns are intents, then "out of scope" when there were such lines.

    `rows` are the in-scope lines it was fitted on, sorted by intent, and `matrix` their vectors.
    """

    vocabulary: Vocabulary
    weights: Floats
    intercept: Floats
    rows: Rows
    matrix: Any
    knows_alien: bool


@dataclass(frozen=True, slots=True)
class SentenceFit:
    """A fitted sentence half; as `LinearFit`, on embeddings."""

    weights: Floats
    intercept: Floats
    rows: Rows
    knows_alien: bool


def term_matrix(corpus: Corpus, rows: Rows, vocabulary: Vocabulary) -> Any:
    """The lines' tf-idf vectors as a sparse matrix, made by the code that serves."""
    vectors = [vocabulary.vector(corpus.terms[row]) for row in rows]
    starts = np.zeros(len(vectors) + 1, dtype=np.int32)
    np.cumsum([vector.columns.size for vector in vectors], out=starts[1:])
    columns = np.concatenate([np.empty(0, np.intp), *(vector.columns for vector in vectors)])
    values = np.concatenate([np.empty(0, np.float32), *(vector.values for vector in vectors)])
    return csr_matrix(
        (values, columns.astype(np.int32), starts), shape=(len(vectors), vocabulary.size)
    )


def fit_linear(corpus: Corpus, rows: Rows, seed: int) -> LinearFit:
    """A one-against-rest linear SVM, intents weighted alike whatever their number of phrases."""
    vocabulary = build_vocabulary([corpus.terms[row] for row in rows])
    matrix = term_matrix(corpus, rows, vocabulary)
    truth = corpus.truth[rows]
    weights, intercept = _linear_columns(matrix, truth, len(corpus.intents), seed)
    known = truth != ALIEN
    return LinearFit(
        vocabulary, weights, intercept, rows[known], matrix[known], bool((~known).any())
    )


def fit_sentence(corpus: Corpus, rows: Rows) -> SentenceFit:
    """Multinomial logistic regression on the embeddings."""
    assert corpus.vectors is not None  # noqa: S101 - callers ask only with an encoder
    truth = corpus.truth[rows]
    columns = _column_numbers(truth, len(corpus.intents))
    present = np.unique(columns)
    total = len(corpus.intents) + bool((truth == ALIEN).any())
    weights, intercept = _blank(corpus.vectors.shape[1], total, present, ABSENT_LOGIT)
    if present.size > 1:
        logistic = LogisticRegression(C=LOGISTIC_COST, max_iter=500, tol=1e-4)
        logistic.fit(corpus.vectors[rows], columns)
        _scatter(weights, intercept, present, logistic)
    return SentenceFit(weights, intercept, rows[truth != ALIEN], bool((truth == ALIEN).any()))


def _linear_columns(
    matrix: Any, truth: NDArray[np.intp], intents: int, seed: int
) -> tuple[Floats, Floats]:
    columns = _column_numbers(truth, intents)
    present = np.unique(columns)
    total = intents + bool((truth == ALIEN).any())
    weights, intercept = _blank(matrix.shape[1], total, present, ABSENT_MARGIN)
    if present.size > 1:
        machine = LinearSVC(C=SVM_COST, tol=0.01, class_weight="balanced", random_state=seed)
        machine.fit(matrix, columns)
        _scatter(weights, intercept, present, machine)
    return weights, intercept


def _column_numbers(truth: NDArray[np.intp], intents: int) -> NDArray[np.intp]:
    return np.where(truth == ALIEN, intents, truth)


def _blank(
    height: int, total: int, present: NDArray[np.intp], absent: float
) -> tuple[Floats, Floats]:
    """Zero weights; intents without lines get an intercept that keeps them last."""
    intercept = np.full(total, absent, dtype=np.float32)
    intercept[present] = 0
    return np.zeros((height, total), dtype=np.float32), intercept


def _scatter(weights: Floats, intercept: Floats, present: NDArray[np.intp], fitted: Any) -> None:
    """Put a classifier's coefficients into the columns of the intents it has seen.

    For two intents scikit-learn keeps one row of coefficients: the second against the first.
    """
    coefficients, offsets = fitted.coef_, fitted.intercept_
    if present.size == _TWO:
        coefficients = np.vstack((-coefficients, coefficients))
        offsets = np.concatenate((-offsets, offsets))
    weights[:, present] = coefficients.T
    intercept[present] = offsets
