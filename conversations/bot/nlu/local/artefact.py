"""A model as bytes and back: arrays and a JSON header in safetensors form, checked in full.

Nothing in an artefact can run. Reading one either gives a model that serves without surprises or
raises `ArtefactError`; the checks are in `checks.py`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from conversations.bot.language import LanguageModel
from conversations.bot.nlu.local.checks import (
    ArtefactError,
    check_language_model,
    check_linear,
    check_sentence,
    require,
)
from conversations.bot.nlu.local.features import Vocabulary
from conversations.bot.nlu.local.oos import Calibration, Detector
from conversations.bot.nlu.local.parts import LinearPart, SentencePart

VERSION: Final = 1
_HEADER_LENGTH: Final = 8
_UNREADABLE: Final = (
    SafetensorError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    OverflowError,
    RecursionError,
)

Arrays = dict[str, NDArray[Any]]


class Contents(NamedTuple):
    """What an artefact holds, in the order `LocalModel` takes it."""

    intents: tuple[str, ...]
    parts: dict[str, LinearPart]
    sentence: SentencePart | None
    language_model: LanguageModel | None


def pack(
    intents: tuple[str, ...],
    parts: Mapping[str, LinearPart],
    sentence: SentencePart | None,
    language_model: LanguageModel | None,
) -> bytes:
    """Write a model; equal models give equal bytes."""
    arrays: Arrays = {"version": np.array([VERSION], dtype=np.int32)}
    header: dict[str, Any] = {"version": VERSION, "intents": intents, "parts": []}
    for number, (language, part) in enumerate(sorted(parts.items())):
        arrays |= _linear_arrays(f"part{number}.", part)
        header["parts"].append(_linear_header(language, part))
    if sentence is not None:
        arrays |= _sentence_arrays(sentence)
        header["sentence"] = {
            "encoder_id": sentence.encoder_id,
            "encoder_digest": sentence.encoder_digest,
            "knows_alien": sentence.knows_alien,
        }
    if language_model is not None:
        arrays["language.keys"] = language_model.keys
        arrays["language.odds"] = language_model.odds
        header["languages"] = language_model.languages
    ordered = {name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}
    return save(ordered, metadata={"model": json.dumps(header, sort_keys=True)})


def unpack(blob: bytes, *, max_bytes: int) -> Contents:
    """Read a model; raises `ArtefactError` for anything but a sound artefact of this version."""
    require(len(blob) <= max_bytes, "it is larger than allowed")
    require(len(blob) > _HEADER_LENGTH, "it is too short")
    try:
        arrays = load(bytes(blob))
        header = _header(blob)
        require(header["version"] == VERSION, "it has another version")
        return _contents(header, arrays)
    except _UNREADABLE as error:
        message = f"The model cannot be read: {type(error).__name__}: {error}"
        raise ArtefactError(message) from error


def _header(blob: bytes) -> dict[str, Any]:
    length = int.from_bytes(blob[:_HEADER_LENGTH], "little")
    described = json.loads(blob[_HEADER_LENGTH : _HEADER_LENGTH + length])
    header = json.loads(described["__metadata__"]["model"])
    require(isinstance(header, dict), "its header is not an object")
    return dict(header)


def _contents(header: dict[str, Any], arrays: Arrays) -> Contents:
    intents = tuple(header["intents"])
    require(all(isinstance(name, str) for name in intents), "an intent has no name")
    require(len(set(intents)) == len(intents), "two intents have one name")
    parts = {
        str(described["language"]): _linear_part(described, arrays, f"part{number}.")
        for number, described in enumerate(header["parts"])
    }
    for part in parts.values():
        check_linear(part, len(intents))
    require(not parts or "" in parts, "the joint part is missing")
    sentence = _sentence_part(header["sentence"], arrays) if "sentence" in header else None
    if sentence is not None:
        check_sentence(sentence, len(intents))
    language_model = None
    if "languages" in header:
        language_model = LanguageModel(
            tuple(header["languages"]), arrays["language.keys"], arrays["language.odds"]
        )
        check_language_model(language_model)
    return Contents(intents, parts, sentence, language_model)


def _linear_arrays(prefix: str, part: LinearPart) -> Arrays:
    return {
        f"{prefix}words": part.vocabulary.words,
        f"{prefix}grams": part.vocabulary.grams,
        f"{prefix}idf": part.vocabulary.idf,
        f"{prefix}weights": part.weights,
        f"{prefix}intercept": part.intercept,
        f"{prefix}phrase_start": part.phrase_start,
        f"{prefix}columns": part.columns,
        f"{prefix}values": part.values,
        f"{prefix}intent_start": part.intent_start,
    }


def _linear_header(language: str, part: LinearPart) -> dict[str, Any]:
    return {
        "language": language,
        "knows_alien": part.knows_alien,
        "alone": asdict(part.alone),
        "blended": asdict(part.blended) if part.blended else None,
    }


def _linear_part(header: dict[str, Any], arrays: Arrays, prefix: str) -> LinearPart:
    names = ("weights", "intercept", "phrase_start", "columns", "values", "intent_start")
    vocabulary = Vocabulary(*(arrays[prefix + name] for name in ("words", "grams", "idf")))
    blended = header["blended"]
    return LinearPart(
        vocabulary=vocabulary,
        **_named(arrays, prefix, names),
        knows_alien=bool(header["knows_alien"]),
        alone=_calibration(header["alone"]),
        blended=_calibration(blended) if blended is not None else None,
    )


def _named(arrays: Arrays, prefix: str, names: Sequence[str]) -> dict[str, Any]:
    return {name: arrays[prefix + name] for name in names}


def _calibration(header: dict[str, Any]) -> Calibration:
    parts = {
        name: tuple(float(number) for number in header["detector"][name])
        for name in ("mean", "spread", "weight")
    }
    return Calibration(
        margin_scale=float(header["margin_scale"]),
        logit_scale=float(header["logit_scale"]),
        sharpness=float(header["sharpness"]),
        detector=Detector(**parts, threshold=float(header["detector"]["threshold"])),
        phrases=int(header["phrases"]),
    )


_SENTENCE_ARRAYS: Final = ("weights", "intercept", "phrases", "factors", "intent_start")


def _sentence_arrays(part: SentencePart) -> Arrays:
    return {f"sentence.{name}": getattr(part, name) for name in _SENTENCE_ARRAYS}


def _sentence_part(header: dict[str, Any], arrays: Arrays) -> SentencePart:
    return SentencePart(
        encoder_id=str(header["encoder_id"]),
        encoder_digest=str(header["encoder_digest"]),
        **_named(arrays, "sentence.", _SENTENCE_ARRAYS),
        knows_alien=bool(header["knows_alien"]),
    )
