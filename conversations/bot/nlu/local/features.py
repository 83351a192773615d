"""Turn a text into numbers: normalise, cut into terms, weigh them; one code for both sides.

Training and serving call the same functions, so they cannot drift apart. A term is kept as the
CRC-32 of its UTF-8 bytes: 4 bytes a term, no words of any person in the trained artefact, and at
40,000 terms a foreign term meets a known one once in 100,000.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

MAX_CHARACTERS = 600
"""Characters of a text that are read; what follows would only cost time."""
GRAM_SIZES = (2, 3, 4)
BIG_CORPUS = 1500
"""From this many phrases on, terms seen too rarely are dropped."""

FAMILIAR_SHARE = 0.7
"""Share of known grams from which a text without a known word is read as a misspelling.

Held out, 1 in 100 phrases of a five-language bot lies below; mashed keys lie at 0 to 0.7.
"""

Keys = NDArray[np.uint32]
Floats = NDArray[np.float32]
Columns = NDArray[np.intp]

_TOKEN = re.compile(r"[^\W_]+|[^\w\s]")
_RUN = re.compile(r"(.)\1{3,}", re.DOTALL)
_MARKS = re.compile(r"[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]")
_ASIDE = frozenset(".,!…،؛;:¡¿\"'`\u2018\u2019“”«»()[]{}-\u2013\u2014_")
_LETTERS = {
    **dict.fromkeys((0x622, 0x623, 0x625, 0x671), "\u0627"),  # forms of alef
    **dict.fromkeys((0x626, 0x649, 0x6CC), "\u064a"),  # forms of yeh
    0x624: "\u0648",  # waw with hamza
    0x629: "\u0647",  # teh marbuta: heh
    0x6A9: "\u0643",  # keheh: kaf
    0x131: "i",  # dotless i
    **{0x660 + digit: str(digit) for digit in range(10)},
    **{0x6F0 + digit: str(digit) for digit in range(10)},
}


@dataclass(frozen=True, slots=True)
class Terms:
    """The hashed terms of one text, repeats included: words with pairs, and character grams."""

    words: Keys
    grams: Keys


def normalise(text: str) -> str:
    """Make spellings of the same text equal: width, case, accents, Arabic forms, digits, runs.

    At most `MAX_CHARACTERS` of the text are read; runs of more than three equal characters
    become three. Accents go because people leave them out when they type.
    """
    plain = _RUN.sub(r"\1\1\1", text[:MAX_CHARACTERS])
    if plain.isascii():
        return plain.lower()
    plain = plain.encode("utf-8", "ignore").decode()  # lone surrogates cannot be hashed
    plain = unicodedata.normalize("NFKC", plain).casefold().translate(_LETTERS)
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", plain))
    return unicodedata.normalize("NFC", plain)[:MAX_CHARACTERS]


def terms(text: str) -> Terms:
    """Cut a text into words, neighbouring pairs and character grams (2-4, padded words)."""
    tokens = [token for token in _TOKEN.findall(normalise(text)) if token not in _ASIDE]
    words = [crc32(token.encode()) for token in tokens]
    words += [crc32(f"{first} {second}".encode()) for first, second in pairwise(tokens)]
    grams: list[int] = []
    for token in tokens:
        padded = f" {token} "
        length = len(padded)
        grams += [
            crc32(padded[start : start + size].encode())
            for size in GRAM_SIZES
            for start in range(length - size + 1)
        ]
    return Terms(np.array(words, dtype=np.uint32), np.array(grams, dtype=np.uint32))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The known terms, sorted by hash, words before grams, with their inverse document frequency.

    `idf` has one float32 per word key, then one per gram key.
    """

    words: Keys
    grams: Keys
    idf: Floats

    @property
    def size(self) -> int:
        return self.words.size + self.grams.size

    def vector(self, found: Terms) -> "Vector":
        """The tf-idf values of one text; each block (words, grams) has length 1 or 0."""
        word_columns, word_values, _ = self._block(self.words, found.words, 0)
        gram_columns, gram_values, share = self._block(self.grams, found.grams, self.words.size)
        return Vector(
            np.concatenate((word_columns, gram_columns)),
            np.concatenate((word_values, gram_values)),
            familiar=bool(word_columns.size) or share >= FAMILIAR_SHARE,
        )

    def _block(self, keys: Keys, found: Keys, offset: int) -> tuple[Columns, Floats, float]:
        """Known columns, their values, and the share of the distinct terms that are known."""
        if not keys.size or not found.size:
            return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.float32), 0.0
        unique, counts = _distinct(found)
        columns = np.minimum(np.searchsorted(keys, unique), keys.size - 1)
        known = keys[columns] == unique
        columns = columns[known] + offset
        values: Floats = (1 + np.log(counts[known], dtype=np.float32)) * self.idf[columns]
        length = float(values @ values) ** 0.5
        return columns, values / length if length else values, columns.size / unique.size


class Vector(NamedTuple):
    """A text as the model sees it: ascending columns and their values.

    `familiar` is false for text without a known word and with mostly unknown character grams:
    keyboard mashing, another language, pure symbols.
    """

    columns: Columns
    values: Floats
    familiar: bool


def _distinct(found: Keys) -> tuple[Keys, NDArray[np.intp]]:
    """Sorted keys and how often each occurs; `np.unique` takes three times as long on so few."""
    ordered = np.sort(found)
    last = np.ones(found.size, dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=last[:-1])
    ends = np.flatnonzero(last)
    counts = ends + 1
    counts[1:] -= counts[:-1].copy()
    return ordered[ends], counts


def build_vocabulary(documents: Sequence[Terms]) -> Vocabulary:
    """Collect the terms of the training phrases; rare ones only where there are few phrases."""
    big = len(documents) >= BIG_CORPUS
    words, word_counts = _frequencies([found.words for found in documents], 2 if big else 1)
    grams, gram_counts = _frequencies([found.grams for found in documents], 3 if big else 1)
    counts = np.concatenate((word_counts, gram_counts))
    idf = np.log((1 + len(documents)) / (1 + counts)) + 1
    return Vocabulary(words, grams, idf.astype(np.float32))


def _frequencies(columns: Sequence[Keys], at_least: int) -> tuple[Keys, NDArray[np.int64]]:
    """Sorted keys that occur in `at_least` documents, and in how many each does."""
    distinct = [np.unique(keys) for keys in columns]
    merged = np.concatenate([np.empty(0, dtype=np.uint32), *distinct])
    keys, counts = np.unique(merged, return_counts=True)
    enough = counts >= at_least
    return keys[enough], counts[enough]
