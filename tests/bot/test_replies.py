"""How replies are worded and written as the body of an event."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.bot.replies import KINDS, body_of, worded
from conversations.bot.types import Choice, LinkButton, Reply, ReplyTemplate, Wording

WORDINGS = (Wording("one", "<p>one</p>"), Wording("two", "<p>two</p>"), Wording("three", ""))


@pytest.mark.parametrize(("turn", "text"), [(0, "one"), (1, "two"), (2, "three"), (3, "one")])
def test_wordings_take_turns_and_begin_again(turn: int, text: str) -> None:
    assert worded(ReplyTemplate("text", WORDINGS), turn).text == text


def test_a_reply_without_words_says_its_title_else_what_its_picture_shows() -> None:
    picture = ReplyTemplate("image", (), image="/a.png", image_alt="The way in")
    assert worded(picture, 5).text == "The way in"
    card = ReplyTemplate("card", (Wording("", ""),), title="Way in", image_alt="A door")
    assert worded(card, 0).text == "Way in"


def test_a_body_has_only_what_the_reply_has() -> None:
    assert body_of(Reply("text", "Hello")) == {"text": "Hello"}


def test_a_body_has_everything_that_the_reply_has() -> None:
    reply = worded(
        ReplyTemplate(
            "card",
            WORDINGS,
            title="T",
            image="/i.png",
            image_alt="A",
            choices=(Choice("Parking", "intent:parking"),),
            buttons=(LinkButton("Map", "https://example.org/"),),
        ),
        0,
    )
    assert body_of(reply) == {
        "text": "one",
        "html": "<p>one</p>",
        "title": "T",
        "image": "/i.png",
        "image_alt": "A",
        "choices": [{"title": "Parking", "payload": "intent:parking"}],
        "buttons": [{"title": "Map", "url": "https://example.org/"}],
    }


@given(
    kind=st.sampled_from(KINDS),
    words=st.lists(st.text(min_size=1), min_size=1, max_size=4),
    turn=st.integers(0, 10**9),
)
def test_every_kind_says_itself_as_text_and_survives_json(
    kind: str, words: list[str], turn: int
) -> None:
    template = ReplyTemplate(kind, tuple(Wording(text, "") for text in words))
    body = body_of(worded(template, turn))
    assert body["text"] == words[turn % len(words)]
    assert json.loads(json.dumps(body)) == body
