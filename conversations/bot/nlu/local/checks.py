"""The checks an artefact must pass: types, shapes, order, bounds, finite numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from conversations.bot.language import LanguageModel
from conversations.bot.nlu.local.oos import Calibration
from conversations.bot.nlu.local.parts import LinearPart, SentencePart

_ALONE_EVIDENCE = 3
_BLENDED_EVIDENCE = 4


class ArtefactError(Exception):
    """The bytes are not a sound model; nothing was loaded."""


def require(sound: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Raise `ArtefactError`, saying what is wrong, unless the condition holds."""
    if not sound:
        message = f"The model cannot be read: {otherwise}."
        raise ArtefactError(message)


def check_linear(part: LinearPart, intents: int) -> None:
    """Every index of a linear part points inside, every number is finite."""
    words, grams = part.vocabulary.words, part.vocabulary.grams
    for keys in (words, grams):
        _check_keys(keys)
    size = part.vocabulary.size
    _check_array(part.vocabulary.idf, np.float32, (size,), "idf")
    _check_array(part.weights, np.float16, (size, intents + part.knows_alien), "weights")
    _check_array(part.intercept, np.float32, (intents + part.knows_alien,), "intercept")
    require(part.columns.dtype in (np.uint16, np.uint32), "columns have a wrong type")
    require(part.columns.ndim == 1, "columns have a wrong shape")
    require(not part.columns.size or int(part.columns.max()) < size, "a column is out of range")
    _check_array(part.values, np.float16, part.columns.shape, "values")
    _check_starts(part.phrase_start, part.columns.size, "phrase_start")
    require(bool((np.diff(part.phrase_start) > 0).all()), "a phrase is empty")
    _check_starts(part.intent_start, part.phrase_start.size - 1, "intent_start")
    require(part.intent_start.size == intents + 1, "intent_start has a wrong length")
    _check_calibration(part.alone, _ALONE_EVIDENCE)
    if part.blended is not None:
        _check_calibration(part.blended, _BLENDED_EVIDENCE)


def check_sentence(part: SentencePart, intents: int) -> None:
    """The sentence half has one row per phrase and one column per intent."""
    require(part.weights.ndim == 2, "sentence weights have a wrong shape")  # noqa: PLR2004
    dimension = part.weights.shape[0]
    columns = intents + part.knows_alien
    _check_array(part.weights, np.float32, (dimension, columns), "sentence weights")
    _check_array(part.intercept, np.float32, (columns,), "sentence intercept")
    count = part.factors.size
    _check_array(part.factors, np.float32, (count,), "factors")
    _check_array(part.phrases, np.int8, (count, dimension), "phrases")
    _check_starts(part.intent_start, count, "sentence intent_start")
    require(part.intent_start.size == intents + 1, "sentence intent_start has a wrong length")


def check_language_model(model: LanguageModel) -> None:
    """One column of odds per language, one row per key."""
    require(all(isinstance(code, str) for code in model.languages), "a language has no code")
    _check_keys(model.keys)
    _check_array(model.odds, np.float16, (model.keys.size, len(model.languages)), "odds")


def _check_keys(keys: NDArray[Any]) -> None:
    _check_array(keys, np.uint32, (keys.size,), "keys")
    require(bool((keys[1:] > keys[:-1]).all()), "keys are not in order")


def _check_starts(starts: NDArray[Any], end: int, name: str) -> None:
    _check_array(starts, np.int32, (starts.size,), name)
    sound = starts.size > 0 and starts[0] == 0 and starts[-1] == end
    require(bool(sound and (np.diff(starts) >= 0).all()), f"{name} is not in order")


def _check_array(array: NDArray[Any], kind: Any, shape: tuple[int, ...], name: str) -> None:
    require(array.dtype == kind, f"{name} has a wrong type")
    require(array.shape == shape, f"{name} has a wrong shape")
    if array.dtype.kind == "f":
        require(bool(np.isfinite(array).all()), f"{name} has a number that is not finite")


def _check_calibration(calibration: Calibration, evidence: int) -> None:
    detector = calibration.detector
    columns = (detector.mean, detector.spread, detector.weight)
    require(all(len(column) == evidence for column in columns), "a detector has a wrong length")
    scales = (calibration.margin_scale, calibration.logit_scale, calibration.sharpness)
    numbers = (*scales, *detector.mean, *detector.spread, *detector.weight, detector.threshold)
    require(bool(np.isfinite(numbers).all()), "a calibration has a number that is not finite")
    require(min(*scales, *detector.spread) > 0, "a calibration scale is not positive")
