"""The demo: complete in every language, made once, never in the way of staff."""

import json
import stat
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db.models import Model

from accounts.models import User
from accounts.services.demo import (
    ROLES,
    STAFF,
    NotADemoError,
    demo_accounts_ensure,
    demo_logins,
)
from conversations.content import content_of, examples_of, snapshot_of
from conversations.models import (
    Bot,
    Intent,
    OutOfScopeExample,
    Phrase,
    Release,
    Reply,
    ReplyButton,
    ReplyChoice,
)
from conversations.services.demo import FOLDER, DemoFilesError, demo_load
from tests.factories import group_of

LANGUAGES = ("en", "es", "fr", "de", "ar")
TABLES: tuple[type[Model], ...] = (
    Bot,
    Intent,
    Phrase,
    OutOfScopeExample,
    Reply,
    ReplyChoice,
    ReplyButton,
)


@pytest.fixture(autouse=True)
def demo_site(settings: Any, tmp_path: Path) -> None:
    settings.DEMO = True
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def roles(db: None) -> None:
    for role in STAFF:
        group_of(role)


def rows() -> dict[str, list[int]]:
    """The keys of every row of content."""
    return {
        table.__name__: sorted(table._default_manager.values_list("pk", flat=True))
        for table in TABLES
    }


def test_the_demo_is_complete_in_every_language(db: None) -> None:
    loaded = demo_load()

    bot = Bot.objects.get(slug="riverside")
    assert (loaded.written, loaded.intents, loaded.languages) == (True, 36, LANGUAGES)
    assert loaded.phrases == Phrase.objects.count()
    assert [starter.name for starter in bot.starters.order_by("pk")] == [
        "opening_hours",
        "book_appointment",
        "prescription_renewal",
        "test_results",
    ]
    snapshot = snapshot_of(bot)
    per_intent = Counter((line.intent, line.language) for line in examples_of(snapshot))
    assert {key for key, count in per_intent.items() if count < 16} == set()
    content = content_of(snapshot, release=1)
    assert content.urgent == frozenset({"emergency"})
    for code in LANGUAGES:
        local = content.local[code]
        assert all(reply.wordings for replies in local.replies.values() for reply in replies)
        assert (local.name, local.summary, local.greeting.text) != ("", "", "")
        (card,) = local.replies["directions"]
        assert (card.kind, card.image) == ("card", "/media/replies/riverside-map.png")
        assert card.title
        assert card.image_alt
        assert "!" not in local.greeting.text + "".join(
            wording.text
            for replies in local.replies.values()
            for reply in replies
            for wording in reply.wordings
        )
    assert (Path(bot.avatar.path)).read_bytes().startswith(b"\x89PNG")


def test_no_phrase_stands_for_two_things() -> None:
    for code in LANGUAGES:
        spoken = json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))
        lines = Counter(
            line.casefold()
            for each in (
                *(i["phrases"] for i in spoken["intents"].values()),
                spoken["out_of_scope"],
            )
            for line in each
        )
        assert [line for line, count in lines.items() if count > 1] == []


def test_loading_twice_leaves_the_same_rows(roles: None) -> None:
    demo_load()
    made = demo_accounts_ensure()
    before, logins = rows(), demo_logins()

    assert demo_load().written is False
    assert demo_accounts_ensure() == []

    assert rows() == before
    assert demo_logins() == logins
    assert len(made) == User.objects.count() == len(ROLES)


def test_what_staff_did_stays(db: None) -> None:
    demo_load()
    Intent.objects.get(name="wifi").delete()
    Intent.objects.filter(name="parking").update(title_en="Where to leave the car")
    before = rows()

    demo_load()

    assert rows() == before
    assert Intent.objects.filter(title_en="Where to leave the car").count() == 1


def test_reset_gives_the_content_back_and_keeps_releases(db: None) -> None:
    demo_load()
    bot = Bot.objects.get()
    original = snapshot_of(bot)
    release = Release.objects.create(bot=bot, number=1, content={})
    Bot.objects.update(live_release=release, name_en="Other", tone="formal")
    Intent.objects.get(name="wifi").delete()
    Intent.objects.create(bot=bot, name="extra")

    assert demo_load(reset=True).written is True

    bot.refresh_from_db()
    assert snapshot_of(bot) == original
    assert bot.live_release == release


@pytest.mark.parametrize("broken", ["{", "[]", '{"languages": ["en"], "intents": {"a": {}}}'])
def test_broken_files_change_nothing(db: None, tmp_path: Path, broken: str) -> None:
    (tmp_path / "bot.json").write_text(broken)
    (tmp_path / "en.json").write_text('{"intents": {}}')
    demo_load()
    before = rows()

    with pytest.raises(DemoFilesError):
        demo_load(reset=True, folder=tmp_path)

    assert rows() == before


def test_only_the_sites_languages_are_loaded(db: None, settings: Any) -> None:
    settings.LANGUAGES = [("de", "German"), ("fr", "French")]

    demo_load()

    bot = Bot.objects.get()
    assert (bot.languages, bot.default_language) == (["fr", "de"], "fr")
    assert set(Phrase.objects.values_list("language", flat=True)) == {"de", "fr"}


# ── Accounts ─────────────────────────────────────────────────────────────────────────────────────


def test_every_role_can_sign_in_with_its_own_password(roles: None, settings: Any) -> None:
    demo_accounts_ensure()

    logins = demo_logins()
    assert [login.role for login in logins] == list(ROLES)
    assert len({login.password for login in logins}) == len(ROLES)
    for role, email, password in logins:
        user = authenticate(None, email=email, password=password)
        assert user is not None
        assert isinstance(user, User)
        assert user.is_superuser is (role == "admin")
        assert user.is_staff is (role != "visitor")
        groups = list(user.groups.values_list("name", flat=True))
        assert groups == ([role] if role in STAFF else [])
        assert EmailAddress.objects.filter(user=user, verified=True, primary=True).count() == 1
    file = settings.VAR_DIR / "demo_logins.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_lost_or_broken_file_brings_new_passwords(roles: None, settings: Any) -> None:
    demo_accounts_ensure()
    before = demo_logins()
    (settings.VAR_DIR / "demo_logins.json").write_text("{half")
    assert demo_logins() == []

    demo_accounts_ensure()

    after = demo_logins()
    assert [login.email for login in after] == [login.email for login in before]
    assert {login.password for login in after}.isdisjoint({login.password for login in before})
    assert authenticate(None, email=after[0].email, password=after[0].password) is not None


def test_there_are_no_demo_accounts_outside_of_the_demo(roles: None, settings: Any) -> None:
    demo_accounts_ensure()
    User.objects.all().delete()
    settings.DEMO = False

    with pytest.raises(NotADemoError):
        demo_accounts_ensure()

    assert demo_logins() == []
    assert not User.objects.exists()


def test_the_command_says_what_it_did(roles: None, settings: Any) -> None:
    first, second = StringIO(), StringIO()
    call_command("demo_load", json=True, stdout=first)
    call_command("demo_load", json=True, stdout=second)

    did, again = json.loads(first.getvalue()), json.loads(second.getvalue())
    assert (did["written"], len(did["accounts_made"])) == (True, 6)
    assert (again["written"], again["accounts_made"]) == (False, [])
    assert did["phrases"] == again["phrases"]


def test_the_command_makes_no_accounts_on_a_real_site(db: None, settings: Any) -> None:
    settings.DEMO = False

    call_command("demo_load", stdout=StringIO())

    assert Bot.objects.filter(slug="riverside").exists()
    assert not User.objects.exists()


def test_the_command_fails_clearly(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.contrib.staticfiles.finders.find", lambda _name: None)

    with pytest.raises(CommandError, match=r"riverside-avatar\.png is missing"):
        call_command("demo_load", stdout=StringIO())

    assert not Bot.objects.exists()
