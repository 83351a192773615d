"""Which of the bot's languages a message is in: a small character n-gram model of its own text.

Naive Bayes over words and grams of 2 to 4 characters (Cavnar & Trenkle 1994 with log-odds in place
of ranks), restricted to the bot's languages, after the writing system has ruled out what it can.
Every language starts from its commonest function words, so that little text is enough.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from conversations.bot.function_words import FUNCTION_WORDS

MAX_CHARACTERS: Final = 80
"""Characters of a message that are read: enough to tell, and the cost stays small."""
GRAM_SIZES: Final = (2, 3, 4)
MANY_KEYS: Final = 40_000
"""Above this many different grams, those seen once are dropped."""
FUNCTION_WORD_WEIGHT: Final = 3
SMOOTHING: Final = 0.3
CAUTION: Final = 0.35
"""Factor on the log-odds: grams overlap, so their sum overstates what a message shows."""
CLEAR_LEAD: Final = 0.85
"""Certainty from which a message leaves the conversation's language."""
ENOUGH_LETTERS: Final = 4
"""Shorter messages ("ok", "ja", "no") never change the language."""

_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS: Final = {
    "arabic": re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]"),
    "cyrillic": re.compile(r"[\u0400-\u052f]"),
    "greek": re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]"),
    "hebrew": re.compile(r"[\u0590-\u05ff]"),
    "devanagari": re.compile(r"[\u0900-\u097f]"),
    "thai": re.compile(r"[\u0e00-\u0e7f]"),
    "kana": re.compile(r"[\u3040-\u30ff]"),
    "hangul": re.compile(r"[\uac00-\ud7af\u1100-\u11ff]"),
    "han": re.compile(r"[\u4e00-\u9fff]"),
    "latin": re.compile(r"[a-zA-Z\u00c0-\u024f\u1e00-\u1eff]"),
}
_SCRIPTS_OF: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("ar", "fa", "ur", "ps", "ckb"), frozenset({"arabic"})),
    **dict.fromkeys(("ru", "uk", "bg", "be", "mk", "kk", "ky", "mn"), frozenset({"cyrillic"})),
    "sr": frozenset({"cyrillic", "latin"}),
    "el": frozenset({"greek"}),
    **dict.fromkeys(("he", "yi"), frozenset({"hebrew"})),
    **dict.fromkeys(("hi", "mr", "ne"), frozenset({"devanagari"})),
    "th": frozenset({"thai"}),
    "ja": frozenset({"kana", "han"}),
    "ko": frozenset({"hangul"}),
    **dict.fromkeys(("zh", "zh-hans", "zh-hant"), frozenset({"han"})),
}
_LATIN: Final = frozenset({"latin"})


class Identified(NamedTuple):
    """A language code and how certain it is, 0 to 1."""

    language: str
    certainty: float


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """Log-odds of grams per language.

    `keys` are sorted CRC-32 hashes, `odds` (keys, languages) the log-probability of a gram in a
    language less its mean over the languages, so that an unknown gram says nothing.
    """

    languages: tuple[str, ...]
    keys: NDArray[np.uint32]
    odds: NDArray[np.float16]

    def identify(self, text: str, prior: str | None = None) -> Identified:
        """The language of a message; `prior` is the conversation's so far and wins all doubt.

        Without letters to judge by, it is the prior (or the first language) at certainty 0.
        """
        fallback = prior if prior in self.languages else next(iter(self.languages), prior or "")
        candidates = self._written_alike(text[:MAX_CHARACTERS])
        if not candidates:
            return Identified(fallback, 0.0)
        if len(candidates) == 1:
            return Identified(self.languages[candidates[0]], 1.0)
        scores = self._scores(text[:MAX_CHARACTERS])[candidates] * CAUTION
        chances = np.exp(scores - scores.max())
        chances /= chances.sum()
        best = int(chances.argmax())
        found = Identified(self.languages[candidates[best]], float(chances[best]))
        if prior not in self.languages or found.language == prior:
            return found
        if _leads(found, text) and self._knows_a_word(text):
            return found
        return self._stay(fallback, candidates, found, chances)

    def _stay(
        self, prior: str, candidates: list[int], found: Identified, chances: NDArray[np.float64]
    ) -> Identified:
        """Keep the prior while the lead is not clear, unless the script has ruled it out."""
        place = self.languages.index(prior)
        if place not in candidates:
            return found
        return Identified(prior, float(chances[candidates.index(place)]))

    def _knows_a_word(self, text: str) -> bool:
        """Whether any whole word was seen in training: code and noise are no language."""
        plain = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS]).casefold()
        words = [crc32(f" {word} ".encode()) for word in _WORD.findall(plain)]
        return bool(np.isin(np.array(words, np.uint32), self.keys).any())

    def _written_alike(self, text: str) -> list[int]:
        """Indices of the languages that are written in the text's commonest script."""
        script = _script(text)
        if script is None:
            return []
        return [
            index
            for index, language in enumerate(self.languages)
            if script in _SCRIPTS_OF.get(language, _LATIN)
        ]

    def _scores(self, text: str) -> NDArray[np.float64]:
        found = np.array(_grams(text), dtype=np.uint32)
        if not self.keys.size or not found.size:
            return np.zeros(len(self.languages))
        places = np.minimum(np.searchsorted(self.keys, found), self.keys.size - 1)
        known = places[self.keys[places] == found]
        sums: NDArray[np.float64] = self.odds[known].sum(axis=0, dtype=np.float64)
        return sums


def _leads(found: Identified, text: str) -> bool:
    """Whether a message is certain and long enough to leave the conversation's language for."""
    enough = sum(map(len, _WORD.findall(text[:MAX_CHARACTERS]))) >= ENOUGH_LETTERS
    return enough and found.certainty >= CLEAR_LEAD


def train_language(texts: Mapping[str, Sequence[str]]) -> LanguageModel:
    """Learn to tell the languages of `texts` apart; the order of anything makes no difference."""
    languages = tuple(sorted(texts))
    counters = [_count(texts[language], language) for language in languages]
    total = sum(counters, Counter[int]())
    at_least = 2 if len(total) > MANY_KEYS else 1
    keys = np.array(sorted(key for key, seen in total.items() if seen >= at_least), np.uint32)
    counts = np.array([[counter[int(key)] for counter in counters] for key in keys], np.float64)
    smooth = counts.reshape(keys.size, len(languages)) + SMOOTHING
    odds = np.log(smooth / smooth.sum(axis=0, keepdims=True))
    odds -= odds.mean(axis=1, keepdims=True) if languages else 0
    return LanguageModel(languages, keys, odds.astype(np.float16))


def _count(texts: Sequence[str], language: str) -> Counter[int]:
    counter = Counter(gram for text in texts for gram in _grams(text))
    for word in FUNCTION_WORDS.get(language, "").split():
        for gram in _grams(word):
            counter[gram] += FUNCTION_WORD_WEIGHT
    return counter


def _grams(text: str) -> list[int]:
    """Hashes of padded words and their character grams; accents stay, they tell languages apart."""
    plain = text
    if not text.isascii():
        sound = text.encode("utf-8", "ignore").decode()  # lone surrogates cannot be hashed
        plain = unicodedata.normalize("NFKC", sound.replace("İ", "i"))
    found: list[int] = []
    for word in _WORD.findall(plain.casefold()):
        padded = f" {word} "
        length = len(padded)
        found.append(crc32(padded.encode()))
        found += [
            crc32(padded[start : start + size].encode())
            for size in GRAM_SIZES
            for start in range(length - size + 1)
        ]
    return found


def _script(text: str) -> str | None:
    """The script of a text, None without a letter of a known script.

    Latin letters count a quarter: other scripts quote Latin names, hardly ever the reverse.
    """
    if text.isascii():
        return "latin" if _SCRIPTS["latin"].search(text) else None
    counts = {name: float(len(letters.findall(text))) for name, letters in _SCRIPTS.items()}
    counts["latin"] /= 4
    if counts["kana"]:
        return "kana"
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else None
