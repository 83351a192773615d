"""`manage.py nlu_evaluate`: the keys others rely on, and errors that say what is wrong."""

import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.bot.nlu.corpora import bilingual

KEYS = {
    "accuracy_in_scope",
    "accuracy_in_scope_kept",
    "oos_recall",
    "mcc",
    "oos_auroc",
    "ece",
    "macro_f1",
    "train_seconds",
    "latency_ms",
    "model_bytes",
    "encoder",
}


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "lines.jsonl"
    rows = [{"text": e.text, "intent": e.intent, "lang": e.language} for e in bilingual()]
    rows += [{"text": "sing a song", "intent": "oos", "lang": "en"}]
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return file


def options(path, *more):
    return ("--train", str(path), "--test", str(path), "--encoder", "none", *more)


def test_json(path, capsys):
    call_command("nlu_evaluate", *options(path, "--valid", str(path), "--json"))
    result = json.loads(capsys.readouterr().out)
    assert result.keys() >= KEYS
    assert set(result["latency_ms"]) == {"p50", "p99"}
    assert result["accuracy_in_scope"] == 1
    assert result["encoder"] is None


def test_table(path, capsys):
    call_command("nlu_evaluate", *options(path))
    assert "accuracy_in_scope " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--slots",), "not available"),
        (("--keep", "0"), "percentage"),
        (("--valid", "/nowhere"), "cannot be read"),
        (("--encoder", "nobody"), "unknown"),
    ],
)
def test_refusals(path, more, why):
    with pytest.raises(CommandError, match=why):
        call_command("nlu_evaluate", *options(path, *more))


def test_a_bad_line_is_named(path):
    path.write_text('{"text": "hi", "intent": "greet"}\n{"text": 1}\n', encoding="utf-8")
    with pytest.raises(CommandError, match="line 2"):
        call_command("nlu_evaluate", *options(path))
