"""Telling the bot's languages apart."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.bot.language import Identified, train_language
from tests.bot.nlu.corpora import benchmark

FIVE = train_language({code: [] for code in ("en", "es", "fr", "de", "ar")})


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("what are your opening hours", "en"),
        ("¿cuándo puedo tener una cita?", "es"),
        ("je voudrais prendre rendez-vous, merci", "fr"),
        ("ich möchte gerne einen Termin", "de"),
        ("أريد موعد", "ar"),
        ("أريد موعد في Riverside Clinic", "ar"),
    ],
)
def test_function_words_alone_are_enough(text, language):
    assert FIVE.identify(text).language == language


@pytest.mark.parametrize("text", ["", "   ", "123", "😀", "?!"])
def test_nothing_to_judge_by_is_the_prior(text):
    assert FIVE.identify(text, "fr") == Identified("fr", 0.0)


def test_doubt_is_the_prior():
    for prior in FIVE.languages[1:]:
        assert FIVE.identify("ok", prior).language == prior


def test_a_clear_lead_leaves_the_prior():
    assert FIVE.identify("ich möchte bitte einen Termin haben", "en").language == "de"


def test_script_alone_decides_even_against_the_prior():
    assert FIVE.identify("ب", "en") == Identified("ar", 1.0)


def test_latin_letters_in_a_bot_of_other_scripts_say_nothing():
    only = train_language({"ar": [], "he": []})
    assert only.identify("hello", "he") == Identified("he", 0.0)


def test_no_language_at_all():
    assert train_language({}).identify("hello", "en") == Identified("en", 0.0)
    assert train_language({}).identify("hello") == Identified("", 0.0)


def test_own_text_teaches_a_language_without_function_words():
    model = train_language({"en": [], "sw": ["habari ya asubuhi", "nataka kuonana na daktari"]})
    assert model.identify("nataka daktari").language == "sw"


def test_order_makes_no_difference():
    texts = ["good morning", "see you", "the doctor is in"]
    first = train_language({"en": texts, "de": ["guten Morgen"]})
    second = train_language({"de": ["guten Morgen"], "en": texts[::-1]})
    assert first.languages == second.languages
    assert (first.keys == second.keys).all()
    assert (first.odds == second.odds).all()


@given(text=st.text(max_size=200), prior=st.sampled_from([None, "en", "ar", "xx"]))
@settings(max_examples=100, deadline=None)
def test_never_raises(text, prior):
    found = FIVE.identify(text, prior)
    assert found.language in FIVE.languages
    assert 0 <= found.certainty <= 1


@pytest.mark.slow
def test_short_messages_of_five_languages():
    codes = ("en", "de", "it", "tr", "ar")
    model = train_language(
        {code: [line.text for line in benchmark(f"xsid/{code}/train.jsonl")] for code in codes}
    )
    short = [
        (line.text, code)
        for code in codes
        for line in benchmark(f"xsid/{code}/test.jsonl")
        if len(line.text.split()) < 6
    ]
    right = sum(model.identify(text).language == code for text, code in short)
    assert right / len(short) >= 0.95


def test_code_and_noise_do_not_change_the_language() -> None:
    model = train_language(
        {"en": ["when are you open", "where do I park"], "fr": ["quand ouvrez-vous donc le matin"]}
    )
    for text in ("{{7*7}} ${7*7} javascript:alert(1)", "😀😀😀", "x" * 4_000):
        assert model.identify(text, "en").language == "en"
    assert model.identify("quand ouvrez-vous le matin", "en").language == "fr"
