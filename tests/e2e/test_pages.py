"""Account and error pages in a browser: open to everybody, in both directions, on any screen."""

import re
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.conftest import Visit

pytestmark = pytest.mark.e2e
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}
PATHS = ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/nowhere/"]
PASSWORD = "correct horse battery staple"
CHAT = re.compile(r"^http://[^/]+/$")


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {[node['html'][:90] for node in one['nodes'][:3]]}" for one in found]


def focused(page: Page) -> str:
    """The name or class of what has the focus."""
    return str(page.evaluate("document.activeElement.name || document.activeElement.className"))


def fill_and_send(page: Page, **values: str) -> None:
    """By keyboard alone: the last field is left with Enter."""
    for name, value in values.items():
        page.locator(f"main [name={name}]").fill(value)
    page.keyboard.press("Enter")


def sign_up(page: Page) -> str:
    email = f"{uuid4().hex[:12]}@example.org"
    page.goto("/accounts/signup/")
    fill_and_send(page, email=email, password1=PASSWORD)
    page.wait_for_url(CHAT)
    return email


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_nobody_is_kept_out(visit: Visit, language: str, theme: str) -> None:
    page = visit(PATHS[0], language=language, theme=theme, width=390, height=844)
    page.emulate_media(reduced_motion="reduce")
    found = {}
    for path in PATHS:
        page.goto(path)
        found[path] = violations(page)
    page.goto("/accounts/login/")
    fill_and_send(page, login="nobody@example.org", password="wrong")
    page.get_by_role("alert").wait_for()
    found["wrong password"] = violations(page)
    page.goto("/accounts/signup/")
    fill_and_send(page, email="x@example.org", password1="1234")
    page.locator(".errorlist").wait_for()
    found["weak password"] = violations(page)
    sign_up(page)
    for path in ("/me/", "/accounts/email/", "/accounts/password/change/"):
        page.goto(path)
        found[path] = violations(page)
    assert {where: what for where, what in found.items() if what} == {}
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_nothing_sticks_out_on_the_smallest_screen(visit: Visit, language: str) -> None:
    page = visit(PATHS[0], language=language, width=320, height=480)
    sign_up(page)
    for path in ("/me/", "/accounts/email/", "/accounts/password/change/", "/nowhere/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") == 320, path


def test_the_focus_goes_to_what_is_wrong(visit: Visit) -> None:
    page = visit("/accounts/signup/")
    fill_and_send(page, email="somebody@example.org", password1="1234")
    page.locator(".errorlist").wait_for()
    assert focused(page) == "password1"
    page.goto("/accounts/login/")
    fill_and_send(page, login="nobody@example.org", password="wrong")
    page.get_by_role("alert").wait_for()
    assert focused(page) == "sheet__error"


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_an_account_from_sign_up_to_sign_out(visit: Visit, *, script: bool) -> None:
    page = visit(script=script)
    email = sign_up(page)
    page.goto("/me/")
    assert page.get_by_text(email).is_visible()
    page.locator("main [name=name]").fill("Alice")
    page.locator("main select[name=language]").select_option("ar")
    page.locator("main select[name=theme]").select_option("dark")
    page.locator("main form.form button").click()
    page.get_by_role("status").locator(".notice").wait_for()
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.locator("main form[data-sign-out] button").click()
    page.wait_for_url(CHAT)
    page.goto("/me/")
    assert "/accounts/login/" in page.url


def test_sign_in_brings_the_settings_to_another_device(visit: Visit) -> None:
    first = visit()
    email = sign_up(first)
    first.goto("/me/")
    first.locator("main select[name=language]").select_option("de")
    first.locator("main form.form button").click()
    first.get_by_role("status").locator(".notice").wait_for()
    second = visit("/accounts/login/?next=/me/")
    fill_and_send(second, login=email, password=PASSWORD)
    second.wait_for_url(re.compile(r"^http://[^/]+/me/$"))
    assert second.locator("html").get_attribute("lang") == "de"
