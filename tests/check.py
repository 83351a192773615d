"""Everything that is checked without running the product: `make check`.

Two checks at a time; what one says is shown when it fails. `make check` ends with 1 if any did.
"""

import os
import secrets
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
OURS = ("accounts", "analytics", "chatbot_site", "conversations", "tests", "requirements")
IMPORT_LINTER = "from importlinter.cli import lint_imports_command as run; run()"
SOURCE_TESTS = (
    "tests/test_architecture.py",
    "tests/test_privacy_map.py",
    "tests/test_templates.py",
)

CHECKS = {
    "types": (PYTHON, "-m", "mypy", *OURS, "manage.py"),
    "style": (PYTHON, "-m", "ruff", "check", "."),
    "format": (PYTHON, "-m", "ruff", "format", "--check", "."),
    "imports": (PYTHON, "-c", IMPORT_LINTER),
    "source": (PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", *SOURCE_TESTS),
    "migrations": (PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"),
    "deployment": (PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"),
    "translations": (PYTHON, "manage.py", "messages_check"),
}


def main() -> int:
    with TemporaryDirectory() as folder, ThreadPoolExecutor(max_workers=2) as pool:
        environment = production_variables(folder)
        failed = [
            name for name, ok in pool.map(lambda n: (n, passes(n, environment)), CHECKS) if not ok
        ]
    print(
        f"\n{len(failed)} of {len(CHECKS)} failed: {', '.join(failed)}" if failed else "\nAll well."
    )
    return 1 if failed else 0


def passes(name: str, environment: dict[str, str]) -> bool:
    started = time.monotonic()
    done = subprocess.run(
        CHECKS[name], cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    ok = done.returncode == 0
    line = f"{'ok  ' if ok else 'FAIL'}  {name:<13}{time.monotonic() - started:5.0f} s"
    print(line if ok else f"{line}\n{done.stdout}{done.stderr}", flush=True)
    return ok


def production_variables(folder: str) -> dict[str, str]:
    """A site as it would be deployed, with keys of its own and no database to reach."""
    site = {
        "ALLOWED_HOSTS": "chat.example.org",
        "MASTER_KEY": secrets.token_urlsafe(48),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "VAR_DIR": folder,
    }
    unwanted = {"DATABASE_URL", "DEBUG", "DEMO", "DJANGO_SETTINGS_MODULE", "HTTPS", "REDIS_URL"}
    return {k: v for k, v in os.environ.items() if k not in unwanted} | site


if __name__ == "__main__":
    sys.exit(main())
