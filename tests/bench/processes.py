"""Servers under measurement: started on their own port and folder, watched from outside, ended."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
SERVER_CORE, CLIENT_CORE = 0, (os.cpu_count() or 1) - 1
START_SECONDS = 400
NO_LIMITS = {
    "CHAT_FRAMES_PER_SECOND": "10000",
    "CHAT_FRAME_BURST": "10000",
    "CHAT_SENDS_PER_MINUTE": "1000000",
    "CHAT_SENDS_PER_HOUR": "10000000",
    "CHAT_OPENS_PER_MINUTE": "1000000",
    "CHAT_HANDSHAKES_PER_MINUTE": "1000000",
    "CHAT_SOCKETS_PER_IP": "100000",
}


@dataclass
class Server:
    """A running server process."""

    pid: int
    url: str

    def cpu_seconds(self) -> float:
        """User and system time so far, from the kernel's counters."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mib(self) -> float:
        """Resident memory now."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0


@contextmanager
def site(**environment: str) -> Iterator[Server]:
    """The demo site, trained and published, limits off, pinned to one core."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        base = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
        more = {"DEMO": "1", "VAR_DIR": folder, "PORT": str(port), **NO_LIMITS, **environment}
        command = [sys.executable, "manage.py", "serve", "--port", str(port)]
        with running(command, {**base, **more}, port) as server:
            yield server


@contextmanager
def echo() -> Iterator[Server]:
    """The baseline: a stock Channels consumer that sends back what it gets."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.echo", str(port)]
    with running(command, dict(os.environ), port) as server:
        yield server


@contextmanager
def running(command: list[str], environment: Mapping[str, str], port: int) -> Iterator[Server]:
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, env=dict(environment), stdout=log, stderr=log)
        try:
            wait_for(port, process)
            for thread in Path(f"/proc/{process.pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {SERVER_CORE})
            yield Server(process.pid, f"http://127.0.0.1:{port}")
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise RuntimeError("the server did not start in time")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def load(server: Server, kind: str, clients: int, seconds: float, phrases: Path) -> dict[str, Any]:
    """Run the load client beside the server; adds the server's CPU per message and connection."""
    command = [
        sys.executable, "-m", "tests.bench.load", kind, server.url, "--clients", str(clients),
        "--seconds", str(seconds), "--phrases", str(phrases),
    ]  # fmt: skip
    before = server.cpu_seconds()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as client:
        os.sched_setaffinity(client.pid, {CLIENT_CORE})
        assert client.stdout is not None
        client.stdout.readline()
        connected, memory = server.cpu_seconds(), server.memory_mib()
        result: dict[str, Any] = json.loads(client.stdout.readline())
        done = server.cpu_seconds()
    result["connect_cpu_us"] = round((connected - before) / clients * 1e6)
    result["cpu_us"] = round((done - connected) / max(1, result["messages"]) * 1e6)
    result["memory_mib"] = round(memory, 1)
    return result


def page(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own server
        content: bytes = answer.read()
        return content
