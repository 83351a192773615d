"""Artefacts: the same model back, and everything unsound refused."""

import json

import numpy as np
import pytest
from safetensors.numpy import load, save

from conversations.bot.nlu.local.checks import ArtefactError
from conversations.bot.nlu.local.model import LocalModel
from conversations.bot.nlu.local.train import train
from tests.bot.nlu.corpora import FakeEncoder, bilingual

MODEL = train(bilingual(), encoder=FakeEncoder())
BLOB = MODEL.to_bytes()
TEXTS = ["opening hours", "einen Termin buchen", "nothing of the kind", ""]


def header_of(blob):
    length = int.from_bytes(blob[:8], "little")
    return json.loads(json.loads(blob[8 : 8 + length])["__metadata__"]["model"])


def with_array(name, change):
    arrays = {key: np.array(value) for key, value in load(BLOB).items()}
    arrays[name] = change(arrays[name])
    return save(arrays, metadata={"model": json.dumps(header_of(BLOB))})


def with_header(change):
    header = header_of(BLOB)
    change(header)
    return save(load(BLOB), metadata={"model": json.dumps(header)})


def put(array, value):
    array.flat[0] = value
    return array


ARRAYS = {
    "weights not finite": ("part0.weights", lambda a: put(a, np.nan)),
    "weights infinite": ("part0.weights", lambda a: put(a, np.inf)),
    "weights cut": ("part0.weights", lambda a: a[:-1]),
    "weights as float64": ("part0.weights", lambda a: a.astype(np.float64)),
    "keys backwards": ("part0.grams", lambda a: a[::-1].copy()),
    "key twice": ("part0.words", lambda a: put(a, a[1])),
    "idf not finite": ("part0.idf", lambda a: put(a, np.nan)),
    "column out of range": ("part0.columns", lambda a: put(a, 65_535)),
    "starts backwards": ("part0.phrase_start", lambda a: a[::-1].copy()),
    "starts negative": ("part0.phrase_start", lambda a: put(a, -1)),
    "intent starts short": ("part0.intent_start", lambda a: a[:-1]),
    "intercept wide": ("part0.intercept", lambda a: np.append(a, a)),
    "sentence weights flat": ("sentence.weights", lambda a: a.ravel()),
    "sentence phrases cut": ("sentence.phrases", lambda a: a[:, :-1].copy()),
    "sentence factor infinite": ("sentence.factors", lambda a: put(a, np.inf)),
    "language odds cut": ("language.odds", lambda a: a[:, :-1].copy()),
    "language keys backwards": ("language.keys", lambda a: a[::-1].copy()),
}
HEADERS = {
    "other version": lambda h: h.update(version=99),
    "no intents": lambda h: h.pop("intents"),
    "intents as number": lambda h: h.update(intents=3),
    "intent twice": lambda h: h.update(intents=["a", "a", "b"]),
    "one intent less": lambda h: h.update(intents=h["intents"][1:]),
    "one part more": lambda h: h["parts"].append(h["parts"][0]),
    "no joint part": lambda h: h.update(parts=[{**h["parts"][1], "language": "en"}]),
    "threshold not finite": lambda h: h["parts"][0]["alone"]["detector"].update(threshold="nan"),
    "spread of zero": lambda h: h["parts"][0]["alone"]["detector"].update(spread=[0, 1, 1]),
    "evidence missing": lambda h: h["parts"][0]["alone"]["detector"].update(mean=[0]),
    "negative scale": lambda h: h["parts"][0]["alone"].update(margin_scale=-1),
    "calibration as list": lambda h: h["parts"][0].update(alone=[]),
}
BYTES = {
    "empty": b"",
    "short": BLOB[:5],
    "truncated": BLOB[:-10],
    "half": BLOB[: len(BLOB) // 2],
    "trailing": BLOB + b"x",
    "other file": b"PK\x03\x04" + b"\0" * 100,
    "header too long": (2**62).to_bytes(8, "little") + BLOB[8:],
    "pickle": b"\x80\x04cos\nsystem\n(S'true'\ntR.",
    "no metadata": save({"version": np.array([1])}),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_unsound_arrays_are_refused(name):
    with pytest.raises(ArtefactError):
        LocalModel.from_bytes(with_array(*ARRAYS[name]))


@pytest.mark.parametrize("name", HEADERS)
def test_unsound_headers_are_refused(name):
    with pytest.raises(ArtefactError):
        LocalModel.from_bytes(with_header(HEADERS[name]))


@pytest.mark.parametrize("name", BYTES)
def test_other_bytes_are_refused(name):
    with pytest.raises(ArtefactError):
        LocalModel.from_bytes(BYTES[name])


def test_too_large_is_refused_before_it_is_read():
    with pytest.raises(ArtefactError, match="larger"):
        LocalModel.from_bytes(BLOB, max_bytes=len(BLOB) - 1)


def test_round_trip():
    again = LocalModel.from_bytes(BLOB, encoder=FakeEncoder())
    assert again.sentence_half == "ready"
    assert again.to_bytes() == BLOB
    assert [again.predict(text, "de") for text in TEXTS] == [
        MODEL.predict(text, "de") for text in TEXTS
    ]


@pytest.mark.parametrize(
    ("encoder", "state"), [(None, "absent"), (FakeEncoder(digest="2"), "mismatch")]
)
def test_without_its_encoder_the_linear_half_works_alone(encoder, state):
    again = LocalModel.from_bytes(BLOB, encoder=encoder)
    assert again.sentence_half == state
    alone = train(bilingual())
    assert alone.sentence_half == "none"
    assert [again.predict(text, "en") for text in TEXTS] == [
        alone.predict(text, "en") for text in TEXTS
    ]


def test_no_phrase_can_be_read_from_an_artefact():
    assert b"opening" not in BLOB
