"""`manage.py nlu_evaluate`: train the embedded engine on a file and score it on another."""

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from conversations.bot.nlu.encoder import Encoder, EncoderError, load_encoder
from conversations.bot.nlu.local.evaluate import score
from conversations.bot.nlu.local.train import SEED, train
from conversations.bot.types import Example


class Command(BaseCommand):
    """Prints a table, or one JSON object with `--json`."""

    help = "Train the embedded engine on a JSON Lines file and score it on another one."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        lines = 'JSON lines {"text", "intent", "lang"}; intent "oos" is out of scope'
        parser.add_argument("--train", required=True, type=Path, metavar="FILE", help=lines)
        parser.add_argument("--test", required=True, type=Path, metavar="FILE", help="as --train")
        parser.add_argument(
            "--valid", type=Path, metavar="FILE", help="lines to set threshold and confidence on"
        )
        parser.add_argument("--encoder", default="auto", help="auto, none or a name")
        parser.add_argument(
            "--keep", type=float, default=95.0, help="percent of in-scope lines to keep in scope"
        )
        parser.add_argument("--seed", type=int, default=SEED)
        parser.add_argument("--slots", action="store_true", help="evaluate entities, too")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        if options["slots"]:
            message = "--slots is not available yet: entities are not evaluated by this version."
            raise CommandError(message)
        if not 0 < options["keep"] <= 100:  # noqa: PLR2004 - percent
            message = "--keep is a percentage above 0, at most 100."
            raise CommandError(message)
        encoder = _encoder(options["encoder"])
        training, test = read_lines(options["train"]), read_lines(options["test"])
        validation = read_lines(options["valid"]) if options["valid"] else None
        start = time.process_time()
        model = train(
            training,
            encoder=encoder,
            keep=options["keep"],
            validation=validation,
            seed=options["seed"],
        )
        spent = time.process_time() - start
        result = {**score(model, test), "train_seconds": spent, "keep": options["keep"]}
        self.stdout.write(json.dumps(result) if options["json"] else table(result))


def _encoder(name: str) -> Encoder | None:
    try:
        return load_encoder(name)
    except EncoderError as error:
        raise CommandError(str(error)) from error


def read_lines(path: Path) -> list[Example]:
    """The examples of a JSON Lines file; raises `CommandError` naming the line that is wrong."""
    examples = []
    try:
        with path.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    examples.append(_example(line, path, number))
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read: {error}"
        raise CommandError(message) from error
    return examples


def _example(line: str, path: Path, number: int) -> Example:
    try:
        raw = json.loads(line)
        return Example(str(raw["text"]), str(raw["intent"]), str(raw.get("lang", "")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f'{path}, line {number}: needs {{"text", "intent", "lang"}} as JSON.'
        raise CommandError(message) from error


def table(result: dict[str, Any]) -> str:
    """The figures one a line, nested ones with a dotted name; "-" where undefined."""
    rows: list[tuple[str, Any]] = []
    for key, value in result.items():
        inner = value.items() if isinstance(value, dict) else ()
        rows += [(f"{key}.{name}", item) for name, item in inner]
        if not isinstance(value, dict):
            rows.append((key, value))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {_plain(value)}" for name, value in rows)


def _plain(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
