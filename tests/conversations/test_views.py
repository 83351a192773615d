"""The chat page without a script: forms do everything, and to the right person only."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from accounts.models import Preferences
from accounts.services.identity import SESSION_KEY
from chatbot_site.lib.errors import TooLongError
from conversations.models import Bot, Conversation, Feedback, Message
from tests.conversations.api_bot import ANSWER, CHIP, QUESTION, Mind, eventually, talking
from tests.factories import MessageFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mind(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mind]:
    with talking(monkeypatch) as made:
        yield made


def shown(page: Any) -> str:
    return str(page.content.decode())


def found(pattern: str, page: Any) -> str:
    match = re.search(pattern, shown(page))
    assert match is not None
    return match[1]


def conversation_of(page: Any) -> str:
    return found(r'data-conversation="([^"]+)"', page)


def client_id_of(page: Any) -> str:
    return found(r'name="client_id" value="([^"]+)"', page)


def say(client: Client, page, text: str = QUESTION, **more: str):
    data = {"client_id": client_id_of(page), "text": text, **more}
    return client.post(f"/c/{conversation_of(page)}/send/", data)


def test_the_first_page_greets_and_stores_nothing(client, mind):
    page = client.get("/")

    assert page.status_code == 200
    assert "Hello." in shown(page)
    assert "Knows when the clinic is open." in shown(page)
    assert CHIP["title"] in shown(page)
    assert "Automated assistant" in shown(page)
    assert Conversation.objects.count() == 0


def test_a_message_is_answered_on_the_page_that_follows(client, mind):
    first = client.get("/")

    sent = say(client, first)

    assert sent.status_code == 303
    assert sent["Location"] == f"/c/{conversation_of(first)}/#latest"
    page = client.get(sent["Location"])
    assert QUESTION in shown(page)
    assert f"<p>{ANSWER}</p>" in shown(page)
    assert 'data-generated-by="bot"' in shown(page)
    assert "chat--empty" not in shown(page)


def test_reloading_goes_on_where_one_left_off_and_new_starts_afresh(client, mind):
    first = client.get("/")
    say(client, first)

    assert conversation_of(client.get("/")) == conversation_of(first)
    assert QUESTION in shown(client.get("/"))
    fresh = client.get("/?new=1")
    assert conversation_of(fresh) != conversation_of(first)
    assert QUESTION not in shown(fresh)


def test_a_double_submit_is_stored_once(client, mind):
    page = client.get("/")

    say(client, page)
    say(client, page)

    assert Message.objects.filter(author="user").count() == 1
    assert Message.objects.filter(author="bot").count() == 1


def test_a_chip_is_stored_under_its_title(client, mind):
    page = client.get("/")

    say(client, page, text="", choice=CHIP["payload"])

    page = client.get("/")
    assert CHIP["title"] in shown(page)
    assert ANSWER in shown(page)
    assert Message.objects.get(author="user").kind == "postback"


@pytest.mark.parametrize("text", ["", "  \n "])
def test_blank_messages_change_nothing(client, mind, text):
    sent = say(client, client.get("/"), text=text)

    assert sent.status_code == 302
    assert Message.objects.count() == 0


def test_what_was_refused_is_kept_in_the_composer(client, mind):
    text = "long " * 1_000

    refused = say(client, client.get("/"), text=text)

    assert refused.status_code == 413
    assert text.strip() in shown(refused)
    assert str(TooLongError.message) in shown(refused)
    assert Message.objects.count() == 0


def test_people_s_words_are_never_markup(client, mind):
    say(client, client.get("/"), text="<script>alert(1)</script><b>bold</b>")

    page = shown(client.get("/"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;b&gt;bold&lt;/b&gt;" in page
    assert "<script>alert" not in page


def test_a_pending_answer_says_so_and_the_page_reloads_itself(client, mind):
    first = client.get("/")
    say(client, first)
    conversation = Conversation.objects.get()
    assert 'http-equiv="refresh"' not in shown(client.get("/"))
    mind.gate.clear()
    try:
        data = {"client_id": str(uuid4()), "text": QUESTION}
        client.post(f"/c/{conversation.pk}/send/", data)
        page = client.get("/")
    finally:
        mind.gate.set()

    assert '<noscript><meta http-equiv="refresh" content="3" /></noscript>' in shown(page)
    assert "The answer is on its way." in shown(page)
    eventually(lambda: Message.objects.filter(author="bot").count() == 2)


def test_a_thumb_up_is_thanked_and_a_thumb_down_is_asked_why(client, mind):
    page = client.get("/")
    say(client, page)
    address = f"/c/{conversation_of(page)}/"

    up = client.post(f"{address}feedback/", {"vote": "2 up"}, follow=True)
    assert "Thanks for telling us." in shown(up)
    assert Feedback.objects.get().value == "up"

    down = client.post(f"{address}feedback/", {"vote": "2 down"})
    assert down["Location"] == f"{address}?why=2#m2"
    assert "What was wrong with this answer?" in shown(client.get(f"{address}?why=2"))

    reason = {"vote": "2 down", "reason": "unclear", "comment": "What about Sunday?"}
    client.post(f"{address}feedback/", reason)
    feedback = Feedback.objects.get()
    assert (feedback.value, feedback.reason, feedback.comment) == (
        "down",
        "unclear",
        "What about Sunday?",
    )


@pytest.mark.parametrize("vote", ["", "2", "two up", "2 sideways", "9999999999 up", "-1 up"])
def test_a_vote_that_makes_no_sense_changes_nothing(client, mind, vote):
    page = client.get("/")
    say(client, page)

    sent = client.post(f"/c/{conversation_of(page)}/feedback/", {"vote": vote})

    assert sent.status_code == 302
    assert Feedback.objects.count() == 0


def test_one_s_own_message_can_not_be_judged(client, mind):
    page = client.get("/")
    say(client, page)

    sent = client.post(f"/c/{conversation_of(page)}/feedback/", {"vote": "1 up"})

    assert sent.status_code == 404
    assert Feedback.objects.count() == 0


def test_strangers_find_nothing(client, charlie_client, mind):
    page = client.get("/")
    say(client, page)
    address = f"/c/{conversation_of(page)}/"

    assert charlie_client.get(address).status_code == 404
    data = {"client_id": str(uuid4()), "text": "Let me in"}
    assert charlie_client.post(f"{address}send/", data).status_code == 404
    assert charlie_client.post(f"{address}feedback/", {"vote": "2 up"}).status_code == 404
    assert Message.objects.count() == 2
    assert Feedback.objects.count() == 0


def test_earlier_messages_are_a_page_away(client, mind):
    first = client.get("/")
    subject = UUID(client.session[SESSION_KEY])
    say(client, first)
    conversation = Conversation.objects.get(subject_id=subject)
    for number in range(60):
        MessageFactory(conversation=conversation, text=f"number {number}.")

    page = shown(client.get("/"))
    assert "number 59." in page
    assert "number 9." not in page
    assert f'href="/c/{conversation.pk}/?before=13"' in page
    earlier = shown(client.get(f"/c/{conversation.pk}/?before=13"))
    assert "number 9." in earlier
    assert "number 59." not in earlier


@pytest.mark.parametrize("before", ["0", "-1", "x", "99999999999", "²"])
def test_a_place_that_is_none_shows_the_end(client, mind, before):
    page = client.get("/")
    say(client, page)

    assert QUESTION in shown(client.get(f"/c/{conversation_of(page)}/", {"before": before}))


def test_only_people_with_an_account_and_two_conversations_get_the_list(alice_client, mind):
    say(alice_client, alice_client.get("/"))
    assert 'id="conversations"' not in shown(alice_client.get("/"))

    say(alice_client, alice_client.get("/?new=1"), text="Something else")

    page = shown(alice_client.get("/"))
    assert 'id="conversations"' in page
    assert page.count("side__item") == 2


def test_the_page_speaks_the_language_that_was_chosen(client, mind):
    client.post("/language/", {"language": "de", "next": "/"})

    page = shown(client.get("/"))

    assert '<html lang="de"' in page
    assert "Praxis" in page


def test_arabic_is_written_from_right_to_left(client, mind):
    client.post("/language/", {"language": "ar", "next": "/"})

    assert re.search(r'<html lang="ar"\s+dir="rtl"', shown(client.get("/")))


def test_the_theme_is_kept_and_nonsense_is_not(client, mind):
    chosen = client.post("/theme/", {"theme": "dark", "next": "/privacy/"})
    assert chosen["Location"] == "/privacy/"
    assert chosen.cookies["theme"].value == "dark"
    assert 'data-theme="dark"' in shown(client.get("/"))

    assert "theme" not in client.post("/theme/", {"theme": "<b>"}).cookies


def test_people_with_an_account_keep_both_on_every_device(alice, alice_client):
    alice_client.post("/language/", {"language": "de", "next": "/privacy/"})
    alice_client.post("/theme/", {"theme": "dark"})
    alice_client.post("/language/", {"language": "xx"})

    kept = Preferences.objects.get(subject__user=alice)
    assert (kept.language, kept.theme) == ("de", "dark")


def test_visitors_leave_no_row_by_choosing(client, db):
    client.post("/language/", {"language": "de"})
    client.post("/theme/", {"theme": "dark"})

    assert Preferences.objects.count() == 0


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_the_theme_switch_leads_nowhere_else(client, db, away):
    assert client.post("/theme/", {"theme": "dark", "next": away})["Location"] == "/"


def test_pages_are_not_kept_by_browsers_and_proxies(client, mind):
    cached = client.get("/")["Cache-Control"]

    assert "no-store" in cached
    assert "private" in cached


def test_nobody_to_talk_to_is_said_plainly(client, db):
    page = client.get("/")

    assert page.status_code == 503
    assert "There is nobody to talk to yet" in shown(page)


def test_an_unknown_bot_is_not_found(client, mind):
    assert client.get("/?bot=nobody").status_code == 404
    assert Bot.objects.count() == 1


def test_every_name_a_script_says_is_in_the_page(client, mind):
    page = shown(client.get("/"))

    assert '<script id="chat-config" type="application/json">' in page
    assert '"offline_waiting": {"zero":' in page
