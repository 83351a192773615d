"""Makes the environments: `.venv` from runtime.txt and encoder.txt, `.venv-dev` on top of it.

Runs on the machine's own Python with nothing installed: `python3 requirements/install.py`, with
`dev` for checks and tests as well, with `again` to ignore what is remembered as installed.
"""

from __future__ import annotations  # an older Python must get as far as our message

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

LISTS = Path(__file__).resolve().parent
ROOT = LISTS.parent
RUNTIME = ROOT / ".venv"
DEVELOPMENT = ROOT / ".venv-dev"
# Test suites inside packages: a tenth of what the packages weigh, used by nobody here.
UNUSED_TESTS_OF = ("joblib", "numpy", "scipy", "sklearn", "twisted")
DEBIAN_HELP = "On Debian and Ubuntu:\n    sudo apt install python3-venv"


class InstallError(Exception):
    """What a person has to mend before this can go on."""


def main(words: list[str]) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - this is what tells it
        print(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        prepare_runtime(again="again" in words)
        if "dev" in words:
            prepare_development(again="again" in words)
    except InstallError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def prepare_runtime(*, again: bool) -> None:
    lists = ("runtime.txt", "encoder.txt")
    if is_current(RUNTIME, lists) and not again:
        return
    say("Preparing .venv; this happens once and takes a minute or a few.")
    make_environment(RUNTIME)
    install(RUNTIME, "runtime.txt")
    try:
        install(RUNTIME, "encoder.txt")
    except InstallError:
        say("The sentence encoder could not be installed. Everything works without it; the bot")
        say("understands paraphrases a little less well. `make install` tries again.")
    remove_unused(RUNTIME)
    remember(RUNTIME, lists)


def prepare_development(*, again: bool) -> None:
    lists = ("runtime.txt", "development.txt")
    if is_current(DEVELOPMENT, lists) and not again:
        return
    say("Preparing .venv-dev for checks and tests; this happens once.")
    make_environment(DEVELOPMENT)
    # A relative line, so that a moved or copied tree keeps working.
    below = os.path.relpath(packages_of(RUNTIME), packages_of(DEVELOPMENT))
    (packages_of(DEVELOPMENT) / "runtime.pth").write_text(below + "\n")
    install(DEVELOPMENT, "development.txt")
    remember(DEVELOPMENT, lists)


def make_environment(folder: Path) -> None:
    """An empty environment without pip; one whose Python is gone is made anew."""
    if succeeds(python_of(folder), "-c", ""):
        return
    shutil.rmtree(folder, ignore_errors=True)
    if not runs(sys.executable, "-m", "venv", "--without-pip", folder):
        raise InstallError(f"This Python can't make environments. {DEBIAN_HELP}")


def install(folder: Path, name: str) -> None:
    """Install one compiled list with uv, else this Python's pip, else a pip made inside."""
    python = python_of(folder)
    wanted = ("--require-hashes", "-r", LISTS / name)
    if shutil.which("uv") and runs("uv", "pip", "install", "-q", "--python", python, *wanted):
        return
    options = ("install", "-q", "--no-compile", "--disable-pip-version-check", *wanted)
    if succeeds(sys.executable, "-c", "import pip; assert int(pip.__version__.split('.')[0]) > 22"):
        done = runs(sys.executable, "-m", "pip", "--python", python, *options)
    elif succeeds(python, "-m", "pip", "--version") or succeeds(python, "-m", "ensurepip"):
        done = runs(python, "-m", "pip", *options)
    else:
        raise InstallError(f"This Python has neither pip nor ensurepip. {DEBIAN_HELP}")
    if not done:
        raise InstallError(f"The packages of requirements/{name} could not be installed.")


def python_of(folder: Path) -> Path:
    return folder / "bin" / "python"


def packages_of(folder: Path) -> Path:
    """Where packages of this environment live, also where a distribution moves its own."""
    places = {"base": str(folder), "platbase": str(folder)}
    return Path(sysconfig.get_path("purelib", "venv", places))


def remove_unused(folder: Path) -> None:
    """Leave out what no running site reads: test suites, sources of compiled translations."""
    for package in UNUSED_TESTS_OF:
        for path in sorted((packages_of(folder) / package).rglob("test*")):
            if path.name in {"test", "tests"} and path.is_dir():
                shutil.rmtree(path)
    for path in packages_of(folder).rglob("LC_MESSAGES/*.po"):
        path.unlink()


def stamp_of(lists: tuple[str, ...]) -> str:
    """Changes with the lists and with the Python that they were installed for."""
    digest = hashlib.sha256(sys.version.encode())
    for name in lists:
        digest.update((LISTS / name).read_bytes())
    return digest.hexdigest()


def is_current(folder: Path, lists: tuple[str, ...]) -> bool:
    stamp = folder / "installed"
    is_same = stamp.exists() and stamp.read_text() == stamp_of(lists)
    return is_same and succeeds(python_of(folder), "-c", "")


def remember(folder: Path, lists: tuple[str, ...]) -> None:
    (folder / "installed").write_text(stamp_of(lists))


def runs(*words: str | Path) -> bool:
    """Whether this command, loud and in the foreground, ended well; it does not outlive us."""
    return subprocess.run(words, cwd=ROOT, check=False).returncode == 0


def succeeds(*words: str | Path) -> bool:
    """Whether this command would work; says nothing."""
    try:
        return subprocess.run(words, cwd=ROOT, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
