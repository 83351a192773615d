"""Every test that this machine can run: `make test`.

The suite on SQLite without Redis; what touches the database again on PostgreSQL with Redis; faults;
browsers. What is missing is named with the way to get it. Words on the command line go to pytest.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import redis

ROOT = Path(__file__).resolve().parent.parent
QUICK = "not e2e and not faults and not bench"
NOTHING_COLLECTED = 5
POSTGRESQL_PLACES = (
    "postgresql://postgres@127.0.0.1:5432/postgres",
    "postgresql://postgres:postgres@127.0.0.1:5432/postgres",
    f"postgresql:///postgres?user={os.environ.get('USER', 'postgres')}",
)


@dataclass
class Stage:
    """One run of pytest, or the reason why it is left out."""

    name: str
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    missing: str = ""


def main(words: list[str]) -> int:
    base = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL", "DEMO"}}
    shutil.rmtree(ROOT / "var" / "coverage", ignore_errors=True)
    (ROOT / "var" / "coverage").mkdir(parents=True)
    results = [(stage, *run(stage, base, words)) for stage in stages()]
    covered = words or call([sys.executable, "-m", "coverage", "report"], base) == 0
    print("\nSummary")
    for stage, word, seconds in results:
        print(
            f"  {word:<8}{stage.name:<24}{seconds:5.0f} s"
            if word != "skipped"
            else f"  {word:<8}{stage.name:<24}{stage.missing}"
        )
    print(f"  {'passed' if covered else 'FAILED':<8}coverage")
    return 0 if covered and all(word != "FAILED" for _stage, word, _seconds in results) else 1


def stages() -> Iterator[Stage]:
    both = {"DATABASE_URL": find_postgresql(), "REDIS_URL": find_redis()}
    coverage = ("--cov", "--cov-append", "--cov-report=", "--cov-fail-under=0")
    servers = ", ".join(
        help_text
        for name, help_text in {
            "DATABASE_URL": "no PostgreSQL: apt install postgresql, or set DATABASE_URL",
            "REDIS_URL": "no Redis: apt install redis-server, or set REDIS_URL",
        }.items()
        if not both[name]
    )
    yield Stage("SQLite, no Redis", ("-m", QUICK, *coverage))
    yield Stage("PostgreSQL and Redis", ("-m", QUICK, "--database-only", *coverage), both, servers)
    yield Stage("faults", ("-m", "faults"), {} if servers else both)
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    yield Stage(
        "browser", ("-m", "e2e"), missing="" if browser else "no browser: apt install chromium"
    )


def run(stage: Stage, base: dict[str, str], words: list[str]) -> tuple[str, float]:
    """How it went, and how long it took in seconds."""
    if stage.missing:
        return "skipped", 0.0
    print(f"\n── {stage.name} " + "─" * (70 - len(stage.name)), flush=True)
    started = time.monotonic()
    status = call(
        [sys.executable, "-m", "pytest", "-q", *stage.options, *words], base | stage.environment
    )
    return "passed" if status in {0, NOTHING_COLLECTED} else "FAILED", time.monotonic() - started


def call(command: list[str], environment: dict[str, str]) -> int:
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def find_postgresql() -> str:
    """A PostgreSQL on which this run may make databases of its own; empty when there is none."""
    for url in filter(None, (os.environ.get("DATABASE_URL"), *POSTGRESQL_PLACES)):
        try:
            with psycopg.connect(url, connect_timeout=3) as connection:
                row = connection.execute(
                    "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
                ).fetchone()
        except psycopg.Error:
            continue
        if row and row[0]:
            return own_database(url)
    return ""


def own_database(url: str) -> str:
    """The same server with a database name of this run; tests make and drop `test_…` of it."""
    start, _slash, rest = url.rpartition("/")
    _name, mark, query = rest.partition("?")
    return f"{start}/chatbot_{os.getpid()}{mark}{query}"


def find_redis() -> str:
    """An empty database of a Redis, since tests empty it; the empty string when there is none."""
    address = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379").rstrip("/")
    if address.rpartition("/")[2].isdigit():
        address = address.rpartition("/")[0]
    for number in range(15, 0, -1):
        try:
            with redis.Redis.from_url(f"{address}/{number}", socket_timeout=3) as client:
                if client.dbsize() == 0:
                    return f"{address}/{number}"
        except redis.RedisError:
            continue
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
