"""The child process that trains: what it gets, gives, and how it fails."""

import sys
from typing import Any

import pytest

from conversations.bot.types import Example
from conversations.services import releases
from conversations.training import Progress, Trained, TrainingError, train_in_child
from tests.conversations.teaching import LESSONS


@pytest.fixture(autouse=True)
def no_encoder(settings: Any) -> None:
    settings.ENCODER = "none"


LINES = [Example(phrase, name, "en") for name, phrases in LESSONS.items() for phrase in phrases]


def child(code: str, *, seconds: float = 30, progress: Progress | None = None) -> Trained:
    """Train by a program of our own in place of the training."""
    start = "import json, os, signal, sys, time; job = json.load(sys.stdin)\n"
    steps = progress or (lambda _step, _done: None)
    command = (sys.executable, "-c", start + code)
    return train_in_child(LINES, {}, keep=95, progress=steps, command=command, seconds=seconds)


WRITES = "open(job['output'], 'wb').write(b'model')\n"


def test_the_child_gets_the_job_and_gives_model_report_and_steps() -> None:
    steps: list[tuple[str, float]] = []

    trained = child(
        WRITES
        + "print(json.dumps({'step': 'fitting', 'done': 0.5}), flush=True); time.sleep(0.8)\n"
        "print(json.dumps({'report': {'n': len(job['examples']), 'keep': job['keep'],"
        " 'encoder': job['encoder'], 'secrets': sorted(k for k in os.environ if 'KEY' in k),"
        " 'threads': os.environ['OMP_NUM_THREADS'], 'nice': os.nice(0)}}))",
        progress=lambda *step: steps.append(step),
    )

    assert trained.blob == b"model"
    assert trained.report == {
        "n": 8,
        "keep": 95,
        "encoder": "none",
        "secrets": [],
        "threads": "1",
        "nice": 10,
    }
    assert ("fitting", 0.5) in steps
    assert ("", 0.0) in steps


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("sys.exit(1)", "The training failed: exit status 1."),
        ('print(\'{"error": "no phrases"}\'); sys.exit(1)', "The training failed: no phrases."),
        ("raise MemoryError('too big')", "The training failed: MemoryError: too big."),
        ("os.kill(os.getpid(), signal.SIGKILL)", "The training failed: it was ended by signal 9."),
        (
            WRITES + "print('garbage'); print('[1]'); print('{\"a\"')",
            "The training failed: exit status 0.",
        ),
        ("print('{\"report\": {}}')", "The training ended without a model."),
        (
            WRITES + "sys.stdout.buffer.write(bytes(range(256)) * 99)",
            "The training failed: exit status 0.",
        ),
    ],
)
def test_a_child_that_fails_says_why(code: str, why: str) -> None:
    with pytest.raises(TrainingError) as failure:
        child(code)

    assert str(failure.value) == why


def test_a_child_that_hangs_is_ended() -> None:
    with pytest.raises(TrainingError, match="longer than 1 seconds"):
        child("time.sleep(60)", seconds=1)


def test_a_child_whose_claim_is_lost_is_ended() -> None:
    def lost(_step: str, _done: float) -> None:
        raise releases.ClaimLostError

    with pytest.raises(releases.ClaimLostError):
        child("time.sleep(60)", progress=lost)
