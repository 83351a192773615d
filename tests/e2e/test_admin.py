"""Teaching in the browser: phrases by keyboard, publishing, an open chat that knows them."""

import json
import random
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e import talk
from tests.e2e.conftest import Site, Visit

pytestmark = pytest.mark.e2e

TRAINING_MS = 200_000
TABS = 60
PHRASES = [
    "what is the {} card",
    "{} card",
    "how do I get a {} card",
    "is the {} card free",
    "who can have a {} card?",
    "I'd like a {} card",
    "my {} card is lost",
    "Tell me about {} cards",
]
PAGES = [
    "/admin/",
    "/admin/conversations/bot/",
    "/admin/conversations/bot/{bot}/change/",
    "/admin/conversations/bot/{bot}/publish/",
    "/admin/conversations/intent/",
    "/admin/conversations/intent/add/?bot={bot}",
    "/admin/conversations/intent/{intent}/change/",
    "/admin/conversations/intent/{intent}/history/",
    "/admin/conversations/intent/{intent}/delete/",
    "/admin/conversations/entity/",
    "/admin/conversations/entity/add/",
    "/admin/conversations/release/",
    "/admin/conversations/release/{release}/change/",
    "/admin/conversations/release/{release}/rollback/",
    "/admin/conversations/conversation/",
]


def sign_in(page: Page, site: Site, role: str = "curator") -> None:
    """Through the site's own form, with the demo's log-in of this role."""
    known = json.loads((site.folder / "demo_logins.json").read_text())
    page.goto("/admin/")
    page.locator("[name=login]").fill(f"{role}@riverside.example")
    page.locator("[name=password]").fill(known[f"{role}@riverside.example"])
    page.locator("[name=password]").press("Enter")
    expect(page).to_have_url(f"{site.address}/admin/")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control of this name has the focus."""
    for _press in range(TABS):
        if page.evaluate("document.activeElement.name || ''") == name:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{name} can't be reached by keyboard")


def first_id(page: Page, model: str) -> str:
    page.goto(f"/admin/conversations/{model}/")
    link = page.locator(f"#result_list a[href*='/{model}/']").first.get_attribute("href")
    return str(re.findall(r"/(\d+)/change/", link or "")[0])


def type_intent(page: Page, word: str, reply: str) -> None:
    """A new intent with eight phrases, a title and a reply, without a mouse."""
    page.goto("/admin/conversations/intent/add/")
    tab_to(page, "name")
    page.keyboard.type(f"{word}_card")
    tab_to(page, "phrases_en")
    for phrase in PHRASES:
        page.keyboard.type(phrase.format(word))
        page.keyboard.press("Enter")
    page.keyboard.type(f"{word} card")
    expect(page.locator("[data-count]:visible")).to_contain_text("8 lines")
    expect(page.locator("[data-count]:visible")).to_contain_text(f"“{word} card”")
    tab_to(page, "title_en")
    page.keyboard.type(f"{word.capitalize()} card")
    tab_to(page, "replies-0-text_en")
    page.keyboard.type(reply)
    page.keyboard.press("Control+s")
    expect(page.locator("main")).to_contain_text("was added successfully")
    assert page.locator("[name=phrases_en]").input_value().count("\n") == 7


def publish(page: Page, note: str) -> None:
    """From the home page, without a mouse, until the release is live."""
    page.goto("/admin/")
    page.get_by_role("link", name="Publish…").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("8 added")
    tab_to(page, "note")
    page.keyboard.type(note)
    page.keyboard.press("Enter")
    expect(page.locator("progress")).to_be_visible()
    expect(page.locator(".ca-state")).to_contain_text("Live", timeout=TRAINING_MS)
    expect(page.locator("main")).to_contain_text(note)


def test_what_is_taught_by_keyboard_answers_in_a_chat_that_was_already_open(
    visit: Visit, site: Site
):
    letters = [random.choice("bdfglmnprst") + random.choice("aeiou") for _pair in range(4)]
    word = "".join(letters)
    reply = f"The {word} card gives you a free check-up each year."
    chat = visit("/")
    talk.ask(chat)

    page = visit("/accounts/login/")
    sign_in(page, site)
    type_intent(page, word, reply)
    publish(page, f"Teaches the {word} card")

    # Every process notices a release within two seconds; the page of the chat is not reloaded.
    chat.wait_for_timeout(2_500)
    talk.ask(chat, f"how can I get the {word} card?")
    expect(talk.answers(chat).last).to_contain_text(reply)


def test_languages_are_tabs_and_an_error_shows_its_language(visit: Visit, site: Site):
    page = visit("/accounts/login/")
    sign_in(page, site)
    page.goto(f"/admin/conversations/intent/{first_id(page, 'intent')}/change/")
    expect(page.locator("[name=phrases_en]")).to_be_visible()
    expect(page.locator("[name=phrases_ar]")).to_be_hidden()
    page.locator("[name=editing_language]:checked").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[name=phrases_es]")).to_be_visible()
    expect(page.locator("[name=phrases_en]")).to_be_hidden()
    expect(page.locator("[name='replies-0-text_es']")).to_be_visible()

    page.locator("[name=phrases_es]").fill("hola\n[roto")
    page.locator("[name=editing_language][value=de]").check(force=True)
    page.keyboard.press("Control+s")
    expect(page.locator(".ca-errors")).to_contain_text("Line 2:")
    expect(page.locator("[name=phrases_es]")).to_be_visible()
    assert page.locator("[name=phrases_es]").input_value() == "hola\n[roto"


def test_replies_choices_and_links_are_added_without_reloading(visit: Visit, site: Site):
    page = visit("/accounts/login/")
    sign_in(page, site)
    page.goto("/admin/conversations/intent/add/")
    page.get_by_role("button", name="Add another reply").click()
    second = page.locator(".ca-reply").nth(1)
    second.get_by_role("button", name="Add", exact=True).nth(0).click()
    expect(second.locator("[name='replies-1-choices-0-intent']")).to_be_focused()
    second.get_by_role("button", name="Add", exact=True).nth(1).click()
    expect(second.locator("[name='replies-1-buttons-0-url']")).to_be_visible()
    expect(second.locator("[name='replies-1-buttons-0-title_en']")).to_be_visible()
    expect(second.locator("[name='replies-1-buttons-0-title_de']")).to_be_hidden()
    expect(second.locator("[name='replies-1-title_en']")).to_be_hidden()
    second.locator("[name='replies-1-kind']").select_option("card")
    expect(second.locator("[name='replies-1-title_en']")).to_be_visible()
    assert page.locator("[name=replies-TOTAL_FORMS]").input_value() == "2"


def test_the_colour_shows_at_once_how_it_will_look(visit: Visit, site: Site):
    page = visit("/accounts/login/")
    sign_in(page, site)
    page.goto(f"/admin/conversations/bot/{first_id(page, 'bot')}/change/")
    note = page.locator("[data-adjusted]")
    expect(note).to_be_hidden()
    page.locator("[name=colour]").fill("#ffee00")
    expect(note).to_be_visible()
    page.locator("[name=colour]").fill("#123456")
    expect(note).to_be_hidden()
    shade = page.locator("rect[data-shade=accent_light]")
    expect(shade).to_have_attribute("fill", "#123456")
    slider = page.locator("input[type=range]").first
    slider.fill("0.6")
    expect(page.locator("[name=answer_threshold]")).to_have_value("0.6")


@pytest.mark.parametrize(
    ("language", "theme", "width"),
    [("en", "light", 1280), ("de", "dark", 1280), ("ar", "dark", 390)],
)
def test_every_page_keeps_the_policy_and_is_accessible(
    visit: Visit, site: Site, language: str, theme: str, width: int
):
    page = visit("/accounts/login/", language=language, theme=theme, width=width)
    sign_in(page, site)
    rows = {model: first_id(page, model) for model in ("bot", "intent", "release")}
    found: list[str] = []
    page.on("console", lambda said: found.append(said.text) if said.type == "error" else None)
    for address in PAGES:
        page.goto(address.format(**rows))
        found += [
            f"{address} {problem['id']} {problem['nodes'][0]['html'][:200]}"
            for problem in Axe().run(page).response["violations"]
            if problem["impact"] in ("serious", "critical")
        ]
        width_of = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        if page.evaluate(width_of) > 0:
            found.append(f"{address} is wider than its window")
    assert found == []
