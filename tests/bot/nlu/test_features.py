"""Normalising, cutting and weighing texts."""

import numpy as np
import pytest

from conversations.bot.nlu.local.features import (
    MAX_CHARACTERS,
    Terms,
    build_vocabulary,
    normalise,
    terms,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello THERE", "hello there"),
        ("\uff28\uff45\uff59", "hey"),
        ("Öffnungszeiten für Ärzte", "offnungszeiten fur arzte"),
        ("¿Cuándo?", "¿cuando?"),
        ("İstanbul ılık", "istanbul ilik"),
        ("heeeeeeello", "heeello"),
        ("مـــرحباً", "مرحبا"),
        ("أريد إلغاء آخر زيارة", "اريد الغاء اخر زياره"),
        ("مستشفى", "مستشفي"),
        ("٠١٢٣ ۴۵", "0123 45"),
        ("", ""),
    ],
)
def test_normalise(text, expected):
    assert normalise(text) == expected


def test_long_text_is_cut():
    assert len(normalise("ab " * 100_000)) == MAX_CHARACTERS
    assert terms("ab " * 100_000).words.size == terms("ab " * 10_000).words.size


def test_terms_count_words_pairs_and_grams():
    found = terms("a bc")
    assert found.words.size == 3  # a, bc, "a bc"
    assert found.grams.size == (2 + 1) + (3 + 2 + 1)  # of " a " and of " bc "


def test_vector_blocks_have_length_one():
    vocabulary = build_vocabulary([terms("open today"), terms("open now")])
    columns, values, familiar = vocabulary.vector(terms("open today please"))
    words = columns < vocabulary.words.size
    assert np.linalg.norm(values[words]) == pytest.approx(1)
    assert np.linalg.norm(values[~words]) == pytest.approx(1)
    assert (np.diff(columns) > 0).all()
    assert familiar


def test_idf_is_the_smooth_one():
    vocabulary = build_vocabulary([terms("open today"), terms("open now")])
    assert sorted({round(float(value), 4) for value in vocabulary.idf}) == [
        1.0,
        round(float(np.log(3 / 2) + 1), 4),
    ]


def test_unknown_text_is_not_familiar():
    vocabulary = build_vocabulary([terms("open today"), terms("open now")])
    assert not vocabulary.vector(terms("xyzzy qwrt")).familiar
    nothing = Terms(np.empty(0, np.uint32), np.empty(0, np.uint32))
    assert vocabulary.vector(nothing).columns.size == 0
