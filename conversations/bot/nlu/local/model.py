"""A trained model: from one text to a ranking and a verdict on scope, with numpy alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np

from conversations.bot.language import LanguageModel
from conversations.bot.nlu.encoder import Encoder
from conversations.bot.nlu.local import artefact
from conversations.bot.nlu.local.features import Floats, Vector, terms
from conversations.bot.nlu.local.oos import NOTHING_KNOWN, Calibration, probabilities
from conversations.bot.nlu.local.parts import LinearPart, SentencePart
from conversations.bot.types import ScoredIntent

JOINT: Final = ""
"""Key of the part that was trained on all languages together."""
RANKED: Final = 5
MAX_BYTES: Final = 256 * 1024 * 1024
"""The largest artefact that is read unless the caller says otherwise."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model makes of one text: the best intents and the verdict on scope."""

    ranking: tuple[ScoredIntent, ...]
    scope: float
    in_scope: bool


NOTHING: Final = Prediction(ranking=(), scope=NOTHING_KNOWN, in_scope=False)


@dataclass(frozen=True, slots=True)
class LocalModel:
    """Everything learnt from a bot's phrases.

    `parts` has one linear part per language that has phrases for every intent, and the joint one
    under `JOINT`; no parts at all when there was nothing to learn. `encoder` is the running
    encoder when it is the very one the sentence half was trained with.
    """

    intents: tuple[str, ...]
    parts: Mapping[str, LinearPart]
    sentence: SentencePart | None = None
    language_model: LanguageModel | None = None
    encoder: Encoder | None = field(default=None, compare=False)

    @property
    def sentence_half(self) -> str:
        """`none` (not trained), `ready`, `absent` (no encoder here), `mismatch` (another one)."""
        if self.sentence is None:
            return "none"
        if self.encoder is None:
            return "absent"
        return "ready" if _fits(self.sentence, self.encoder) else "mismatch"

    def with_encoder(self, encoder: Encoder | None) -> Self:
        """The same model with an encoder attached; a wrong one leaves the linear half alone."""
        return replace(self, encoder=encoder)

    def predict(
        self, text: str, language: str = JOINT, embedding: Floats | None = None
    ) -> Prediction:
        """Understand one text in one language; unknown languages go to the joint part.

        `embedding` saves encoding the text again where the caller has it already.
        """
        part = self.parts.get(language) or self.parts.get(JOINT)
        if part is None:
            return NOTHING
        vector = part.vocabulary.vector(terms(text))
        if not vector.columns.size:
            return NOTHING
        found = self._judged(part, vector, text, embedding)
        return found if vector.familiar else replace(found, scope=NOTHING_KNOWN, in_scope=False)

    def _judged(
        self, part: LinearPart, vector: Vector, text: str, embedding: Floats | None
    ) -> Prediction:
        if self.sentence is None or part.blended is None or self.sentence_half != "ready":
            return self._linear(part, vector)
        if embedding is None and self.encoder is not None:
            embedding = self.encoder.encode([text])[0]
        if embedding is None:
            return self._linear(part, vector)
        return self._blended(part, part.blended, vector, embedding)

    def _linear(self, part: LinearPart, vector: Vector) -> Prediction:
        margins, alien = part.margins(vector)
        chances = probabilities(margins, None, part.alone)
        best = int(chances.argmax())
        evidence = (float(margins.max()), part.near(vector, best), alien)
        return self._verdict(chances, evidence, part.alone)

    def _blended(
        self, part: LinearPart, calibration: Calibration, vector: Vector, embedding: Floats
    ) -> Prediction:
        assert self.sentence is not None  # noqa: S101 - the caller checked; tells the type checker
        margins, alien = part.margins(vector)
        logits, sentence_alien = self.sentence.logits(embedding)
        chances = probabilities(margins, logits, calibration)
        near = self.sentence.near(embedding, int(chances.argmax()))
        evidence = (float(margins.max()), near, alien, sentence_alien)
        return self._verdict(chances, evidence, calibration)

    def _verdict(
        self, chances: np.ndarray, evidence: tuple[float, ...], calibration: Calibration
    ) -> Prediction:
        scope = calibration.detector.scope_of(evidence)
        order = np.argsort(-chances, kind="stable")[:RANKED]
        ranking = tuple(ScoredIntent(self.intents[i], float(chances[i])) for i in order)
        return Prediction(ranking, scope, scope >= calibration.detector.threshold)

    def to_bytes(self) -> bytes:
        """The artefact: arrays and a JSON header in safetensors form, never code."""
        return artefact.pack(self.intents, self.parts, self.sentence, self.language_model)

    @classmethod
    def from_bytes(
        cls, blob: bytes, *, max_bytes: int = MAX_BYTES, encoder: Encoder | None = None
    ) -> Self:
        """Read an artefact; raises `ArtefactError` for anything that is not exactly one."""
        intents, parts, sentence, language_model = artefact.unpack(blob, max_bytes=max_bytes)
        return cls(intents, parts, sentence, language_model, encoder)


def _fits(sentence: SentencePart, encoder: Encoder) -> bool:
    same = (sentence.encoder_id, sentence.encoder_digest) == (encoder.id, encoder.digest)
    return same and sentence.weights.shape[0] == encoder.dim
