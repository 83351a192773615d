"""Readable by everybody, light on the wire, whole on the smallest screen."""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request

from tests.e2e import talk
from tests.e2e.conftest import ROOT, Visit

pytestmark = pytest.mark.e2e
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
}
MAX_BYTES = 120 * 1024
PICTURE = ROOT / "docs" / "images" / "chat.png"


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {[node['html'][:90] for node in one['nodes'][:3]]}" for one in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_nobody_is_kept_out(visit: Visit, language: str, theme: str):
    page = visit(language=language, theme=theme, width=390, height=844)
    # What is half faded in has less contrast than it will have.
    page.emulate_media(reduced_motion="reduce")
    assert violations(page) == []

    talk.ask(page, talk.QUESTIONS[language])
    page.locator("#choices .chip").first.click()
    page.locator(".thumb").last.click()
    page.locator(".why").wait_for()
    page.context.set_offline(True)
    talk.write(page, "…and?")
    page.locator("#bar .icon").wait_for()
    assert violations(page) == []

    page.locator("[popovertarget=main-menu]").click()
    assert violations(page) == []


def test_the_whole_page_is_light(visit: Visit):
    page = visit("/privacy/")
    loaded: dict[str, int] = {}

    def count(request: Request) -> None:
        response = request.response()
        if response is not None and request.resource_type in {"document", "stylesheet", "script"}:
            loaded[request.url] = len(response.body())

    page.on("requestfinished", count)
    page.goto("/")
    page.wait_for_load_state("networkidle")
    sprite = len((ROOT / "static" / "img" / "icons.svg").read_bytes())

    total = sum(loaded.values()) + sprite
    assert total <= MAX_BYTES, loaded


@pytest.mark.parametrize("language", ["en", "ar"])
def test_nothing_sticks_out_on_the_smallest_screen(visit: Visit, language: str):
    page = visit(language=language, width=320, height=480)
    talk.ask(page, "Donaudampfschifffahrtsgesellschaftskapitän" * 4 + " 👩‍👩‍👧‍👦")

    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_nothing_moves_for_those_who_asked_for_it(visit: Visit):
    page = visit()
    page.emulate_media(reduced_motion="reduce")
    talk.ask(page)

    moving = "document.getAnimations().filter((one) => one.playState === 'running').length"
    assert page.evaluate(moving) == 0


def test_the_picture_for_the_readme(visit: Visit):
    """Drawn when it is missing, or again with UPDATE_IMAGES=1."""
    page = visit(width=1280, height=1000)
    talk.ask(page, "When are you open?")
    talk.ask(page, "How do I find you?")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    missing = "[...document.images].filter((one) => !one.naturalWidth).map((one) => one.src)"
    assert page.evaluate(missing) == []

    picture = page.screenshot()

    assert picture.startswith(b"\x89PNG")
    if not PICTURE.exists() or os.environ.get("UPDATE_IMAGES"):
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        PICTURE.write_bytes(picture)
