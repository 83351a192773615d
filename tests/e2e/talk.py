"""What a person does on the chat page, in words."""

from playwright.sync_api import Locator, Page, expect

QUESTIONS = {
    "en": "When are you open?",
    "de": "Wann haben Sie geöffnet?",
    "ar": "ما هي مواعيد العمل؟",
}
ANSWERS = {"en": "Monday to Friday", "de": "Montag bis Freitag", "ar": "الاثنين"}


def write(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.locator("#text").press("Enter")


def answers(page: Page) -> Locator:
    return page.locator(".line--bot[data-seq]")


def own(page: Page) -> Locator:
    return page.locator(".line--user")


def stored(page: Page) -> Locator:
    return page.locator(".line--user[data-seq]")


def ask(page: Page, text: str = QUESTIONS["en"]) -> None:
    """Write, and wait until it is answered."""
    before = answers(page).count()
    write(page, text)
    expect(answers(page)).not_to_have_count(before)
    expect(page.locator(".typing")).to_have_count(0)


def texts(lines: Locator) -> list[str]:
    return [line.strip() for line in lines.locator(".line__body").all_inner_texts()]


def state(line: Locator) -> str | None:
    return line.locator(".state").get_attribute("data-state")
