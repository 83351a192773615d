"""Train in a process of its own: `python -m conversations.bot.nlu.local.job`.

Reads one JSON job from standard input: `{"examples": [{"text", "intent", "language"}], "output":
path, "keep": 95, "encoder": "auto", "seed": 1, "replies": {language: [text]}}`; all but the first
two may be left out. Writes the artefact to `output` (first beside it, then renamed) and JSON lines
to standard output: `{"step", "done"}` while it works, at the end `{"report": {...}}`. When it
fails: one line `{"error": text}` and exit status 1.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from conversations.bot.language import train_language
from conversations.bot.nlu.encoder import EncoderError, load_encoder
from conversations.bot.nlu.local.corpus import Progress, prepare
from conversations.bot.nlu.local.crossval import report_on
from conversations.bot.nlu.local.heldout import hold_out
from conversations.bot.nlu.local.model import LocalModel
from conversations.bot.nlu.local.train import SEED, build, language_texts, part_languages
from conversations.bot.types import Example

REPORTED = 5000
"""Held-out lines that a report rests on where there are as many."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to train and where to put it."""

    examples: tuple[Example, ...]
    output: Path
    keep: float = 95
    encoder: str = "auto"
    seed: int = SEED
    replies: Mapping[str, tuple[str, ...]] | None = None


def main(source: TextIO = sys.stdin, target: TextIO = sys.stdout) -> int:
    """Run the job on `source`; the exit status."""

    def say(line: dict[str, Any]) -> None:
        target.write(json.dumps(line, ensure_ascii=False) + "\n")
        target.flush()

    try:
        report = run(parse(source.read()), lambda step, done: say({"step": step, "done": done}))
    except (ValueError, KeyError, TypeError, OSError, MemoryError, EncoderError) as error:
        say({"error": f"{type(error).__name__}: {error}"})
        return 1
    say({"report": report})
    return 0


def parse(text: str) -> Job:
    """Read a job; raises `ValueError`, `KeyError` or `TypeError` for one that makes no sense."""
    raw = json.loads(text)
    examples = tuple(
        Example(str(line["text"]), str(line["intent"]), str(line["language"]))
        for line in raw["examples"]
    )
    replies = {str(code): tuple(map(str, texts)) for code, texts in raw.get("replies", {}).items()}
    job = Job(examples, Path(raw["output"]), replies=replies)
    return replace(
        job,
        keep=float(raw.get("keep", job.keep)),
        encoder=str(raw.get("encoder", job.encoder)),
        seed=int(raw.get("seed", job.seed)),
    )


def run(job: Job, progress: Progress) -> dict[str, Any]:
    """Train, cross-validate from the same held-out scores, write the artefact, give the report."""
    encoder = load_encoder(job.encoder)
    corpus = prepare(job.examples, encoder, progress=_slice(progress, 0.0, 0.3))
    codes = part_languages(corpus) if corpus.intents else ()
    folds = _slice(progress, 0.3, 0.7)
    held = hold_out(corpus, codes, job.seed, enough=REPORTED, progress=folds)
    model = LocalModel((), {})
    if corpus.intents:
        fitting = _slice(progress, 0.7, 0.95)
        model = build(corpus, encoder, job.keep, job.seed, progress=fitting, held=held)
    texts = language_texts(job.examples, job.replies or {})
    blob = replace(model, language_model=train_language(texts)).to_bytes()
    write(job.output, blob)
    progress("written", 1.0)
    report = report_on(job.examples, corpus, held, job.keep).as_json()
    return {**report, "model_bytes": len(blob), "encoder": encoder.id if encoder else None}


def write(output: Path, blob: bytes) -> None:
    """Write beside the output, then rename: a reader sees the whole artefact or none."""
    beside = output.with_name(output.name + ".part")
    beside.write_bytes(blob)
    beside.replace(output)


def _slice(progress: Progress, start: float, end: float) -> Callable[[str, float], None]:
    """Report a step's own 0 to 1 as the slice it is of the whole job."""
    return lambda step, done: progress(step, round(start + (end - start) * min(done, 1.0), 3))


if __name__ == "__main__":
    sys.exit(main())
