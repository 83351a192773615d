"""Training: order makes no difference, odd input makes no error."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.bot.nlu.local.crossval import cross_validate
from conversations.bot.nlu.local.evaluate import score
from conversations.bot.nlu.local.model import JOINT, LocalModel
from conversations.bot.nlu.local.train import train
from conversations.bot.types import OUT_OF_SCOPE, Example
from tests.bot.nlu.corpora import FakeEncoder, bilingual, demo, shop

ENCODERS = [None, FakeEncoder()]
ALIENS = [
    Example(f"{start} {rest}", OUT_OF_SCOPE, "en")
    for start in ("who won", "tell me about", "what is", "sing me")
    for rest in ("the football match", "a song from the radio", "the weather on mars")
]
MODEL = train(shop())
BLENDED = train([*shop(), *ALIENS], encoder=FakeEncoder())

ODD = {
    "nothing": [],
    "one phrase": [Example("hello", "greet", "en")],
    "one intent": [Example(text, "greet", "en") for text in ("hello", "hi there", "good day")],
    "empty strings": [Example("", "greet", "en"), Example("  ", "bye", "en")],
    "some empty": [*shop(), Example("", "greet", "en")],
    "same phrases": [Example("hello", intent, "en") for intent in ("a", "b", "c")] * 3,
    "lonely intent": [*shop(), Example("where can i park", "parking", "en")],
    "only aliens": ALIENS,
    "one intent and aliens": [*ALIENS, Example("hello", "greet", "en")],
    "two phrases": [Example("hello", "greet", "en"), Example("bye", "leave", "en")],
    "no language": [Example("hello", "greet", ""), Example("bye", "leave", "")],
    "symbols": [Example("???", "ask", "en"), Example("😀", "smile", "en")],
}


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("name", ODD)
def test_odd_input_trains_serves_and_survives(name, encoder):
    model = train(ODD[name], encoder=encoder)
    again = LocalModel.from_bytes(model.to_bytes(), encoder=encoder)
    for text in ("hello", "", "where can i park", "😀"):
        found = model.predict(text, "en")
        assert again.predict(text, "en") == found
        assert len(found.ranking) <= len(model.intents)
    cross_validate(ODD[name], encoder=encoder)
    score(model, ODD[name])


def test_ranking_is_calibrated_and_sorted():
    found = MODEL.predict("please now opening hours of the clinic", "en")
    confidences = [item.confidence for item in found.ranking]
    assert found.ranking[0].intent == "hours"
    assert found.in_scope
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) == pytest.approx(1)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_order_makes_no_difference(encoder):
    shuffled = [*bilingual(), *ALIENS]
    random.Random(4).shuffle(shuffled)
    first = train([*bilingual(), *ALIENS], encoder=encoder)
    assert first.to_bytes() == train(shuffled, encoder=encoder).to_bytes()


def test_incomplete_language_uses_the_joint_part():
    model = train(bilingual())
    assert sorted(model.parts) == [JOINT, "en"]
    assert model.predict("pay bill", "de").ranking[0].intent == "bill"
    assert model.predict("Termin beim Arzt", "de").ranking[0].intent == "book"


def test_unknown_language_uses_the_joint_part():
    assert MODEL.predict("opening hours", "xx") == MODEL.predict("opening hours")


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "!!!", "qqqq wwww", "שלום", "😀", "\x00"])
@pytest.mark.parametrize("model", [MODEL, BLENDED])
def test_unknown_text_is_out_of_scope(model, text):
    assert not model.predict(text, "en").in_scope


@pytest.mark.parametrize("model", [MODEL, BLENDED])
@given(text=st.text(max_size=200), language=st.sampled_from(["en", "", "xx"]))
@settings(max_examples=60, deadline=None)
def test_predict_never_raises(model, text, language):
    found = model.predict(text, language)
    assert all(0 <= item.confidence <= 1 for item in found.ranking)


def test_huge_text_is_cheap():
    assert MODEL.predict("opening hours " * 200_000, "en").ranking[0].intent == "hours"


def test_known_aliens_are_refused_and_phrases_kept():
    assert not BLENDED.predict("who won the football match", "en").in_scope
    assert BLENDED.predict("opening hours of the clinic", "en").in_scope


def test_validation_lines_set_the_threshold():
    model = train(shop(), validation=shop(), keep=90)
    assert model.parts[JOINT].alone.phrases == len(shop())
    kept = [model.predict(line.text, "en").in_scope for line in shop()]
    assert sum(kept) >= 0.85 * len(kept)


def test_lower_keep_is_stricter():
    strict, lenient = train(shop(), keep=70), train(shop(), keep=99)
    assert strict.parts[JOINT].alone.detector.threshold > (
        lenient.parts[JOINT].alone.detector.threshold
    )


def test_report_counts_and_names_confusions():
    twins = [Example(line.text, "hours_again", "en") for line in shop() if line.intent == "hours"]
    report = cross_validate([*shop(), *twins, *ALIENS])
    assert report.confused[0].intents == ("hours", "hours_again")
    assert report.confused[0].phrases[0].predicted in ("hours", "hours_again")
    assert report.phrases["bill"] == {"en": 8}
    assert report.metrics["oos_auroc"] is not None
    assert set(report.accuracy_by_language) == {"en"}


GIBBERISH = {
    "en": ["asdkjh qwlkeu zmxcn", "hjkl hjkl vbnm", "aaaaaaa"],
    "es": ["fjdksla fjdksla", "zxcvb nmqwp", "wubba lubba"],
    "fr": ["sdfghjkl", "xqzt wkrv", "zzz"],
    "de": ["qwrtz plmk", "hjklö bnmpq", "123456789"],
    "ar": ["غغغغ ظظظ", "ططط خخخ ججج", "صضثق شسيب"],
}


def test_gibberish_is_out_of_scope_for_the_demo_bot():
    model = train(demo()[::3])  # every third phrase, to be quick
    wrong = [
        (language, text)
        for language, texts in GIBBERISH.items()
        for text in texts
        if model.predict(text, language).in_scope
    ]
    assert wrong == []
