"""Uploaded pictures are served, and nothing else that lies beside them."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    return Path(settings.MEDIA_ROOT)


def test_a_picture_is_served_as_a_picture(folder: Path) -> None:
    (folder / "a.png").write_bytes(PNG)
    answer = Client().get("/media/a.png")
    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["b.png", "../secret.png", "%2e%2e/secret.png", "page.html", ""])
def test_anything_else_is_not_found(folder: Path, name: str) -> None:
    (folder.parent / "secret.png").write_bytes(PNG)
    (folder / "page.html").write_bytes(b"<script>alert(1)</script>")
    assert Client().get(f"/media/{name}").status_code == 404
