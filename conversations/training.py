"""Runs the training of a release in a child process and watches over it.

scikit-learn stays out of this process, a crash or a hunger for memory stays in the child, and the
child sees none of the site's secrets.
"""

import atexit
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from django.conf import settings

from conversations.bot.types import Example

Progress = Callable[[str, float], None]
"""Hears a step and how much of the whole is done, 0 to 1; may raise to stop the training."""

COMMAND: Final = (sys.executable, "-m", "conversations.bot.nlu.local.job")
SECONDS: Final = 840
"""Time limit of one training; below the time limit of its task."""
POLL_SECONDS: Final = 0.25
MAX_SAID: Final = 4 * 1024 * 1024
_NICENESS: Final = 10
_PASSED_ON: Final = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "PYTHONPYCACHEPREFIX",
)
_ONE_THREAD: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)


class TrainingError(Exception):
    """The training gave no model; the message is for the log and for staff."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training gives: the artefact's bytes and the report as JSON."""

    blob: bytes
    report: dict[str, Any]


class Trainer(Protocol):
    """What trains a release; tests hand in their own."""

    def __call__(
        self,
        examples: Sequence[Example],
        replies: Mapping[str, Sequence[str]],
        *,
        keep: float,
        progress: Progress,
    ) -> Trained:
        """Train; raises `TrainingError`."""
        ...


def silent(_step: str, _done: float) -> None:
    """For those who don't ask about progress."""


def train_in_child(
    examples: Sequence[Example],
    replies: Mapping[str, Sequence[str]],
    *,
    keep: float,
    progress: Progress,
    command: Sequence[str] = COMMAND,
    seconds: float = SECONDS,
) -> Trained:
    """Train; raises `TrainingError`, and whatever `progress` raises after the child was ended."""
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        output = Path(folder) / "artefact"
        job = {
            "examples": [asdict(example) for example in examples],
            "replies": replies,
            "keep": keep,
            "encoder": settings.ENCODER,
            "output": str(output),
        }
        (Path(folder) / "job").write_text(json.dumps(job), encoding="utf-8")
        report = _watched(Path(folder), command, seconds, progress)
        try:
            blob = output.read_bytes()
        except OSError as error:
            raise TrainingError("The training ended without a model.") from error
    return Trained(blob, report)


def _watched(
    folder: Path, command: Sequence[str], seconds: float, progress: Progress
) -> dict[str, Any]:
    """Run the command on the folder's job, pass its steps on, return its report."""
    said = folder / "said"
    with _child(folder, command, seconds) as child:
        ends = time.monotonic() + seconds
        read = 0
        while child.poll() is None:
            if time.monotonic() > ends:
                raise TrainingError(f"The training took longer than {seconds:.0f} seconds.")
            time.sleep(POLL_SECONDS)
            read = _pass_on(said, read, progress)
        lines = _lines(said, 0)[0]
    return _outcome(lines, child.returncode, folder / "complaints")


@contextlib.contextmanager
def _child(
    folder: Path, command: Sequence[str], seconds: float
) -> Iterator["subprocess.Popen[bytes]"]:
    """The child, nice and without secrets; never outlives this block or this process."""
    env = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | _ONE_THREAD
    with (
        (folder / "job").open("rb") as job,
        (folder / "said").open("wb") as said,
        (folder / "complaints").open("wb") as complaints,
    ):
        child = subprocess.Popen(
            command, stdin=job, stdout=said, stderr=complaints, env=env, cwd=settings.BASE_DIR
        )
    atexit.register(child.kill)
    try:
        _restrain(child.pid, seconds)
        yield child
    finally:
        child.kill()
        child.wait()
        atexit.unregister(child.kill)


def _restrain(pid: int, seconds: float) -> None:
    """Let others go first, and bound its CPU time even if nobody is left to watch it."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, _NICENESS)
        if hasattr(resource, "prlimit"):
            limit = int(seconds) + 1
            resource.prlimit(pid, resource.RLIMIT_CPU, (limit, limit))


def _pass_on(said: Path, start: int, progress: Progress) -> int:
    """Report the newest step since this place of the file, or that the child lives."""
    lines, end = _lines(said, start)
    step, done = "", 0.0
    for line in lines:
        if isinstance(line.get("step"), str) and isinstance(line.get("done"), int | float):
            step, done = line["step"], min(max(float(line["done"]), 0.0), 1.0)
    progress(step, done)
    return end


def _lines(said: Path, start: int) -> tuple[list[dict[str, Any]], int]:
    """The whole JSON objects after this place, one a line, and where they end."""
    with said.open("rb") as stream:
        stream.seek(start)
        text = stream.read(MAX_SAID)
    whole = text[: text.rfind(b"\n") + 1]
    found = []
    for line in whole.splitlines():
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(line)
            if isinstance(value, dict):
                found.append(value)
    return found, start + len(whole)


def _outcome(lines: list[dict[str, Any]], status: int, complaints: Path) -> dict[str, Any]:
    last = lines[-1] if lines else {}
    if status == 0 and isinstance(last.get("report"), dict):
        report: dict[str, Any] = last["report"]
        return report
    why = str(last.get("error", "")) or _last_words(complaints)
    if status < 0:
        why = f"it was ended by signal {-status}"
    raise TrainingError(f"The training failed: {why or f'exit status {status}'}.")


def _last_words(complaints: Path) -> str:
    words = complaints.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return words[-1][:500] if words else ""
