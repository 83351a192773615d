"""Nothing written is lost or doubled, whatever the network and the server do."""

import json
import re

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e import talk
from tests.e2e.conftest import Site, Visit

pytestmark = pytest.mark.e2e


def silent(_ws: WebSocketRoute) -> None:
    """A server that takes the connection and says nothing."""


def test_what_is_written_offline_is_sent_later_in_order(visit: Visit):
    page = visit()
    talk.ask(page)
    page.context.set_offline(True)
    expect(page.locator("#bar")).to_have_text("You're offline. You can keep writing.")

    talk.write(page, "Where can I park?")
    talk.write(page, "How can I pay?")

    bar = "You're offline. 2 messages will be sent when you're back."
    expect(page.locator("#bar")).to_have_text(bar)
    assert talk.state(talk.own(page).last) == "waiting"
    page.context.set_offline(False)
    expect(page.locator("#bar")).to_be_empty()
    expect(talk.stored(page)).to_have_count(3)
    assert talk.texts(talk.own(page)) == [
        talk.QUESTIONS["en"],
        "Where can I park?",
        "How can I pay?",
    ]
    expect(talk.answers(page)).to_have_count(3)


def test_unsent_words_survive_the_death_of_the_server_and_a_reload(visit: Visit, site: Site):
    page = visit()
    talk.ask(page)
    site.kill()
    try:
        talk.write(page, "Where can I park?")
        expect(page.locator("#bar")).to_contain_text("Reconnecting", timeout=8_000)
        assert talk.state(talk.own(page).last) == "waiting"
    finally:
        site.start()

    page.reload()

    expect(talk.stored(page)).to_have_count(2, timeout=40_000)
    expect(talk.answers(page)).to_have_count(2)
    page.reload()
    assert talk.texts(talk.own(page)) == [talk.QUESTIONS["en"], "Where can I park?"]


def test_the_page_finds_back_by_itself_after_a_restart(visit: Visit, site: Site):
    page = visit()
    talk.ask(page)
    site.kill()
    talk.write(page, "Where can I park?")
    site.start()

    expect(talk.answers(page)).to_have_count(2, timeout=40_000)
    expect(page.locator("#bar")).to_be_empty()
    assert talk.texts(talk.own(page)) == [talk.QUESTIONS["en"], "Where can I park?"]


def test_the_first_words_of_all_survive_a_reload_before_they_were_sent(visit: Visit):
    page = visit()
    page.wait_for_timeout(500)
    page.route_web_socket("**/ws/chat/", silent)
    page.reload()
    talk.write(page, "Where can I park?")
    expect(talk.own(page)).to_have_count(1)
    fresh = page.context.new_page()
    page.close()

    fresh.goto("/")

    expect(talk.answers(fresh)).to_have_count(1)
    assert talk.texts(talk.own(fresh)) == ["Where can I park?"]


def test_a_refused_message_says_why_and_can_be_tried_again(visit: Visit):
    page = visit()
    sent: list[str] = []

    def refuse_once(ws: WebSocketRoute) -> None:
        server = ws.connect_to_server()

        def forward(message: str | bytes) -> None:
            frame = json.loads(message)
            if frame["t"] == "send":
                sent.append(frame["id"])
            if frame["t"] == "send" and len(sent) == 1:
                error = {"t": "error", "ref": frame["id"], "code": "bad_text", "retry": False}
                ws.send(json.dumps(error))
            else:
                server.send(message)

        ws.on_message(forward)

    page.route_web_socket("**/ws/chat/", refuse_once)
    page.reload()
    talk.write(page, "Where can I park?")
    expect(page.locator(".failed__why")).to_have_text(
        "Not sent: this message has characters that can't be stored."
    )
    talk.ask(page, "When are you open?")

    page.get_by_role("button", name="Try again").click()

    expect(talk.answers(page)).to_have_count(2)
    expect(page.locator(".failed")).to_have_count(0)
    assert sent[0] == sent[2]


def test_networks_that_let_no_websocket_through_still_talk(visit: Visit):
    page = visit()
    page.route_web_socket("**/ws/chat/", lambda ws: ws.close(code=4503))
    page.reload()

    talk.write(page, "Where can I park?")

    expect(talk.answers(page)).to_have_count(1, timeout=30_000)
    expect(page.locator("#bar")).to_be_empty()
    page.locator(".chip").first.click()
    expect(talk.answers(page)).to_have_count(2)
    page.get_by_role("button", name="Helpful", exact=True).last.click()
    expect(page.get_by_text("Thanks for telling us.")).to_be_visible()
    page.reload()
    expect(talk.own(page)).to_have_count(2)


def _dying_on(page: Page, word: str) -> list[str]:
    """Connections die whenever this word is sent."""
    deaths: list[str] = []

    def route(ws: WebSocketRoute) -> None:
        server = ws.connect_to_server()

        def forward(message: str | bytes) -> None:
            if word in str(message):
                deaths.append(json.loads(message)["id"])
                server.close()
                ws.close(code=4500)
            else:
                server.send(message)

        ws.on_message(forward)

    page.route_web_socket("**/ws/chat/", route)
    return deaths


def test_a_message_that_kills_three_connections_does_not_hold_up_the_next(visit: Visit):
    page = visit()
    deaths = _dying_on(page, "poison")
    page.reload()

    talk.write(page, "poison")
    talk.write(page, "Where can I park?")

    expect(page.locator(".failed__why")).to_have_text("Not sent.", timeout=30_000)
    expect(talk.answers(page)).to_have_count(1)
    assert len(deaths) == 3
    assert len(set(deaths)) == 1


def test_a_lost_acknowledgement_doubles_nothing(visit: Visit):
    page = visit()
    swallowed: list[str] = []

    def route(ws: WebSocketRoute) -> None:
        server = ws.connect_to_server()

        def back(message: str | bytes) -> None:
            frame = json.loads(message)
            if frame["t"] in {"ack", "event"} and not swallowed:
                swallowed.append(frame["t"])
                server.close()
                ws.close(code=4503)
            elif frame["t"] != "ack" or swallowed:
                ws.send(message)

        server.on_message(back)

    page.route_web_socket("**/ws/chat/", route)
    page.reload()

    talk.write(page, "Where can I park?")

    expect(talk.answers(page)).to_have_count(1)
    expect(talk.own(page)).to_have_count(1)
    assert swallowed
    page.reload()
    expect(talk.own(page)).to_have_count(1)


def test_signing_in_as_somebody_else_takes_no_unsent_words_along(visit: Visit):
    page = visit()
    page.route_web_socket("**/ws/chat/", silent)
    page.reload()
    talk.write(page, "A secret")
    expect(talk.own(page)).to_have_count(1)

    page.context.clear_cookies(name=re.compile("session"))
    page.goto("/")

    expect(page.locator("#text")).to_be_visible()
    page.wait_for_timeout(300)
    expect(talk.own(page)).to_have_count(0)
    count = """() => new Promise((done) => {
      const open = indexedDB.open("chat");
      open.onsuccess = () => {
        const all = open.result.transaction("outbox").objectStore("outbox").count();
        all.onsuccess = () => done(all.result);
      };
    })"""
    assert page.evaluate(count) == 0
