"""Real sites as child processes, each test's with a database of its own; started, killed, ended."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "http://chat.example"
START_SECONDS = 60.0
ROOMY = {
    "CHAT_FRAMES_PER_SECOND": "1000",
    "CHAT_FRAME_BURST": "1000",
    "CHAT_SENDS_PER_MINUTE": "100000",
    "CHAT_SENDS_PER_HOUR": "100000",
    "CHAT_OPENS_PER_MINUTE": "100000",
    "CHAT_HANDSHAKES_PER_MINUTE": "100000",
    "CHAT_SOCKETS_PER_USER": "200",
    "CHAT_SOCKETS_PER_IP": "500",
}
_numbers = count(1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Template:
    """A prepared database that tests copy, and the sessions of the visitors in it."""

    folder: Path
    url: str
    visitors: list[str]

    @property
    def on_postgresql(self) -> bool:
        return self.url.startswith("postgres")


def variables(folder: Path, database_url: str) -> dict[str, str]:
    """The environment of a site: nothing is inherited but where programs are."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    return {
        **kept,
        "ALLOWED_HOSTS": "127.0.0.1",
        "CSRF_TRUSTED_ORIGINS": ORIGIN,
        "DATABASE_URL": database_url,
        "DEBUG": "0",
        "DEMO": "0",
        "EMBEDDED_WORKER": "0",
        "ENCODER": "none",
        "HTTPS": "0",
        "LANGUAGES": "en",
        "MASTER_KEY": "m" * 64,
        "PYTHONDONTWRITEBYTECODE": "0",
        "PYTHONPATH": str(ROOT),
        "SECRET_KEY": "s" * 64,
        "VAR_DIR": str(folder),
    }


def template_make(folder: Path) -> Template:
    """Prepare the database that the environment names, else an SQLite file."""
    server = os.environ.get("DATABASE_URL", "")
    url = f"sqlite:///{folder / 'template.sqlite3'}"
    if server.startswith("postgres"):
        url = _database_new(server, f"faults_{os.getpid()}")
    command = [sys.executable, "-m", "tests.faults.prepare"]
    done = subprocess.run(
        command, cwd=ROOT, env=variables(folder, url), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return Template(folder, url, json.loads(done.stdout))


def _database_new(url: str, name: str, template: str = "template1") -> str:
    with psycopg.connect(_sibling(url, "postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return _sibling(url, name)


def _sibling(url: str, name: str) -> str:
    """The address of another database on the same server."""
    start, _slash, rest = url.rpartition("/")
    _name, mark, query = rest.partition("?")
    return f"{start}/{name}{mark}{query}"


def database_drop(url: str) -> None:
    if url.startswith("postgres"):
        name = urlsplit(url).path[1:]
        with psycopg.connect(_sibling(url, "postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@dataclass
class Process:
    """One web process."""

    port: int
    environment: dict[str, str]
    log: Path
    child: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/chat/"

    @property
    def pid(self) -> int:
        assert self.child is not None
        return self.child.pid

    def start(self, *, wait: bool = True) -> None:
        program = (
            ["-m", "tests.faults.broken"] if "FAULT" in self.environment else ["manage.py", "serve"]
        )
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                [sys.executable, *program, "--port", str(self.port)],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        if wait:
            self.wait_until_up()

    def wait_until_up(self) -> None:
        started = time.monotonic()
        while time.monotonic() - started < START_SECONDS:
            assert self.child is not None
            assert self.child.poll() is None, self.words()
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                self.starts.append(time.monotonic() - started)
                return
        raise AssertionError(self.words())

    def kill(self) -> None:
        """End it as a crash would: nothing is finished, nothing is said."""
        self._signal(signal.SIGKILL)

    def terminate(self, patience: float = 20.0) -> int:
        """Ask it to end; returns its exit status."""
        return self._signal(signal.SIGTERM, patience)

    def _signal(self, number: signal.Signals, patience: float = 10.0) -> int:
        if self.child is None:
            return 0
        if self.child.poll() is None:
            self.child.send_signal(number)
        status = self.child.wait(patience)
        self.child = None
        return status

    def wait_for_death(self, patience: float = 30.0) -> int:
        """It dies by itself, by a fault built in."""
        assert self.child is not None
        status = self.child.wait(patience)
        self.child = None
        return status

    def is_alive(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def words(self) -> str:
        """The end of what it wrote to its log."""
        return self.log.read_text(errors="replace")[-6000:] if self.log.exists() else ""

    def memory_bytes(self) -> int:
        """Resident memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@dataclass
class Site:
    """A site: one database, any number of web processes, perhaps a Redis."""

    folder: Path
    database_url: str
    visitors: list[str]
    redis: "PrivateRedis | None" = None
    settings: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)

    @property
    def on_postgresql(self) -> bool:
        return self.database_url.startswith("postgres")

    def process(self, **settings: Any) -> Process:
        """One more web process, not yet started."""
        number = len(self.processes)
        environment = variables(self.folder, self.database_url) | ROOMY | self.settings
        if self.redis is not None:
            environment["REDIS_URL"] = self.redis.url
        environment |= {name: str(value) for name, value in settings.items()}
        made = Process(free_port(), environment, self.folder / f"web{number}.log")
        self.processes.append(made)
        return made

    def started(self, **settings: Any) -> Process:
        process = self.process(**settings)
        process.start()
        return process

    def urls(self) -> list[str]:
        return [process.url for process in self.processes]

    def stop(self) -> None:
        for process in self.processes:
            process.kill()

    def tracebacks(self) -> str:
        """Exceptions that nobody foresaw, from the logs of all processes."""
        texts = [p.log.read_text(errors="replace") for p in self.processes if p.log.exists()]
        found = [
            text[text.index("Traceback") - 500 :][:3000] for text in texts if "Traceback" in text
        ]
        return "\n".join(found)


@contextmanager
def site_of(template: Template, folder: Path, **settings: Any) -> Iterator[Site]:
    """A site with a copy of the prepared database; ended and dropped afterwards."""
    number = next(_numbers)
    if template.on_postgresql:
        name = urlsplit(template.url).path[1:]
        url = _database_new(template.url, f"{name}_{number}", template=name)
    else:
        url = f"sqlite:///{folder / 'site.sqlite3'}"
        shutil.copyfile(template.folder / "template.sqlite3", folder / "site.sqlite3")
    values = {name: str(value) for name, value in settings.items()}
    site = Site(folder, url, list(template.visitors), settings=values)
    try:
        yield site
    finally:
        site.stop()
        database_drop(url)


def template_seal(template: Template) -> None:
    """An SQLite file is copied without its journal, so that everything must be in the file."""
    if not template.on_postgresql:
        connection = sqlite3.connect(template.folder / "template.sqlite3")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()


class PrivateRedis:
    """A Redis server of our own, to be stopped, emptied and frozen."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Empty, as after a loss."""
        command = [
            "redis-server",
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            str(self.folder),
            "--loglevel",
            "warning",
        ]
        self._child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for _attempt in range(200):
            try:
                self.ask("PING")
            except redis.RedisError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError("the private Redis did not start")

    def stop(self) -> None:
        if self._child is not None:
            self._child.send_signal(signal.SIGCONT)
            self._child.kill()
            self._child.wait(10)
            self._child = None

    def freeze(self) -> None:
        """It takes connections and never answers."""
        assert self._child is not None
        self._child.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._child is not None
        self._child.send_signal(signal.SIGCONT)

    def ask(self, *words: str) -> Any:
        with redis.Redis.from_url(self.url, socket_timeout=2) as client:
            return client.execute_command(*words)
