"""Small sets of phrases, and where the large ones are, for the tests of the embedded engine."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from conversations.bot.types import OUT_OF_SCOPE, Example

ROOT = Path(__file__).resolve().parents[3]
DEMO = ROOT / "conversations" / "demo" / "riverside"
_VERBS = ("please", "can you", "i want to", "could we", "help me", "now", "today", "how do i")
_TOPICS = {
    "hours": "opening hours of the clinic",
    "book": "book an appointment with a doctor",
    "bill": "pay the bill by card",
}


def shop() -> list[Example]:
    """24 English phrases of three intents that are easy to tell apart."""
    return [
        Example(f"{verb} {topic}", intent, "en")
        for intent, topic in _TOPICS.items()
        for verb in _VERBS
    ]


def bilingual() -> list[Example]:
    """`shop` and German phrases for two of its three intents."""
    german = {"hours": "die Öffnungszeiten der Praxis", "book": "einen Termin beim Arzt buchen"}
    verbs = ("bitte", "ich möchte", "kannst du", "wie kann ich", "heute")
    return shop() + [
        Example(f"{verb} {topic}", intent, "de")
        for intent, topic in german.items()
        for verb in verbs
    ]


class FakeEncoder:
    """A bag of hashed words as a unit vector: an encoder without weights."""

    id = "fake"
    dim = 32

    def __init__(self, digest: str = "1") -> None:
        self.digest = digest

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.full((len(texts), self.dim), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                vectors[row, hashlib.sha256(word.encode()).digest()[0] % self.dim] += 1
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


def demo() -> list[Example]:
    """The demo bot's phrases in all its languages; skips the test when a file is missing."""
    if not (DEMO / "bot.json").is_file():
        pytest.skip("the demo content is not there: conversations/demo/riverside/bot.json")
    languages = json.loads((DEMO / "bot.json").read_text(encoding="utf-8"))["languages"]
    lines: list[Example] = []
    for language in languages:
        path = DEMO / f"{language}.json"
        if not path.is_file():
            pytest.skip(f"the demo content is not complete: {path.name} is missing")
        content = json.loads(path.read_text(encoding="utf-8"))
        for intent, about in content["intents"].items():
            lines += [Example(phrase, intent, language) for phrase in about["phrases"]]
        lines += [Example(text, OUT_OF_SCOPE, language) for text in content["out_of_scope"]]
    return lines


def benchmark(name: str) -> list[Example]:
    """Lines of a file below the benchmark folder; skips the test when there is none."""
    folder = Path(os.environ.get("NLU_DATA", ROOT.parent / "shared" / "data" / "nlu"))
    if not (folder / name).is_file():
        pytest.skip(f"benchmark data not found: set NLU_DATA to a folder that has {name}")
    with (folder / name).open(encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    return [Example(row["text"], row["intent"], row["lang"]) for row in rows]
