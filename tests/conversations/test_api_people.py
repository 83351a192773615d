"""The endpoints around conversations: bots, who I am, language and appearance."""

from typing import Any
from uuid import UUID

import pytest

from accounts.models import Preferences, Subject, User
from accounts.services.identity import SESSION_KEY
from conversations.content.running import RunningReleases
from conversations.models import Bot
from tests.conversations.api_bot import CHIP, Api, Mind, refusal, running_bot
from tests.factories import BotFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def bot(monkeypatch: pytest.MonkeyPatch, db: None) -> Bot:
    return running_bot(monkeypatch, Mind())


@pytest.mark.parametrize(("language", "name"), [("en", "Clinic"), ("de", "Praxis")])
def test_bots_speak_of_themselves_as_their_live_release_does(
    bot: Any, language: str, name: str
) -> None:
    BotFactory(slug="draft_only")
    api = Api(Accept_Language=language)
    answer = api.get("bots/")
    assert answer.status_code == 200
    assert answer.json() == {
        "bots": [
            {
                "slug": "clinic",
                "name": name,
                "summary": "Knows when the clinic is open.",
                "greeting": "Hello.",
                "starters": [CHIP],
                "languages": ["en", "de"],
                "default_language": "en",
            }
        ]
    }
    assert answer["Cache-Control"] == "no-store"
    assert not api.client.cookies


def test_a_bot_whose_release_is_still_being_read_is_listed(
    bot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conversations.api.people.running", RunningReleases().get)
    assert Api().get("bots/").json() == {
        "bots": [
            {
                "slug": "clinic",
                "name": "Draft",
                "summary": "",
                "greeting": "",
                "starters": [],
                "languages": ["en", "de"],
                "default_language": "en",
            }
        ]
    }


def test_a_visitor_without_an_account_is_somebody() -> None:
    api = Api()
    answer = api.get("me/")
    assert answer.status_code == 200
    assert answer.json() == {
        "subject": str(UUID(api.client.session[SESSION_KEY])),
        "signed_in": False,
        "language": "en",
        "theme": "system",
    }
    assert set(answer.cookies) == {"sessionid", "csrftoken"}
    assert answer["Cache-Control"] == "no-store"
    assert api.get("me/").json() == answer.json()
    assert Subject.objects.count() == 0


def test_an_account_is_named(alice: User) -> None:
    api = Api(alice)
    answer = api.get("me/")
    alice.refresh_from_db()
    assert answer.json() == {
        "subject": str(alice.subject_id),
        "signed_in": True,
        "email": "alice@example.org",
        "name": "Alice",
        "language": "en",
        "theme": "system",
    }


def test_a_visitor_keeps_preferences_in_cookies() -> None:
    api = Api()
    answer = api.call("patch", "me/preferences/", {"language": "de", "theme": "dark"})
    assert (answer.status_code, answer.json()) == (200, {"language": "de", "theme": "dark"})
    kept = {name: answer.cookies[name].value for name in ("language", "theme")}
    assert kept == {"language": "de", "theme": "dark"}
    assert answer["Cache-Control"] == "no-store"
    assert Preferences.objects.count() == 0
    part = api.call("patch", "me/preferences/", {"theme": "light"})
    assert part.json() == {"language": "de", "theme": "light"}
    me = api.get("me/")
    assert (me.json()["language"], me.json()["theme"]) == ("de", "light")
    assert me["Content-Language"] == "de"
    back = api.call("patch", "me/preferences/", {"language": "", "theme": "system"})
    assert back.json()["theme"] == "system"
    assert {back.cookies[name].value for name in ("language", "theme")} == {""}


def test_an_account_keeps_preferences_itself(alice: User) -> None:
    answer = Api(alice).call("patch", "me/preferences/", {"language": "fr"})
    assert (answer.status_code, answer.json()) == (200, {"language": "fr", "theme": "system"})
    assert answer.cookies["language"].value == "fr"
    kept = Preferences.objects.get()
    assert (kept.subject.user, kept.language, kept.theme) == (alice, "fr", "system")
    other_device = Api(alice).get("me/").json()
    assert (other_device["language"], other_device["theme"]) == ("fr", "system")


@pytest.mark.parametrize("caller", ["alice", "a visitor"])
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"language": "tlh"}, "language"),
        ({"language": 7}, "language"),
        ({"theme": "pink"}, "theme"),
        ({"theme": ""}, "theme"),
        ({"language": "de", "theme": ["dark"]}, "theme"),
    ],
)
def test_preferences_that_can_not_be(
    alice: User, caller: str, body: dict[str, Any], field: str
) -> None:
    answer = Api(alice if caller == "alice" else None).call("patch", "me/preferences/", body)
    assert refusal(answer) == (400, "bad_frame", field)
    assert not answer.cookies
    assert Preferences.objects.count() == 0


def test_cookies_that_make_no_sense_are_not_believed() -> None:
    api = Api()
    api.client.cookies["language"] = "tlh"
    api.client.cookies["theme"] = "pink"
    me = api.get("me/").json()
    assert (me["language"], me["theme"]) == ("en", "system")
