"""What the bot decides: every branch with its exact answer, and that there always is one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.bot.dialogue import Chosen, apology, decide
from conversations.bot.types import (
    Answer,
    Choice,
    Content,
    LocalContent,
    Outcome,
    Pattern,
    ReplyTemplate,
    ScoredIntent,
    State,
    Thresholds,
    Understanding,
    Wording,
)

PERSON = Choice("Talk to a person", "intent:talk_to_person")
HOURS = Choice("Opening hours", "intent:hours")
PARKING = Choice("Parking", "intent:parking")
NONE = Choice("None of these", "none")


def says(text: str) -> tuple[ReplyTemplate, ...]:
    return (ReplyTemplate("text", (Wording(text, f"<p>{text}</p>"),)),)


LOCAL = LocalContent(
    language="en",
    name="Clinic",
    summary="",
    greeting=Wording("Hello", ""),
    starters=(HOURS, PARKING),
    titles={
        "hours": "Opening hours",
        "parking": "Parking",
        "emergency": "Emergency",
        "talk_to_person": "Talk to a person",
        "none": "None of these",
    },
    replies={
        "hours": (
            ReplyTemplate("text", (Wording("From 8 to 18.", ""), Wording("8 to 18.", ""))),
            ReplyTemplate("card", (Wording("", ""),), title="Holidays"),
        ),
        "parking": says("Behind the house."),
        "emergency": says("Call 112 now."),
        "talk_to_person": says("Call 555 0100."),
        "silent": (),
        "blank": says(""),
    },
    patterns={pattern: (Wording(pattern.value, ""),) for pattern in Pattern},
)
GERMAN = replace(LOCAL, language="de", replies={"hours": says("Von 8 bis 18 Uhr.")})
CONTENT = Content(
    bot="clinic",
    release=1,
    languages=("en", "de"),
    default_language="en",
    colour="",
    avatar="",
    thresholds=Thresholds(answer=0.5, clarify=0.2),
    urgent=frozenset({"emergency"}),
    local={"en": LOCAL, "de": GERMAN},
)


def understood(
    *ranking: tuple[str, float], in_scope: bool = True, language: str = "en"
) -> Understanding:
    scored = tuple(ScoredIntent(name, confidence) for name, confidence in ranking)
    return Understanding(language, scored, 0.0, in_scope, "local")


def texts(answer: Answer) -> list[str]:
    return [reply.text for reply in answer.replies]


def test_a_sure_intent_is_answered_with_all_its_replies() -> None:
    answer = decide(understood(("hours", 0.9), ("parking", 0.1)), State(misses=2), CONTENT)
    assert texts(answer) == ["From 8 to 18.", "Holidays"]
    assert [reply.kind for reply in answer.replies] == ["text", "card"]
    assert answer.state == State(0, "hours", {"hours": 1})
    assert (answer.outcome, answer.intent, answer.confidence, answer.language) == (
        Outcome.ANSWERED,
        "hours",
        0.9,
        "en",
    )


def test_wordings_take_turns() -> None:
    state, said = State(), []
    for _turn in range(3):
        answer = decide(understood(("hours", 0.9)), state, CONTENT)
        state = answer.state
        said.append(texts(answer)[0])
    assert said == ["From 8 to 18.", "8 to 18.", "From 8 to 18."]
    assert state.said == {"hours": 3}


def test_the_threshold_itself_is_sure_enough() -> None:
    assert decide(understood(("parking", 0.5)), State(), CONTENT).outcome is Outcome.ANSWERED
    assert decide(understood(("parking", 0.4999)), State(), CONTENT).outcome is Outcome.CLARIFIED


def test_between_the_thresholds_the_two_nearest_are_offered() -> None:
    answer = decide(
        understood(("hours", 0.4), ("parking", 0.3), ("emergency", 0.1)), State(), CONTENT
    )
    assert texts(answer) == ["clarify"]
    assert answer.replies[0].choices == (HOURS, PARKING, NONE)
    assert (answer.outcome, answer.intent, answer.confidence) == (Outcome.CLARIFIED, "", None)
    assert answer.state == State(0, "", {"clarify": 1})


def test_what_has_no_reply_is_not_offered() -> None:
    answer = decide(understood(("unknown", 0.4), ("parking", 0.3)), State(), CONTENT)
    assert answer.replies[0].choices == (PARKING, NONE)
    gone = decide(understood(("unknown", 0.9)), State(), CONTENT)
    assert (gone.outcome, texts(gone)) == (Outcome.FELL_BACK, ["fallback"])


def test_an_urgent_intent_wins_though_another_is_likelier() -> None:
    answer = decide(understood(("hours", 0.6), ("emergency", 0.36)), State(), CONTENT)
    assert (texts(answer), answer.intent) == (["Call 112 now."], "emergency")


@pytest.mark.parametrize(
    ("message", "intent"),
    [
        # Not near enough to the best one.
        (understood(("hours", 0.61), ("emergency", 0.36)), "hours"),
        # Below the lower threshold.
        (understood(("hours", 0.3), ("emergency", 0.19)), ""),
        (understood(("hours", 0.6), ("emergency", 0.4), in_scope=False), ""),
    ],
)
def test_an_urgent_intent_must_be_likely_all_the_same(message: Understanding, intent: str) -> None:
    assert decide(message, State(), CONTENT).intent == intent


def test_out_of_scope_is_a_miss_however_sure_the_engine_is() -> None:
    answer = decide(understood(("hours", 0.99), in_scope=False), State(), CONTENT)
    assert (answer.outcome, texts(answer)) == (Outcome.FELL_BACK, ["fallback"])


def test_the_ladder_of_misses() -> None:
    state, steps = State(), []
    for _turn in range(4):
        answer = decide(understood(in_scope=False), state, CONTENT)
        state = answer.state
        steps.append((texts(answer)[0], answer.replies[0].choices))
    assert steps == [
        ("fallback", ()),
        ("fallback_again", (HOURS, PARKING)),
        ("offer_person", (PERSON,)),
        ("offer_person", (PERSON,)),
    ]
    assert state == State(4, "", {"fallback": 1, "fallback_again": 1, "offer_person": 2})


def test_without_a_way_to_a_person_the_starters_are_offered() -> None:
    answer = decide(understood(language="de"), State(misses=2), CONTENT)
    assert answer.replies[0].choices == (HOURS, PARKING)


def test_an_intent_without_words_says_that_it_has_none() -> None:
    for name in ("silent", "blank"):
        answer = decide(understood((name, 0.9)), State(misses=1), CONTENT)
        assert (texts(answer), answer.outcome) == (["empty_intent"], Outcome.ANSWERED)
        assert answer.state == State(0, name, {name: 1})


def test_a_language_the_bot_does_not_speak_gets_its_main_one() -> None:
    answer = decide(understood(("hours", 0.9), language="fr"), State(), CONTENT)
    assert (answer.language, texts(answer)[0]) == ("en", "From 8 to 18.")
    german = decide(understood(("hours", 0.9), language="de"), State(), CONTENT)
    assert (german.language, texts(german)) == ("de", ["Von 8 bis 18 Uhr."])


def test_a_chip_is_answered_without_understanding() -> None:
    answer = decide(Chosen("intent:parking", "en"), State(misses=1), CONTENT)
    assert (texts(answer), answer.intent, answer.confidence) == (
        ["Behind the house."],
        "parking",
        1.0,
    )
    assert answer.state.misses == 0


def test_none_of_these_offers_a_person() -> None:
    answer = decide(Chosen("none", "en"), State(misses=1), CONTENT)
    assert (texts(answer), answer.replies[0].choices) == (["none_of_these"], (PERSON,))
    assert (answer.outcome, answer.state.misses) == (Outcome.FELL_BACK, 2)


@pytest.mark.parametrize("payload", ["intent:gone", "parking", "", "intent:", "none "])
def test_a_chip_that_leads_nowhere_any_more_is_a_miss(payload: str) -> None:
    answer = decide(Chosen(payload, "en"), State(), CONTENT)
    assert (answer.outcome, texts(answer)) == (Outcome.FELL_BACK, ["fallback"])


def test_an_apology_offers_a_person_where_there_is_one() -> None:
    answer = apology(State(1, "hours", {}), CONTENT, "en")
    assert (texts(answer), answer.replies[0].choices) == (["apology"], (PERSON,))
    assert (answer.outcome, answer.state) == (
        Outcome.APOLOGISED,
        State(1, "hours", {"apology": 1}),
    )
    assert apology(State(), CONTENT, "de").replies[0].choices == ()


names = st.sampled_from([*LOCAL.replies, "unknown", ""])
languages = st.sampled_from(["en", "de", "fr", ""])
confidences = st.floats(0, 1)
states = st.builds(
    State,
    st.integers(0, 50),
    names,
    st.dictionaries(st.sampled_from([*LOCAL.replies, *Pattern]), st.integers(0, 10**6)),
)
understandings = st.builds(
    Understanding,
    languages,
    st.lists(st.builds(ScoredIntent, names, confidences), max_size=5).map(tuple),
    confidences,
    st.booleans(),
    st.just("local"),
)
chips = st.builds(Chosen, st.one_of(st.text(), names.map("intent:".__add__)), languages)


@given(message=st.one_of(understandings, chips), state=states)
def test_whatever_is_said_in_whatever_state_there_is_an_answer(
    message: Understanding | Chosen, state: State
) -> None:
    answer = decide(message, state, CONTENT)
    assert any(reply.text for reply in answer.replies)
    assert answer.language in CONTENT.languages
    assert answer.state.misses in {0, state.misses, state.misses + 1}
    assert answer.outcome is not Outcome.APOLOGISED
    assert sum(answer.state.said.values()) == sum(state.said.values()) + 1
    for reply in answer.replies:
        assert all(choice.title and choice.payload for choice in reply.choices)


@given(state=states, language=languages)
def test_an_apology_can_always_be_said(state: State, language: str) -> None:
    answer = apology(state, CONTENT, language)
    assert texts(answer) == ["apology"]
    assert (answer.state.misses, answer.state.last_intent) == (state.misses, state.last_intent)
