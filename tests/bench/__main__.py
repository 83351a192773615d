"""`make bench`: ratios measured in one run. A table at the end, JSON in var/bench/.

    python -m tests.bench [message] [idle] [engine] [history]

CPU seconds of the server process are what counts: wall time depends on who else uses the machine.
"""

import json
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.engine import bench_engine
from tests.bench.history import bench_history
from tests.bench.processes import ROOT, Server, echo, load, site

POSTGRESQL = os.environ.get("BENCH_DATABASE_URL", "")
CLIENTS = int(os.environ.get("BENCH_CLIENTS", "200"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "10"))
IDLE_SOCKETS = 500
Row = tuple[str, str, str]


def main(names: list[str]) -> int:
    folder = ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    phrases = phrases_file(folder)
    figures: dict[str, Any] = {"machine": platform.platform(), "cores": os.cpu_count()}
    rows: list[Row] = []
    for name in names or list(BENCHES):
        say(f"{name} …")
        BENCHES[name](figures, rows, phrases)
    written = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.json"
    written.write_text(json.dumps(figures, indent=2))
    width = max(len(row[0]) for row in rows)
    for what, measured, goal in rows:
        say(f"{what:<{width}}  {measured:>16}  goal {goal}")
    say(f"written to {written.relative_to(ROOT)}")
    return 0


def bench_message(figures: dict[str, Any], rows: list[Row], phrases: Path) -> None:
    """CPU per persisted message against a stock echo consumer on the same server."""
    with echo() as server:
        baseline = load(server, "echo", CLIENTS, SECONDS, phrases)
    figures["echo"] = baseline
    for database in ("SQLite", "PostgreSQL"):
        if database == "PostgreSQL" and not POSTGRESQL:
            rows.append(("messages on PostgreSQL", "skipped", "set BENCH_DATABASE_URL"))
            continue
        for encoder in ("none", "auto"):
            settings = {"ENCODER": encoder}
            if database == "PostgreSQL":
                settings["DATABASE_URL"] = fresh_postgresql()
            with site(**settings) as server:
                at_rest = server.memory_mib()
                result = load(server, "chat", CLIENTS, SECONDS, phrases)
            name = f"{database}, encoder {encoder}"
            figures[name] = {**result, "at_rest_mib": at_rest}
            ratio = result["cpu_us"] / baseline["cpu_us"]
            rows += [
                (f"{name}: CPU per message / echo", f"{ratio:.1f}", "<= 25"),
                (f"{name}: messages a second", f"{result['per_second']}", "> 200 (PostgreSQL)"),
                (f"{name}: p99 ms", f"{result['p99_ms']}", "< 1000"),
                (f"{name}: errors", f"{result['errors']}", "0"),
                (f"{name}: memory MiB", f"{at_rest:.0f}", "<= 250, <= 350 with encoder"),
            ]


def fresh_postgresql() -> str:
    """An empty database beside the one named by BENCH_DATABASE_URL."""
    import psycopg  # noqa: PLC0415 - only where it is measured

    name = "chatbot_bench"
    with psycopg.connect(POSTGRESQL, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    return POSTGRESQL.rsplit("/", 1)[0] + f"/{name}"


def bench_idle(figures: dict[str, Any], rows: list[Row], phrases: Path) -> None:
    """Memory of a socket that only listens."""
    with site(ENCODER="none") as server:
        load(server, "idle", 20, 1, phrases)
        before = server.memory_mib()
        result = load(server, "idle", IDLE_SOCKETS, 3, phrases)
    each = (result["memory_mib"] - before) * 1024 / IDLE_SOCKETS
    figures["idle"] = {**result, "kib_per_socket": each}
    rows.append(("idle socket, KiB", f"{each:.1f}", "<= 64"))


def phrases_file(folder: Path) -> Path:
    """What the simulated visitors say: phrases of the demo and things that are none of it."""
    texts: list[str] = []
    for file in sorted((ROOT / "conversations" / "demo" / "riverside").glob("??.json")):
        content = json.loads(file.read_text())
        for intent in content["intents"].values():
            texts += intent["phrases"][:5]
        texts += content["out_of_scope"][:20]
    written = folder / "phrases.json"
    written.write_text(json.dumps(texts, ensure_ascii=False))
    return written


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def timed(call: Callable[[], Any]) -> float:
    """CPU seconds of this thread."""
    before = time.thread_time()
    call()
    return time.thread_time() - before


BENCHES: dict[str, Callable[[dict[str, Any], list[Row], Path], None]] = {
    "message": bench_message,
    "idle": bench_idle,
    "engine": bench_engine,
    "history": bench_history,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

__all__ = ["Server", "main"]
