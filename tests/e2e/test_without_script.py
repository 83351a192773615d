"""The same conversation in a browser that runs no scripts."""

import pytest
from playwright.sync_api import expect

from tests.e2e import talk
from tests.e2e.conftest import Visit

pytestmark = pytest.mark.e2e


def test_everything_works_by_forms(visit: Visit):
    page = visit(script=False)
    expect(page.get_by_text("How can I help you?")).to_be_visible()

    page.locator("#text").fill(talk.QUESTIONS["en"])
    page.get_by_role("button", name="Send", exact=True).click()
    expect(talk.answers(page)).to_have_count(1)
    expect(talk.answers(page).last).to_contain_text(talk.ANSWERS["en"])
    assert page.url.endswith("/#latest")

    page.locator("#choices .chip").first.click()
    expect(talk.answers(page)).to_have_count(2)

    page.get_by_role("button", name="Not helpful", exact=True).last.click()
    page.get_by_label("Not complete").check()
    page.get_by_role("button", name="Send feedback").click()
    expect(page.get_by_text("Thanks for telling us.")).to_be_visible()

    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(talk.answers(page)).to_have_count(2)

    page.locator("[popovertarget=language-menu]").click()
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(talk.answers(page)).to_have_count(2)


def test_a_new_conversation_by_link(visit: Visit):
    page = visit(script=False)
    page.locator("#text").fill("Where can I park?")
    page.get_by_role("button", name="Send", exact=True).click()

    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="New conversation").click()

    expect(page.locator(".line")).to_have_count(0)
