"""The training job: JSON in, progress and a report out, an artefact on disk."""

import io
import json
import subprocess
import sys

from conversations.bot.nlu.local import job
from conversations.bot.nlu.local.model import LocalModel
from tests.bot.nlu.corpora import ROOT, bilingual


def lines():
    return [
        {"text": line.text, "intent": line.intent, "language": line.language}
        for line in bilingual()
    ]


def run(text):
    target = io.StringIO()
    status = job.main(io.StringIO(text), target)
    return status, [json.loads(line) for line in target.getvalue().splitlines()]


def test_job_trains_reports_and_leaves_one_file(tmp_path):
    output = tmp_path / "model.safetensors"
    asked = {"examples": lines(), "encoder": "none", "output": str(output), "seed": 3}
    status, said = run(json.dumps(asked | {"replies": {"fr": ["Bonjour et merci"]}}))
    assert status == 0
    done = [line["done"] for line in said[:-1]]
    assert done == sorted(done)
    assert done[-1] == 1
    report = said[-1]["report"]
    assert report["model_bytes"] == output.stat().st_size
    assert report["metrics"]["accuracy_in_scope"] > 0.8
    model = LocalModel.from_bytes(output.read_bytes())
    assert model.intents == ("bill", "book", "hours")
    assert model.language_model is not None
    assert model.language_model.languages == ("de", "en", "fr")
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]


def test_job_without_phrases(tmp_path):
    output = tmp_path / "empty"
    status, _ = run(json.dumps({"examples": [], "encoder": "none", "output": str(output)}))
    assert status == 0
    assert not LocalModel.from_bytes(output.read_bytes()).predict("hello").in_scope


def test_broken_jobs_fail_with_a_reason(tmp_path):
    for text in ("", "[]", "{}", '{"examples": [{}], "output": "x"}'):
        status, said = run(text)
        assert status == 1
        assert list(said[-1]) == ["error"]
    nowhere = {"examples": [], "encoder": "none", "output": str(tmp_path / "no" / "where")}
    assert run(json.dumps(nowhere))[0] == 1
    assert run(json.dumps(nowhere | {"encoder": "nobody"}))[0] == 1


def test_serving_does_not_import_scikit_learn():
    code = (
        "import sys, conversations.bot.nlu.local.provider, conversations.bot.nlu.registry;"
        "heavy = {'sklearn', 'scipy', 'django'};"
        "sys.exit(bool(heavy & {name.split('.')[0] for name in sys.modules}))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_job_as_a_process(tmp_path):
    asked = {"examples": lines(), "encoder": "none", "output": str(tmp_path / "model")}
    ended = subprocess.run(
        [sys.executable, "-m", "conversations.bot.nlu.local.job"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert "report" in json.loads(ended.stdout.splitlines()[-1])
