"""The house rules that a program can hold: imports, sizes, first lines, forbidden calls."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from chatbot_site.lib import errors

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "analytics", "chatbot_site", "conversations")
SOURCE_KINDS = (".py", ".js", ".css", ".html")
FOLDERS = (*APPS, "requirements", "static", "templates", "tests")
MAX_LINES = 400
MAX_LINES_OF_CONSUMERS = 150


def files_of(*kinds: str, folders: tuple[str, ...] = FOLDERS) -> list[Path]:
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*"))
    return sorted(p for p in paths if p.suffix in kinds and "migrations" not in p.parts)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def modules_imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_imports_point_down_only() -> None:
    # A process of its own: the linter breaks once Twisted has been imported into this one.
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as r; r()"]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8", "NO_COLOR": "1"}
    done = subprocess.run(
        [*command, "--no-cache"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_lib_is_known_to_the_apps() -> None:
    wrong = [
        f"{name_of(path)}: {module}"
        for path in files_of(".py", folders=("accounts", "analytics", "conversations"))
        for module in modules_imported(ast.parse(path.read_text()))
        if module.startswith("chatbot_site.") and not module.startswith("chatbot_site.lib.")
    ]
    assert wrong == []


def test_files_stay_short() -> None:
    lines = {path: len(path.read_text().splitlines()) for path in files_of(*SOURCE_KINDS)}
    limits = {
        path: MAX_LINES_OF_CONSUMERS if path.name == "consumers.py" else MAX_LINES for path in lines
    }
    assert [f"{name_of(p)}: {n}" for p, n in lines.items() if n > limits[p]] == []


STARTS = {".py": ('"""', "#!"), ".js": ("//", "/*"), ".css": ("/*",)}


def test_every_file_says_its_job_first() -> None:
    silent = [
        name_of(path)
        for path in files_of(*STARTS)
        if (text := path.read_text()) and not text.startswith(STARTS[path.suffix])
    ]
    assert silent == []


FORBIDDEN_MODULES = {"cPickle", "dill", "joblib", "marshal", "pickle", "shelve", "yaml"}
FORBIDDEN_CALLS = {"__import__", "compile", "eval", "exec", "mark_safe", "os.popen", "os.system"}


def dangers_in(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    for module in modules_imported(tree):
        if module.partition(".")[0] in FORBIDDEN_MODULES:
            yield module
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = ast.unparse(call.func)
        if name in FORBIDDEN_CALLS:
            yield name
        if any(word.arg == "shell" and ast.unparse(word.value) == "True" for word in call.keywords):
            yield "shell=True"


# Where text becomes markup by our own hand: each place cleans or builds it itself.
MARKUP_MADE_IN = {"conversations/page.py"}


def test_nothing_runs_what_it_reads() -> None:
    wrong = [
        f"{name_of(path)}: {danger}"
        for path in files_of(".py", folders=APPS)
        for danger in dangers_in(path.read_text())
        if not (danger == "mark_safe" and name_of(path) in MARKUP_MADE_IN)
    ]
    assert wrong == []


def test_the_test_sees_what_runs_what_it_reads() -> None:
    source = (
        "import pickle\nfrom yaml import load\neval('1')\nrun('ls', shell=True)\nos.system('ls')"
    )
    assert list(dangers_in(source)) == ["pickle", "yaml.load", "eval", "shell=True", "os.system"]


# What clients rely on; a new code is added here, an old one is never changed.
ERROR_CODES = {
    "bad_frame": (400, False),
    "bad_text": (400, False),
    "busy": (503, True),
    "closed": (409, False),
    "consent_required": (403, False),
    "forbidden": (403, False),
    "id_conflict": (409, False),
    "internal": (500, True),
    "not_found": (404, False),
    "not_publishable": (409, False),
    "rate_limited": (429, True),
    "read_only": (503, True),
    "restricted": (403, False),
    "too_long": (413, False),
    "unknown_type": (400, False),
    "window_full": (429, True),
}


def subclasses_of(kind: type[errors.ApplicationError]) -> Iterator[type[errors.ApplicationError]]:
    for child in kind.__subclasses__():
        yield child
        yield from subclasses_of(child)


def test_error_codes_are_those_that_clients_know() -> None:
    kinds = [kind for kind in subclasses_of(errors.ApplicationError) if "code" in vars(kind)]
    assert {kind.code: (kind.status, kind.retry) for kind in kinds} == ERROR_CODES
    assert len({kind.code for kind in kinds}) == len(kinds)


HOST = re.compile(r"(?:https?:)?//((?:[a-z0-9-]+\.)+[a-z]{2,})", re.IGNORECASE)
# Names of document types, and names that lead nowhere by definition.
HARMLESS_HOSTS = ("w3.org", "example.org", "example.com", "example")


def test_no_page_or_list_of_packages_names_a_foreign_host() -> None:
    paths = files_of(".html", ".js", ".css", ".svg", folders=("static", "templates"))
    paths += [path for path in (ROOT / "requirements").iterdir() if path.is_file()]
    found = [
        f"{name_of(path)}: {host}"
        for path in paths
        for host in HOST.findall(path.read_text())
        if not host.endswith(HARMLESS_HOSTS)
    ]
    assert found == []


def variables_in_settings() -> set[str]:
    tree = ast.parse((ROOT / "chatbot_site" / "settings.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    reads = [call for call in calls if ast.unparse(call.func).startswith("env.")]
    return {ast.literal_eval(call.args[0]) for call in reads}


def test_every_variable_is_explained_to_operators() -> None:
    page = (ROOT / "docs" / "operate.md").read_text()
    explained = set(re.findall(r"^\| `([A-Z_]+)`", page, re.MULTILINE))
    assert explained == variables_in_settings()


def wanted_packages(name: str) -> Iterator[Requirement]:
    for line in (ROOT / "requirements" / f"{name}.in").read_text().splitlines():
        words = line.partition("#")[0].strip()
        if words and not words.startswith("-"):
            yield Requirement(words)


@pytest.mark.parametrize("name", ["runtime", "encoder", "development"])
def test_lists_of_packages_are_complete_and_hashed(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    pinned = dict(re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", text, re.MULTILINE))
    for wanted in wanted_packages(name):
        version = pinned.get(canonicalize_name(wanted.name))
        assert version, f"{wanted.name} is not in {name}.txt: make lock"
        assert wanted.specifier.contains(Version(version), prereleases=True), f"{wanted}: make lock"
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"[a-z0-9._-]+==\S+", entry), f"a line that is no package: {entry[:60]}"
        assert "--hash=sha256:" in entry, entry.partition("\n")[0]
