"""The page of an intent: lines, titles, replies with their choices and links, history."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from conversations.content import snapshot_of
from conversations.models import Intent, Phrase, Reply, ReplyButton, ReplyChoice
from tests.conftest import signed_in
from tests.factories import (
    BotFactory,
    EntityFactory,
    IntentFactory,
    PhraseFactory,
    ReplyChoiceFactory,
    ReplyFactory,
)

pytestmark = pytest.mark.django_db
ADD = "/admin/conversations/intent/add/"
LIST = "/admin/conversations/intent/"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


def page_of(intent):
    return reverse("admin:conversations_intent_change", args=[intent.pk])


def management(prefix, total=0, initial=0):
    return {f"{prefix}-TOTAL_FORMS": total, f"{prefix}-INITIAL_FORMS": initial}


def posted(**fields):
    """What a browser sends for an intent without replies."""
    return {"name": "opening_hours", "is_enabled": "on", **management("replies"), **fields}


def reply(index, **fields):
    """One reply of the page as a browser sends it."""
    prefix = f"replies-{index}"
    own = {f"{prefix}-{name}": value for name, value in fields.items()}
    return {
        f"{prefix}-kind": "text",
        f"{prefix}-position": 1,
        **management(f"{prefix}-choices"),
        **management(f"{prefix}-buttons"),
        **own,
    }


@pytest.fixture
def bot():
    return BotFactory(languages=["en", "de"])


def test_a_new_intent_with_phrases_and_a_reply(bob_client, bob, bot):
    bob_client.get(ADD)
    answer = bob_client.post(
        ADD,
        posted(
            bot=bot.pk,
            title_en="Opening hours",
            phrases_en="when are you open\r\nopen today?\r\n\r\nopen today?",
            phrases_de="wann ist offen",
            **management("replies", 1),
            **reply(0, text_en="From 8 to 18.", text_de="Von 8 bis 18 Uhr."),
        ),
    )
    assert answer.status_code == 302, answer.context["errors"]
    intent: Any = Intent.objects.get()
    assert (intent.bot, intent.title_en) == (bot, "Opening hours")
    rows = Phrase.objects.values_list("language", "text")
    assert list(rows) == [
        ("en", "when are you open"), ("en", "open today?"), ("de", "wann ist offen"),
    ]  # fmt: skip
    said: Any = Reply.objects.get()
    assert (said.text_en, said.text_de, said.position) == ("From 8 to 18.", "Von 8 bis 18 Uhr.", 1)
    entry = LogEntry.objects.get()
    assert entry.user == bob
    assert "2 phrases added in English." in entry.get_change_message()
    assert "1 phrase added in German." in entry.get_change_message()


def test_the_page_shows_each_language_of_the_bot_and_no_other(bob_client, bot):
    intent = IntentFactory(bot=bot)
    PhraseFactory(intent=intent, text="when <are> you open")
    html = bob_client.get(page_of(intent)).content.decode()
    assert "when &lt;are&gt; you open" in html
    assert 'name="phrases_de"' in html
    assert 'name="phrases_fr"' not in html
    assert 'name="title_fr"' not in html


def test_only_changed_languages_are_written(bob_client, bot):
    intent = IntentFactory(bot=bot, name="hours")
    kept = PhraseFactory(intent=intent, text="open?")
    PhraseFactory(intent=intent, language="de", text="offen?")
    answer = bob_client.post(
        page_of(intent), posted(name="hours", phrases_en="open?\r\n", phrases_de="auf?\r\nzu?")
    )
    assert answer.status_code == 302
    assert Phrase.objects.get(language="en").pk == kept.pk
    assert list(Phrase.objects.filter(language="de").values_list("text", flat=True)) == [
        "auf?",
        "zu?",
    ]
    said = LogEntry.objects.get().get_change_message()
    assert said.endswith("2 phrases added in German. 1 phrase removed in German.")
    assert "phrases_de" not in said


def test_a_wrong_line_is_named_and_nothing_changes(bob_client, bot):
    intent = IntentFactory(bot=bot, name="hours")
    EntityFactory(bot=bot, name="date")
    lines = "open on [Tuesday](date)\nopen on [Tuesday\nopen on [Tuesday](datum)"
    answer = bob_client.post(page_of(intent), posted(name="hours", phrases_en=lines))
    assert answer.status_code == 200
    assert answer.context["form"].errors["phrases_en"] == [
        "Line 2: write an entity mark as [text](entity), with both pairs of brackets closed.",
        "Line 3: this bot has no entity named “datum”.",
    ]
    assert lines in answer.context["form"]["phrases_en"].value().replace("\r", "")
    assert Phrase.objects.count() == 0
    assert LogEntry.objects.count() == 0


def test_two_intents_of_a_bot_can_not_have_one_name(bob_client, bot):
    IntentFactory(bot=bot, name="hours")
    intent = IntentFactory(bot=bot, name="times")
    answer = bob_client.post(page_of(intent), posted(name="hours"))
    assert answer.status_code == 200
    assert "already has an intent of that name" in str(answer.context["form"].errors)
    assert Intent.objects.get(pk=intent.pk).name == "times"


def test_a_phrase_of_another_intent_is_pointed_out(bob_client, bot):
    PhraseFactory(intent=IntentFactory(bot=bot, name="bye"), text="see you")
    intent = IntentFactory(bot=bot, name="hello")
    answer = bob_client.post(
        page_of(intent), posted(name="hello", phrases_en="see you"), follow=True
    )
    assert "“see you” is also a phrase of bye. Keep it in one of the two." in [
        str(message) for message in answer.context["messages"]
    ]
    assert Phrase.objects.filter(text="see you").count() == 2


def test_choices_and_links_are_added_changed_and_removed(bob_client, bot):
    intent = IntentFactory(bot=bot, name="hours")
    near, far = IntentFactory(bot=bot), IntentFactory(bot=bot)
    said = ReplyFactory(intent=intent)
    old = ReplyChoiceFactory(reply=said, intent=near)
    fields = {
        "id": said.pk,
        "text_en": "From 8 to 18.",
        "choices-TOTAL_FORMS": 2,
        "choices-INITIAL_FORMS": 1,
        "choices-0-id": old.pk,
        "choices-0-intent": near.pk,
        "choices-0-DELETE": "on",
        "choices-1-intent": far.pk,
        "choices-1-title_en": "Further on",
        "buttons-TOTAL_FORMS": 1,
        "buttons-0-url": "tel:+15550100",
        "buttons-0-title_de": "Anrufen",
    }
    answer = bob_client.post(
        page_of(intent), posted(name="hours", **management("replies", 1, 1) | reply(0, **fields))
    )
    assert answer.status_code == 302, answer.context["errors"]
    choice: Any = ReplyChoice.objects.get()
    assert (choice.intent, choice.title_en, choice.position) == (far, "Further on", 2)
    button: Any = ReplyButton.objects.get()
    assert (button.url, button.title_de) == ("tel:+15550100", "Anrufen")
    assert "choices and link buttons" in LogEntry.objects.get().get_change_message().lower()


def test_a_choice_can_not_lead_to_another_bots_intent(bob_client, bot):
    intent, foreign = IntentFactory(bot=bot, name="hours"), IntentFactory()
    fields = {"text_en": "Hi.", "choices-TOTAL_FORMS": 1, "choices-INITIAL_FORMS": 0}
    fields["choices-0-intent"] = foreign.pk
    answer = bob_client.post(
        page_of(intent), posted(name="hours", **management("replies", 1) | reply(0, **fields))
    )
    assert answer.status_code == 200
    assert Reply.objects.count() == ReplyChoice.objects.count() == 0


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://example.org", "//example.org", ""])
def test_a_link_that_could_harm_is_refused(bob_client, bot, url):
    intent = IntentFactory(bot=bot, name="hours")
    fields = {"text_en": "Hi.", "buttons-TOTAL_FORMS": 1, "buttons-INITIAL_FORMS": 0}
    fields |= {"buttons-0-url": url, "buttons-0-title_en": "Go"}
    answer = bob_client.post(
        page_of(intent), posted(name="hours", **management("replies", 1) | reply(0, **fields))
    )
    assert answer.status_code == 200
    assert Reply.objects.count() == ReplyButton.objects.count() == 0


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (
            {"kind": "text", "title_en": "x"},
            "Write the text of this reply in at least one language.",
        ),
        ({"kind": "image", "image_alt_en": "map"}, "Upload the picture that this reply shows."),
        ({"kind": "card"}, "Give the card a title or a text in at least one language."),
    ],
)
def test_an_incomplete_reply_says_what_is_missing(bob_client, bot, fields, problem):
    intent = IntentFactory(bot=bot, name="hours")
    data = management("replies", 1) | reply(0, **{"position": 3, **fields})
    answer = bob_client.post(page_of(intent), posted(name="hours", **data))
    assert answer.status_code == 200
    assert problem in answer.content.decode()
    assert Reply.objects.count() == 0


def test_a_picture_is_uploaded_and_a_disguised_one_is_refused(bob_client, bot, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    intent = IntentFactory(bot=bot, name="hours")
    for content, expected in ((b"<svg onload='x'>", 200), (PNG, 302)):
        fields: dict[str, Any] = {"kind": "image", "image_alt_en": "A map"}
        fields["image"] = SimpleUploadedFile("map.png", content)
        data = management("replies", 1) | reply(0, **fields)
        assert (
            bob_client.post(page_of(intent), posted(name="hours", **data)).status_code == expected
        )
    with Reply.objects.get().image.open() as stored:
        assert stored.read() == PNG


def test_a_reply_is_deleted(bob_client, bot):
    intent = IntentFactory(bot=bot, name="hours")
    said = ReplyFactory(intent=intent)
    data = management("replies", 1, 1) | reply(0, id=said.pk, text_en="x", DELETE="on")
    assert bob_client.post(page_of(intent), posted(name="hours", **data)).status_code == 302
    assert Reply.objects.count() == 0


def test_the_list_needs_as_many_queries_for_many_as_for_few(
    bob_client, bot, django_assert_max_num_queries
):
    for _index in range(30):
        PhraseFactory(intent=IntentFactory(bot=bot))
        PhraseFactory(language="de", intent=IntentFactory(bot=BotFactory()))
    with django_assert_max_num_queries(12):
        answer = bob_client.get(LIST)
    assert answer.context["cl"].result_count == 60
    assert "at least 8 are needed" in answer.content.decode()


def test_the_list_finds_words_of_phrases_and_gaps(bob_client, bot):
    hours, parking = (IntentFactory(bot=bot, name=name) for name in ("hours", "parking"))
    for index in range(8):
        PhraseFactory(intent=hours, language="de", text=f"wann {index}")
    PhraseFactory(intent=parking, language="de", text="wo parken")

    def names(query):
        return [row.name for row in bob_client.get(LIST + query).context["cl"].result_list]

    assert names("?q=wann") == ["hours"]
    assert names("?few=de") == ["parking"]
    assert names("?few=en") == ["hours", "parking"]
    assert names(f"?bot__id__exact={BotFactory().pk}") == []


def test_an_intent_of_a_deleted_language_keeps_its_texts(bob_client, bot):
    intent = IntentFactory(bot=bot, name="hours", title_fr="Horaires")
    PhraseFactory(intent=intent, language="fr", text="ouvert")
    assert bob_client.post(page_of(intent), posted(name="hours", title_en="x")).status_code == 302
    assert Intent.objects.values_list("title_fr", flat=True).get() == "Horaires"
    assert Phrase.objects.get().text == "ouvert"


def test_with_many_bots_the_new_intent_follows_the_one_asked_for(bob_client, bot):
    BotFactory(languages=["fr"])
    form = bob_client.get(f"{ADD}?bot={bot.pk}").context["form"]
    assert form.codes == ["en", "de"]
    assert bob_client.get(f"{ADD}?bot=x").status_code == 200
    assert bob_client.post(ADD, posted()).status_code == 200
    assert Intent.objects.count() == 0


def test_who_may_only_look_does_not_see_the_page(bot, charlie):
    charlie.is_staff = True
    charlie.save()
    assert signed_in(charlie).get(page_of(IntentFactory(bot=bot))).status_code == 403


def test_saving_an_unchanged_page_changes_nothing(bob_client, bot):
    intent = IntentFactory(bot=bot, name="hours", title_en="Hours")
    said = ReplyFactory(intent=intent, text_en="One.\n---\nTwo.")
    PhraseFactory(intent=intent, text="open?")
    before = snapshot_of(bot)
    data = management("replies", 1, 1) | reply(0, id=said.pk, text_en="One.\r\n---\r\nTwo.")
    data |= {"title_en": "Hours", "phrases_en": "open?\r\n"}
    assert bob_client.post(page_of(intent), posted(name="hours", **data)).status_code == 302
    assert snapshot_of(bot) == before
    assert LogEntry.objects.get().get_change_message() == "No fields changed."
