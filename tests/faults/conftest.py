"""What the faults need: a prepared database, sites of it, a Redis of one's own, and the figures."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.play import Figures
from tests.faults.server import (
    PrivateRedis,
    Site,
    Template,
    database_drop,
    site_of,
    template_make,
    template_seal,
)

LONG = os.environ.get("FAULTS") == "long"
_figures: list[Figures] = []
SiteMaker = Callable[..., Site]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    """Prepared once; making tables takes longer than most faults."""
    made = template_make(tmp_path_factory.mktemp("faults"))
    template_seal(made)
    yield made
    database_drop(made.url)


@pytest.fixture
def site(template: Template, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    """A site of this test alone; parametrised indirectly, its variables are set."""
    with site_of(template, tmp_path, **getattr(request, "param", {})) as made:
        yield made


@pytest.fixture
def postgresql_site(site: Site) -> Site:
    if not site.on_postgresql:
        pytest.skip("needs PostgreSQL: set DATABASE_URL")
    return site


@pytest.fixture
def private_redis(tmp_path: Path) -> Iterator[PrivateRedis]:
    if shutil.which("redis-server") is None:
        pytest.skip("needs redis-server: apt install redis-server")
    server = PrivateRedis(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Keep the figures of a run for the end of the session."""

    def keep(figures: Figures, **fields: Any) -> None:
        figures.name = request.node.name.removeprefix("test_")[:34]
        for name, value in fields.items():
            setattr(figures, name, value)
        _figures.append(figures)

    return keep


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _figures:
        terminalreporter.section("faults")
        for figures in _figures:
            terminalreporter.write_line(figures.line())
