"""A bot's colour becomes shades that are readable on every surface."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.bot.persona import READABLE, contrast, palette

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


def test_a_readable_colour_is_kept():
    made = palette("#0f6e6a")

    assert made.light.accent == "#0f6e6a"
    assert made.light.on_accent == "#ffffff"
    assert made.light.adjusted is False
    assert made.adjusted is False
    assert made.hue == 190


def test_a_pale_colour_is_darkened_and_said_so():
    made = palette("#ffe14d")

    assert made.adjusted is True
    assert made.light.accent != "#ffe14d"
    assert (
        contrast("#ffe14d", made.light.tint)
        < READABLE
        <= contrast(made.light.accent, made.light.tint)
    )
    assert made.dark.accent == "#ffe14d"


@given(COLOURS)
def test_every_colour_becomes_readable(colour):
    made = palette(colour)

    for shades in (made.light, made.dark):
        assert contrast(shades.accent, shades.tint) >= READABLE
        for fill in (shades.accent, shades.hover, shades.pressed):
            assert contrast(fill, shades.on_accent) >= READABLE


def test_black_and_white_have_an_answer():
    assert palette("#ffffff").light.accent != "#ffffff"
    assert palette("#000000").light.accent == "#000000"
    assert palette("#000000").dark.accent != "#000000"


def test_capital_letters_are_no_adjustment():
    assert palette("#0F6E6A") == palette("#0f6e6a")


@pytest.mark.parametrize("wrong", ["", "teal", "#fff", "0f6e6a", "#0f6e6g", "#0f6e6a;}"])
def test_anything_else_is_refused(wrong):
    with pytest.raises(ValueError, match=r"^|#|hexadecimal|teal|"):
        palette(wrong)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#123456", "#123456", 1.0)],
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


def test_css_names_what_the_tokens_expect():
    css = palette("#0f6e6a").css()

    assert css.startswith(":root{--bot-hue:190;--bot-accent-light:#0f6e6a;")
    assert css.count("--bot-") == 11
    assert css.endswith("}")
