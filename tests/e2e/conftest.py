"""The real site in a process of its own, and a browser to visit it.

Set `E2E_VAR_DIR` to a folder that may stay to teach the demo bot once and not in every run.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TEACHING_SECONDS = 240
START_SECONDS = 60


@dataclass
class Site:
    """A running site; may be killed and started again on the same port."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, patience: float = START_SECONDS) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "DEMO": "1",
            "VAR_DIR": str(self.folder),
            "PORT": str(self.port),
            # All visitors of a run come from one address.
            "CHAT_HANDSHAKES_PER_MINUTE": "10000",
            "CHAT_OPENS_PER_MINUTE": "10000",
            "CHAT_FRAMES_PER_SECOND": "100",
        }
        command = [sys.executable, "manage.py", "serve"]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        self._wait(patience)

    def kill(self) -> None:
        """As power failure does: without a word to anybody."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def _wait(self, patience: float) -> None:
        ends = time.monotonic() + patience
        while time.monotonic() < ends:
            assert self.process is not None
            assert self.process.poll() is None, (self.folder / "server.log").read_text()[-2_000:]
            knock = HTTPConnection("127.0.0.1", self.port, timeout=2)
            with closing(knock), suppress(OSError):
                knock.request("GET", "/health/live")
                with closing(knock.getresponse()) as answer:
                    answer.read()
                return
            time.sleep(0.2)
        pytest.fail("the site did not start in time")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    why = "needs Chromium on the path: apt install chromium"
    for item in items:
        if item.get_closest_marker("e2e"):
            item.add_marker(pytest.mark.timeout(TEACHING_SECONDS + START_SECONDS))
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason=why))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo site with a taught and published bot."""
    kept = os.environ.get("E2E_VAR_DIR")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("site")
    folder.mkdir(parents=True, exist_ok=True)
    running = Site(folder, _free_port())
    running.start(TEACHING_SECONDS)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """Opens an address as a new visitor: `visit("/", language="ar", theme="dark", width=390)`.

    Fails the test when a script of the page fails or the page asks for something from elsewhere.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_page(
        path: str = "/",
        *,
        language: str = "en",
        theme: str = "light",
        width: int = 1280,
        height: int = 800,
        script: bool = True,
    ) -> Page:
        context = browser.new_context(
            base_url=site.address,
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            java_script_enabled=script,
            locale=language,
        )
        contexts.append(context)
        context.add_cookies([{"name": "language", "value": language, "url": site.address}])
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "request",
            lambda request: (
                problems.append(request.url) if _is_foreign(request.url, site) else None
            ),
        )
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def _is_foreign(url: str, site: Site) -> bool:
    return not url.startswith((site.address, "data:", "blob:", "chrome", "about:"))
