"""The draft as a snapshot, a snapshot as content and training lines."""

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from conversations.bot.dialogue import Chosen, decide
from conversations.bot.types import Choice, Example, LinkButton, Pattern, State, Thresholds, Wording
from conversations.content import content_of, examples_of, replies_of, snapshot_of, unmarked
from conversations.models import Bot, Intent, Phrase, Reply
from conversations.wording import empty_content
from tests.factories import (
    BotFactory,
    EntityFactory,
    EntityValueFactory,
    IntentFactory,
    OutOfScopeExampleFactory,
    PhraseFactory,
    ReplyButtonFactory,
    ReplyChoiceFactory,
    ReplyFactory,
)

SNAPSHOT_QUERIES = 10


@pytest.fixture
def clinic(db: None) -> Bot:
    """Two intents in English, one of them in German too; a chip, a link, an entity."""
    with translation.override("en"):
        bot = BotFactory(
            slug="clinic",
            name="Clinic",
            name_de="Praxis",
            languages=["en", "de"],
            greeting="Hello **there**.",
            summary="I know the hours.",
        )
        hours = IntentFactory(bot=bot, name="hours", title="Hours", title_de="Zeiten")
        booking = IntentFactory(bot=bot, name="booking", title="Book", is_urgent=True)
        PhraseFactory(intent=hours, text="when are you open")
        PhraseFactory(intent=hours, text="are you open on [Tuesday](day)")
        PhraseFactory(intent=hours, language="de", text="wann habt ihr offen")
        PhraseFactory(intent=booking, text="book me in")
        OutOfScopeExampleFactory(bot=bot, text="order a pizza")
        reply = ReplyFactory(
            intent=hours, text="From **8** to 18.\n---\nUntil 18.", text_de="Von 8 bis 18."
        )
        ReplyChoiceFactory(reply=reply, intent=booking)
        ReplyButtonFactory(reply=reply, title="Call", url="tel:+15550100")
        day = EntityFactory(bot=bot, name="day")
        EntityValueFactory(entity=day, value="Tuesday", synonyms="Tue\n\nTues\nTue")
        bot.starters.set([hours, booking])
    return bot


def test_a_snapshot_holds_all_that_staff_wrote(clinic: Bot) -> None:
    found = snapshot_of(clinic)

    assert found["bot"] == {
        "slug": "clinic",
        "name": {"en": "Clinic", "de": "Praxis"},
        "summary": {"en": "I know the hours."},
        "greeting": {"en": "Hello **there**."},
        "tone": "warm",
        "avatar": "",
        "colour": "#0f6e6a",
        "languages": ["en", "de"],
        "default_language": "en",
        "answer_threshold": clinic.answer_threshold,
        "clarify_threshold": clinic.clarify_threshold,
        "keep_percent": 95,
        "providers": [],
        "starters": ["booking", "hours"],
    }
    assert list(found["intents"]) == ["booking", "hours"]
    assert found["intents"]["hours"] == {
        "title": {"en": "Hours", "de": "Zeiten"},
        "description": "",
        "is_urgent": False,
        "is_enabled": True,
        "phrases": {
            "de": ["wann habt ihr offen"],
            "en": ["are you open on [Tuesday](day)", "when are you open"],
        },
        "replies": [
            {
                "kind": "text",
                "title": {},
                "text": {"en": "From **8** to 18.\n---\nUntil 18.", "de": "Von 8 bis 18."},
                "image": "",
                "image_alt": {},
                "choices": [{"intent": "booking", "title": {}}],
                "buttons": [{"title": {"en": "Call"}, "url": "tel:+15550100"}],
            }
        ],
    }
    assert found["out_of_scope"] == {"en": ["order a pizza"]}
    assert found["entities"] == {
        "day": {"description": "", "values": {"en": {"Tuesday": ["Tue", "Tues"]}}}
    }
    assert set(found["patterns"]) == {pattern.value for pattern in Pattern}
    assert set(found["patterns"]["fallback"]) == {"en", "de"}


def test_snapshots_of_one_draft_are_equal_whatever_the_order_of_writing(clinic: Bot) -> None:
    before = snapshot_of(clinic)
    phrase = Phrase.objects.get(text="when are you open")
    phrase.delete()
    PhraseFactory(intent=phrase.intent, text=phrase.text)

    assert snapshot_of(clinic) == before
    with translation.override("ar"):
        assert snapshot_of(clinic) == before


def test_a_change_shows_just_where_it_was_made(clinic: Bot) -> None:
    before = snapshot_of(clinic)
    PhraseFactory(intent=Intent.objects.get(name="booking"), text="an appointment please")

    after = snapshot_of(clinic)

    assert after["intents"]["booking"]["phrases"] == {"en": ["an appointment please", "book me in"]}
    after["intents"]["booking"]["phrases"] = {"en": ["book me in"]}
    assert after == before


def test_a_snapshot_costs_the_same_queries_for_more_content(
    clinic: Bot, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(SNAPSHOT_QUERIES):
        snapshot_of(clinic)
    for _ in range(5):
        intent = IntentFactory(bot=clinic)
        PhraseFactory.create_batch(3, intent=intent)
        reply = ReplyFactory(intent=intent)
        ReplyChoiceFactory(reply=reply, intent=intent)
        ReplyButtonFactory(reply=reply)
        EntityValueFactory(entity=EntityFactory(bot=clinic))
    with django_assert_num_queries(SNAPSHOT_QUERIES):
        snapshot_of(clinic)


def test_another_bots_content_stays_out(clinic: Bot) -> None:
    before = snapshot_of(clinic)
    PhraseFactory(text="of another bot")
    OutOfScopeExampleFactory()
    EntityValueFactory()
    ReplyButtonFactory()

    assert snapshot_of(clinic) == before


def test_content_is_worded_per_language_and_gaps_are_filled(clinic: Bot) -> None:
    content = content_of(snapshot_of(clinic), release=7)

    english, german = content.local["en"], content.local["de"]
    assert (content.bot, content.release, content.languages) == ("clinic", 7, ("en", "de"))
    assert content.thresholds == Thresholds(
        clinic.answer_threshold, clinic.clarify_threshold, clinic.keep_percent
    )
    assert content.urgent == frozenset({"booking"})
    assert (english.name, german.name) == ("Clinic", "Praxis")
    assert english.greeting == Wording("Hello there.", "<p>Hello <strong>there</strong>.</p>")
    assert german.greeting == english.greeting
    assert german.titles["booking"] == "Book"
    assert german.titles["hours"] == "Zeiten"
    assert english.titles["none"] == "None of these"
    assert english.starters == (Choice("Book", "intent:booking"), Choice("Hours", "intent:hours"))
    (reply,) = english.replies["hours"]
    assert reply.wordings == (
        Wording("From 8 to 18.", "<p>From <strong>8</strong> to 18.</p>"),
        Wording("Until 18.", "<p>Until 18.</p>"),
    )
    assert reply.choices == (Choice("Book", "intent:booking"),)
    assert reply.buttons == (LinkButton("Call", "tel:+15550100"),)
    assert [w.text for w in german.replies["hours"][0].wordings] == ["Von 8 bis 18."]
    assert german.replies["hours"][0].buttons == (LinkButton("Call", "tel:+15550100"),)


def test_content_can_not_be_changed(clinic: Bot) -> None:
    content = content_of(snapshot_of(clinic), release=1)

    with pytest.raises(FrozenInstanceError):
        content.release = 2  # type: ignore[misc]


def test_an_intent_out_of_use_is_neither_said_nor_taught(clinic: Bot) -> None:
    Intent.objects.filter(name="booking").update(is_enabled=False)

    snapshot = snapshot_of(clinic)
    content = content_of(snapshot, release=1)

    assert snapshot["intents"]["booking"]["is_enabled"] is False
    assert set(content.local["en"].replies) == {"hours"}
    assert content.local["en"].starters == (Choice("Hours", "intent:hours"),)
    assert content.local["en"].replies["hours"][0].choices == ()
    assert content.urgent == frozenset()
    assert {line.intent for line in examples_of(snapshot)} == {"hours", "oos"}


def test_training_lines_have_no_marks_and_only_the_bots_languages(clinic: Bot) -> None:
    PhraseFactory(intent=Intent.objects.get(name="hours"), language="fr", text="horaires")

    assert set(examples_of(snapshot_of(clinic))) == {
        Example("are you open on Tuesday", "hours", "en"),
        Example("when are you open", "hours", "en"),
        Example("wann habt ihr offen", "hours", "de"),
        Example("book me in", "booking", "en"),
        Example("order a pizza", "oos", "en"),
    }


@pytest.mark.parametrize(
    ("phrase", "plain"),
    [
        ("on [Tuesday](day) at [8](time)", "on Tuesday at 8"),
        ("no mark", "no mark"),
        ("[half] a (mark)", "[half] a (mark)"),
        ("[a](Not A Name)", "[a](Not A Name)"),
        ("[](day)", "[](day)"),
        ("am [Dienstag, dem 3.](date)", "am Dienstag, dem 3."),
    ],
)
def test_entity_marks_come_off(phrase: str, plain: str) -> None:
    assert unmarked(phrase) == plain


def test_replies_help_to_tell_languages_apart(clinic: Bot) -> None:
    assert replies_of(snapshot_of(clinic)) == {
        "en": ["Book", "Hours", "From 8 to 18.\nUntil 18."],
        "de": ["Zeiten", "Von 8 bis 18."],
    }


def test_an_empty_bot_can_still_talk(db: None) -> None:
    bot = BotFactory(slug="empty", name="", greeting="", languages=["de"], default_language="en")

    content = content_of(snapshot_of(bot), release=1)

    local = content.in_language("ar")
    assert content.default_language == local.language == "de"
    assert local.name == "empty"
    assert local.greeting.text
    assert local.starters == ()
    assert all(local.patterns[pattern] for pattern in Pattern)
    answer = decide(Chosen("intent:gone", "de"), State(), content)
    assert answer.replies[0].text == local.patterns[Pattern.FALLBACK][0].text


def test_an_intent_without_title_has_a_readable_one(db: None) -> None:
    intent = IntentFactory(name="opening_hours", title="")

    content = content_of(snapshot_of(intent.bot), release=1)

    assert content.local["en"].titles["opening_hours"] == "Opening hours"


@pytest.mark.parametrize("tone", Bot.Tone.values)
def test_every_tone_words_every_pattern(db: None, tone: str) -> None:
    content = content_of(snapshot_of(BotFactory(tone=tone)), release=1)

    said = content.local["en"].patterns
    assert set(said) == set(Pattern)
    assert all(wording.text and wording.html for each in said.values() for wording in each)


def test_the_tone_is_heard(db: None) -> None:
    said = {
        tone: content_of(snapshot_of(BotFactory(tone=tone)), release=1)
        .local["en"]
        .patterns[Pattern.FALLBACK][0]
        .text
        for tone in Bot.Tone.values
    }

    assert len(set(said.values())) == 3


def test_a_pattern_younger_than_the_release_has_its_default(clinic: Bot) -> None:
    snapshot = snapshot_of(clinic)
    del snapshot["patterns"]["apology"]

    content = content_of(snapshot, release=1)

    assert content.local["en"].patterns[Pattern.APOLOGY][0].text.startswith("Sorry")


def test_pictures_are_addresses_of_the_site(clinic: Bot, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    clinic.avatar.save("face.png", ContentFile(b"\x89PNG\r\n\x1a\n"))
    Reply.objects.filter(intent__name="hours").update(kind="card", image="replies/map.png")

    content = content_of(snapshot_of(clinic), release=1)

    assert content.avatar == "/media/bots/face.png"
    assert content.local["en"].replies["hours"][0].image == "/media/replies/map.png"


def test_without_a_release_only_excuses_are_known() -> None:
    content = empty_content()

    assert content.languages == ("en", "es", "fr", "de", "ar")
    assert all(local.patterns[Pattern.APOLOGY] for local in content.local.values())
    assert content.local["en"].replies == {}
