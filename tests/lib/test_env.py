"""Variables and key files become settings."""

import base64
import stat
import subprocess
import sys
from pathlib import Path

from chatbot_site.lib import env
from chatbot_site.lib.env import generated_secret, origins_of, redis_cache


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret_key"
    made = generated_secret(path, make=True)
    assert len(base64.urlsafe_b64decode(made)) == 48
    assert generated_secret(path, make=True) == made
    assert generated_secret(path, make=False) == made
    assert [one.name for one in path.parent.iterdir()] == ["secret_key"]


def test_only_the_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    generated_secret(path, make=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_none_is_made_where_it_may_not(tmp_path: Path) -> None:
    assert generated_secret(tmp_path / "secret_key", make=False) == ""
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_somebody_wrote_counts_without_its_last_line_end(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    path.write_text("from the vault\n")
    assert generated_secret(path, make=True) == "from the vault"


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    code = "import runpy, pathlib, sys; make = runpy.run_path(sys.argv[1])['generated_secret']; "
    code += "print(make(pathlib.Path(sys.argv[2]), make=True))"
    command = [sys.executable, "-S", "-c", code, env.__file__, str(path)]
    starts = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    said = {start.communicate()[0].strip() for start in starts}
    assert said == {path.read_text()}


def test_origins_name_scheme_host_and_port() -> None:
    hosts = ["chat.example.org", "*", "[::1]"]
    assert origins_of(hosts, https=True, port=8000) == ["https://chat.example.org", "https://[::1]"]
    assert origins_of(hosts, https=False, port=8001) == [
        "http://chat.example.org:8001",
        "http://[::1]:8001",
    ]
    assert origins_of([], https=True, port=8000) == []


def test_a_silent_redis_costs_half_a_second() -> None:
    cache = redis_cache("redis://cache:6379/1")
    assert cache["LOCATION"] == "redis://cache:6379/1"
    assert cache["OPTIONS"]["socket_timeout"] == 0.5
    assert cache["OPTIONS"]["socket_connect_timeout"] == 0.5
