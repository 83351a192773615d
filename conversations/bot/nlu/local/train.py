"""Train a model from phrases: one linear part per language and a joint one, a sentence half."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from conversations.bot.language import train_language
from conversations.bot.nlu.encoder import Encoder
from conversations.bot.nlu.local.calibrate import MINIMUM, align, calibrate
from conversations.bot.nlu.local.corpus import ALIEN, Corpus, Progress, prepare, silent
from conversations.bot.nlu.local.fit import LinearFit, SentenceFit, fit_linear, fit_sentence
from conversations.bot.nlu.local.heldout import (
    HeldOut,
    LinearSignals,
    SentenceSignals,
    hold_out,
    score_linear,
    score_sentence,
)
from conversations.bot.nlu.local.model import JOINT, LocalModel
from conversations.bot.nlu.local.oos import Calibration
from conversations.bot.nlu.local.parts import LinearPart, SentencePart, quantise
from conversations.bot.types import Example

SEED = 20_231


def train(  # noqa: PLR0913 - the settings of a training run, all keyword-only
    examples: Iterable[Example],
    *,
    encoder: Encoder | None = None,
    keep: float = 95,
    validation: Sequence[Example] | None = None,
    replies: Mapping[str, Sequence[str]] | None = None,
    seed: int = SEED,
    progress: Progress = silent,
) -> LocalModel:
    """Learn from phrases; equal phrases give an equal model, whatever their order.

    Lines with the intent `oos` are examples of "none of these". `keep` is the share of in-scope
    phrases, in percent, that shall stay in scope: judged on `validation` where it has lines
    enough, else on held-out folds. `replies` is more text per language to tell languages by.
    `progress` hears the step and how much of it is done, 0 to 1.
    """
    lines = list(examples)
    progress("reading phrases", 0.0)
    corpus = prepare(lines, encoder, progress=progress)
    languages = language_texts(lines, replies or {})
    if not corpus.intents:
        return LocalModel((), {}, language_model=train_language(languages), encoder=encoder)
    checked = prepare(validation, encoder, corpus.intents) if validation else None
    model = build(corpus, encoder, keep, seed, checked, progress)
    return replace(model, language_model=train_language(languages))


def part_languages(corpus: Corpus) -> tuple[str, ...]:
    """The parts to train: the joint one, and one per complete language if there are several."""
    several = len({line.language for line in corpus.examples}) > 1
    return (JOINT, *corpus.complete_languages()) if several else (JOINT,)


def build(  # noqa: PLR0913, PLR0917 - one step of `train`, its inputs in the order it uses them
    corpus: Corpus,
    encoder: Encoder | None,
    keep: float,
    seed: int,
    checked: Corpus | None = None,
    progress: Progress = silent,
    held: HeldOut | None = None,
) -> LocalModel:
    """Fit on all lines; calibrate on validation lines, on `held`, or on folds made here."""
    sentence_fit = None if corpus.vectors is None else fit_sentence(corpus, corpus.rows())
    codes = part_languages(corpus)
    fits = {}
    for done, code in enumerate(codes):
        fits[code] = fit_linear(corpus, corpus.rows(code or None), seed)
        progress("fitting", (done + 1) / len(codes))
    seen = _on_validation(corpus, checked, fits, sentence_fit) if checked else {}
    missing = [code for code in codes if code not in seen]
    if missing:
        held = held or hold_out(corpus, missing, seed, progress=progress)
        seen |= {code: (corpus, held.linear[code], held.sentence) for code in missing}
    parts = {code: _linear_part(corpus, fits[code], seen[code], keep) for code in codes}
    half = None
    if sentence_fit is not None and encoder is not None:
        half = _sentence_part(corpus, sentence_fit, encoder)
    return LocalModel(corpus.intents, parts, half, encoder=encoder)


Seen = tuple[Corpus, LinearSignals, SentenceSignals | None]


def _on_validation(
    corpus: Corpus,
    checked: Corpus,
    fits: Mapping[str, LinearFit],
    sentence_fit: SentenceFit | None,
) -> dict[str, Seen]:
    """Scores on validation lines for the parts that have lines enough there."""
    seen: dict[str, Seen] = {}
    for code, fit in fits.items():
        rows = checked.rows(code or None)
        if (checked.truth[rows] != ALIEN).sum() < 2 * MINIMUM:
            continue
        linear = score_linear(fit, corpus, rows, checked)
        sentence = score_sentence(sentence_fit, corpus, rows, checked) if sentence_fit else None
        seen[code] = (checked, linear, sentence)
    return seen


def _linear_part(corpus: Corpus, fit: LinearFit, seen: Seen, keep: float) -> LinearPart:
    lines, linear, sentence = seen
    small = fit.vocabulary.size <= np.iinfo(np.uint16).max
    matrix, truth = fit.matrix, corpus.truth[fit.rows]
    return LinearPart(
        vocabulary=fit.vocabulary,
        weights=fit.weights.astype(np.float16),
        intercept=fit.intercept,
        phrase_start=matrix.indptr.astype(np.int32),
        columns=matrix.indices.astype(np.uint16 if small else np.uint32),
        values=matrix.data.astype(np.float16),
        intent_start=_starts(truth, len(corpus.intents)),
        knows_alien=fit.knows_alien,
        alone=calibrate(align(lines.truth, linear, None), keep),
        blended=_blended(lines, linear, sentence, keep),
    )


def _blended(
    lines: Corpus, linear: LinearSignals, sentence: SentenceSignals | None, keep: float
) -> Calibration | None:
    return calibrate(align(lines.truth, linear, sentence), keep) if sentence else None


def _sentence_part(corpus: Corpus, fit: SentenceFit, encoder: Encoder) -> SentencePart:
    assert corpus.vectors is not None  # noqa: S101 - there is a sentence fit
    phrases, factors = quantise(corpus.vectors[fit.rows])
    return SentencePart(
        encoder_id=encoder.id,
        encoder_digest=encoder.digest,
        weights=fit.weights,
        intercept=fit.intercept,
        phrases=phrases,
        factors=factors,
        intent_start=_starts(corpus.truth[fit.rows], len(corpus.intents)),
        knows_alien=fit.knows_alien,
    )


def _starts(truth: np.ndarray, intents: int) -> np.ndarray:
    return np.searchsorted(truth, np.arange(intents + 1)).astype(np.int32)


def language_texts(
    lines: Iterable[Example], replies: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """All text there is per language."""
    texts: dict[str, list[str]] = {code: list(more) for code, more in replies.items()}
    for line in lines:
        texts.setdefault(line.language, []).append(line.text)
    return texts
