"""Talking in the browser: languages, reload, keyboard, thumbs, several tabs."""

import pytest
from playwright.sync_api import expect

from tests.e2e import talk
from tests.e2e.conftest import Visit

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_a_conversation_in_each_language_survives_a_reload(visit: Visit, language: str):
    page = visit(language=language)

    talk.ask(page, talk.QUESTIONS[language])

    expect(talk.answers(page).last).to_contain_text(talk.ANSWERS[language])
    expect(page).to_have_url(
        page.url.split("/c/")[0].rstrip("/") + page.evaluate("location.pathname")
    )
    assert page.evaluate("location.pathname").startswith("/c/")
    before = page.locator(".line__body").all_inner_texts()
    page.reload()
    assert page.locator(".line__body").all_inner_texts() == before
    page.goto("/")
    assert page.locator(".line__body").all_inner_texts() == before
    assert page.evaluate("document.documentElement.dir") == ("rtl" if language == "ar" else "ltr")


def test_a_new_conversation_starts_empty_and_the_old_one_is_kept(visit: Visit):
    page = visit()
    talk.ask(page)
    old = page.url

    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="New conversation").click()

    expect(page.locator(".line")).to_have_count(0)
    talk.ask(page, "Where can I park?")
    assert page.url != old
    page.goto(old)
    assert talk.texts(talk.own(page)) == [talk.QUESTIONS["en"]]


def test_the_keyboard_is_enough(visit: Visit):
    page = visit()
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("Where can")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("I park?")
    assert page.locator("#text").input_value() == "Where can\nI park?"
    page.keyboard.press("Enter")
    expect(talk.answers(page)).to_have_count(1)
    expect(page.locator("#text")).to_be_focused()
    expect(page.locator("#text")).to_have_value("")

    page.keyboard.press("Shift+Tab")
    expect(page.locator(".chip").last).to_be_focused()
    page.keyboard.press("Enter")
    expect(talk.answers(page)).to_have_count(2)
    expect(page.locator("#text")).to_be_focused()


def test_a_choice_becomes_the_person_s_message_and_the_chips_go(visit: Visit):
    page = visit()
    chip = page.locator("#choices .chip", has_text="Opening hours")

    chip.click()

    expect(talk.answers(page)).to_have_count(1)
    assert talk.texts(talk.own(page)) == ["Opening hours"]
    expect(page.locator("#choices .chip", has_text="Test results")).to_have_count(0)


def test_thumbs_are_kept_and_a_thumb_down_is_asked_why(visit: Visit):
    page = visit()
    talk.ask(page)

    page.get_by_role("button", name="Not helpful", exact=True).click()
    page.get_by_label("Unclear").check()
    page.get_by_label("Anything to add").fill("What about holidays?")
    page.get_by_role("button", name="Send feedback").click()

    expect(page.get_by_text("Thanks for telling us.")).to_be_visible()
    page.reload()
    down = page.get_by_role("button", name="Not helpful", exact=True)
    expect(down).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Helpful", exact=True).click()
    expect(down).to_have_attribute("aria-pressed", "false")


def test_every_tab_shows_the_same_conversation(visit: Visit):
    one = visit()
    talk.ask(one)
    other = one.context.new_page()
    other.goto(one.url)

    talk.ask(other, "Where can I park?")

    expect(talk.answers(one)).to_have_count(2)
    assert talk.texts(talk.own(one)) == [talk.QUESTIONS["en"], "Where can I park?"]
    talk.ask(one, "How can I pay?")
    expect(talk.own(other)).to_have_count(3)
    assert talk.texts(talk.own(one)) == talk.texts(talk.own(other))


def test_a_draft_survives_a_reload_and_is_gone_once_sent(visit: Visit):
    page = visit()
    page.locator("#text").fill("Where can")
    page.reload()
    expect(page.locator("#text")).to_have_value("Where can")
    talk.ask(page, "Where can I park?")
    page.reload()
    expect(page.locator("#text")).to_have_value("")


def test_own_messages_show_that_they_were_answered(visit: Visit):
    page = visit()

    talk.ask(page)

    expect(talk.own(page).locator(".state")).to_have_attribute("data-state", "answered")
    expect(talk.own(page).locator(".state")).to_have_text("Answered")


def test_the_bot_s_words_are_announced_once_and_marked_as_made_by_a_machine(visit: Visit):
    page = visit()

    talk.ask(page)

    expect(page.locator("#announcer p")).to_have_count(1)
    expect(page.locator("#announcer")).to_contain_text("Riverside Clinic: We")
    assert talk.answers(page).first.get_attribute("data-generated-by") == "bot"
    expect(page.locator("#who")).to_have_text("Automated assistant")


def test_the_language_switch_keeps_the_conversation(visit: Visit):
    page = visit()
    talk.ask(page)
    address = page.url

    page.locator("[popovertarget=language-menu]").click()
    page.get_by_role("button", name="Deutsch").click()

    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert page.url == address
    assert talk.texts(talk.own(page)) == [talk.QUESTIONS["en"]]


def test_the_theme_changes_at_once_and_stays(visit: Visit):
    page = visit()
    page.get_by_role("button", name="Menu").click()

    with page.expect_response("**/theme/"):
        page.get_by_role("button", name="Dark").click()

    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_too_long_a_message_is_counted_and_not_sent(visit: Visit):
    page = visit()

    talk.write(page, "🙂" * 4_001)

    expect(page.locator("#count")).to_have_text("1 character too many")
    expect(talk.own(page)).to_have_count(0)
    page.locator("#text").fill("🙂" * 3_999)
    expect(page.locator("#count")).to_have_text("1 character left")


def test_who_reads_above_is_not_torn_down_but_told(visit: Visit):
    page = visit(width=390, height=500)
    for question in ("When are you open?", "Where can I park?", "How can I pay?"):
        talk.ask(page, question)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(100)
    other = page.context.new_page()
    other.goto(page.url)

    talk.ask(other, "Where are you?")

    expect(page.locator("#pill")).to_be_visible()
    assert page.evaluate("scrollY") == 0
    page.locator("#pill").click()
    expect(page.locator("#pill")).to_be_hidden()
    expect(talk.answers(page).last).to_be_in_viewport()
