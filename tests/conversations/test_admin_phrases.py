"""Phrases typed line by line: what is kept, what is created and deleted, what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.models import EntityValue, OutOfScopeExample, Phrase
from conversations.services.phrases import (
    LinesError,
    Replaced,
    out_of_scope_replace,
    phrases_clean,
    phrases_elsewhere,
    phrases_replace,
    value_line,
    values_clean,
    values_replace,
)
from tests.factories import (
    BotFactory,
    EntityFactory,
    EntityValueFactory,
    IntentFactory,
    PhraseFactory,
)


@pytest.mark.django_db
def test_equal_lines_keep_their_rows(django_assert_num_queries):
    intent = IntentFactory()
    kept = PhraseFactory(intent=intent, text="when are you open")
    PhraseFactory(intent=intent, text="opening times")
    german = PhraseFactory(intent=intent, language="de", text="Wann ist offen")
    lines = ["  when   are you open ", "", "open today?", "open today?", "until when"]

    with django_assert_num_queries(6):  # entities, savepoint, known, delete, create, savepoint
        done = phrases_replace(intent=intent, language="en", lines=lines)

    assert done == Replaced(added=2, removed=1)
    rows = Phrase.objects.filter(intent=intent, language="en").values_list("pk", "text")
    assert dict(rows)[kept.pk] == "when are you open"
    assert [text for _pk, text in rows] == ["when are you open", "open today?", "until when"]
    assert Phrase.objects.filter(pk=german.pk).exists()


@pytest.mark.django_db
def test_the_same_lines_again_change_nothing():
    intent = IntentFactory()
    phrases_replace(intent=intent, language="ar", lines=["متى تفتحون", "مواعيد العمل"])
    before = list(Phrase.objects.values_list("pk", "text"))

    assert phrases_replace(intent=intent, language="ar", lines=["متى تفتحون", "مواعيد العمل"]) == (
        Replaced(0, 0)
    )
    assert list(Phrase.objects.values_list("pk", "text")) == before


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            "on [Tuesday(date)",
            "write an entity mark as [text](entity), with both pairs of brackets closed",
        ),
        (
            "on Tuesday](date)",
            "write an entity mark as [text](entity), with both pairs of brackets closed",
        ),
        (
            "on [Tuesday]",
            "write an entity mark as [text](entity), with both pairs of brackets closed",
        ),
        ("on [Tuesday](datum)", "this bot has no entity named “datum”"),
        ("on [](date)", "the mark [](date) holds no text"),
        ("on [ ](date)", "the mark [](date) holds no text"),
        ("x" * 501, "this is longer than 500 characters"),
        ("x" * 5000, "this is longer than 500 characters"),
        ("nul \x00 here", "That message is empty or holds characters that can't be stored."),
    ],
)
def test_a_wrong_line_is_named_by_its_number(line, problem):
    with pytest.raises(LinesError) as caught:
        phrases_clean(["fine", "", line], entities={"date"})
    assert caught.value.problems == ((3, problem),)


def test_marks_of_known_entities_and_plain_parentheses_are_fine():
    lines = ["on [next Tuesday](date) (morning)", "[8](number) people", "x" * 500]
    assert phrases_clean(lines, entities={"date", "number"}) == lines


@pytest.mark.django_db
def test_a_refused_line_changes_nothing():
    intent = IntentFactory()
    PhraseFactory(intent=intent, text="stays")
    with pytest.raises(LinesError):
        phrases_replace(intent=intent, language="en", lines=["new", "[broken"])
    assert list(Phrase.objects.values_list("text", flat=True)) == ["stays"]


@given(st.lists(st.text()))
def test_any_text_is_cleaned_or_refused(lines):
    try:
        cleaned = phrases_clean(lines, entities=None)
    except LinesError as error:
        cleaned = []
        numbers = [number for number, _problem in error.problems]
        assert set(numbers) <= set(range(1, len(lines) + 1))
    assert len(set(cleaned)) == len(cleaned)
    assert all(line and line == line.strip() and "\n" not in line for line in cleaned)


@pytest.mark.django_db
def test_out_of_scope_lines_may_hold_brackets():
    bot = BotFactory()
    assert out_of_scope_replace(bot=bot, language="en", lines=["[joke] please"]) == Replaced(1, 0)
    assert OutOfScopeExample.objects.get().text == "[joke] please"


@pytest.mark.django_db
def test_values_keep_their_rows_when_synonyms_change():
    entity = EntityFactory()
    kept = EntityValueFactory(entity=entity, value="Tuesday", synonyms="Tue")
    EntityValueFactory(entity=entity, value="Noday")

    done = values_replace(
        entity=entity, language="en", lines=["Tuesday | Tue | Tues | Tue", "Friday", "10:30 | half"]
    )

    assert done == Replaced(added=3, removed=1)
    rows = EntityValue.objects.order_by("pk").values_list("pk", "value", "synonyms")
    assert rows.first() == (kept.pk, "Tuesday", "Tue\nTues")
    assert [row[1] for row in rows] == ["Tuesday", "Friday", "10:30"]
    assert value_line("Tuesday", "Tue\nTues") == "Tuesday | Tue | Tues"


def test_wrong_values_are_named_by_their_number():
    with pytest.raises(LinesError) as caught:
        values_clean(["Monday | Mon", "| Tue", "Monday", "x" * 201])
    assert caught.value.problems == (
        (2, "the value before the first | is missing"),
        (3, "this value stands in an earlier line already"),
        (4, "this is longer than 200 characters"),
    )


@pytest.mark.django_db
def test_doubles_in_other_intents_of_the_same_bot_are_found():
    intent = IntentFactory()
    other = IntentFactory(bot=intent.bot)
    double = PhraseFactory(intent=other, text="hello")
    PhraseFactory(intent=other, language="de", text="hello")
    PhraseFactory(intent=IntentFactory(), text="hello")
    assert phrases_elsewhere(intent=intent, texts={"en": ["hello", "bye"]}) == [double]
    assert phrases_elsewhere(intent=intent, texts={}) == []
