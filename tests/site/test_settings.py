"""Sites differ by variables only; a site that is not safe does not start."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
KEYS = {
    "SECRET_KEY": "kU3mS0mVd9wQx7c2Zb8nT5rL1yH6gJ4fPaEoIiAuYtRqWsXdCvBnMzKlPoQw",
    "MASTER_KEY": "mU3mS0mVd9wQx7c2Zb8nT5rL1yH6gJ4fPaEoIiAuYtRqWsXdCvBnMzKlPoQw",
}
PRODUCTION = {"ALLOWED_HOSTS": "chat.example.org"}
SHOW = """
import json, sys
from chatbot_site import settings
chosen = {name: getattr(settings, name) for name in sys.argv[1:]}
print(json.dumps(chosen, default=lambda value: ""))
"""


def run(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A process that knows these variables only."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-W", "ignore", *arguments],
        cwd=ROOT,
        env=kept | {"VAR_DIR": str(folder)} | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=55,
    )


def settings_with(*names: str, folder: Path, **variables: str) -> dict[str, object]:
    done = run("-c", SHOW, *names, folder=folder, **variables)
    assert done.returncode == 0, done.stderr
    shown: dict[str, object] = json.loads(done.stdout)
    return shown


@pytest.mark.slow
def test_a_site_in_production_has_nothing_to_warn_of(tmp_path: Path) -> None:
    done = run(
        "manage.py", "check", "--deploy", "--fail-level", "WARNING",
        folder=tmp_path, **KEYS, **PRODUCTION,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "System check identified no issues" in done.stdout
    assert list(tmp_path.iterdir()) == [], "no key is made up"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "check"),
    [
        ("SECRET_KEY", "", "accounts.E001"),
        ("MASTER_KEY", "", "accounts.E002"),
        ("MASTER_KEY", "x" * 42, "accounts.E002"),
    ],
    ids=["no secret key", "no master key", "short master key"],
)
def test_a_site_without_keys_does_not_start(
    tmp_path: Path, name: str, value: str, check: str
) -> None:
    variables = {**KEYS, **PRODUCTION, name: value}
    done = run("manage.py", "check", folder=tmp_path, **variables)
    assert done.returncode == 1
    assert f"({check}) {name} is missing or too short." in done.stderr
    assert f"{name}_FILE" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_keys_may_come_from_files(tmp_path: Path) -> None:
    for name, value in KEYS.items():
        (tmp_path / name).write_text(value)
    files = {f"{name}_FILE": str(tmp_path / name) for name in KEYS}
    shown = settings_with("SECRET_KEY", "MASTER_KEY", folder=tmp_path, **files)
    assert shown == KEYS


@pytest.mark.slow
def test_production_speaks_https_only(tmp_path: Path) -> None:
    names = (
        "DEBUG", "DEMO", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE", "SESSION_COOKIE_NAME", "CSRF_TRUSTED_ORIGINS", "ALLOWED_HOSTS",
        "WEBSOCKET_ORIGINS",
    )  # fmt: skip
    assert settings_with(*names, folder=tmp_path, **KEYS, **PRODUCTION) == {
        "DEBUG": False,
        "DEMO": False,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_NAME": "__Host-session",
        "CSRF_TRUSTED_ORIGINS": ["https://chat.example.org"],
        "ALLOWED_HOSTS": ["chat.example.org"],
        "WEBSOCKET_ORIGINS": ["https://chat.example.org"],
    }


@pytest.mark.slow
def test_the_demo_makes_its_own_keys_on_loopback(tmp_path: Path) -> None:
    names = ("SECRET_KEY", "MASTER_KEY", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "DEBUG")
    first = settings_with(*names, folder=tmp_path, DEMO="1", PORT="8123")
    assert first == settings_with(*names, folder=tmp_path, DEMO="1", PORT="8123")
    assert first["SECRET_KEY"] != first["MASTER_KEY"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["master_key", "secret_key"]
    assert first["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]
    assert first["CSRF_TRUSTED_ORIGINS"] == [
        f"http://{host}:8123" for host in ("127.0.0.1", "localhost", "[::1]")
    ]
    assert first["DEBUG"] is False


@pytest.mark.slow
def test_languages_are_chosen_from_those_we_have(tmp_path: Path) -> None:
    def codes(value: str) -> list[str]:
        shown = settings_with("LANGUAGES", "LANGUAGE_CODE", folder=tmp_path, LANGUAGES=value)
        languages = [code for code, _name in shown["LANGUAGES"]]  # type: ignore[attr-defined]  # JSON
        assert shown["LANGUAGE_CODE"] == languages[0]
        return languages

    assert codes("ar,de") == ["de", "ar"]
    assert codes("tlh") == ["en", "es", "fr", "de", "ar"]
