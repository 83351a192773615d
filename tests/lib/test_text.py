"""What people write is stored as protocol rule R12 says, in every script."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot_site.lib.errors import ApplicationError, BadTextError, TooLongError
from chatbot_site.lib.text import MAX_BYTES, MAX_CODE_POINTS, clean_message, is_blank

KEPT = {
    "plain": "When are you open?",
    "spaces at both ends": "  indented ",
    "newline and tab": "first\n\tsecond",
    "accents": "Où est la clinique ? Ça va, Müller?",
    "Arabic with vowel signs": "مَتَى تَفْتَحُونَ؟",
    "Hebrew with points": "שָׁלוֹם",
    "Devanagari": "आप कब खुलते हैं?",
    "Thai": "เปิดกี่โมง",
    "Vietnamese": "Mấy giờ mở cửa?",
    "Chinese": "你们几点开门？",
    "Korean": "몇 시에 여나요?",
    "family of emoji with joiners": "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}",
    "flag": "\U0001f1e9\U0001f1ea",
    "skin tone": "\U0001f44d\U0001f3fd",
    "directional marks": "\u200fمرحبا\u200e",
    "isolated name": "\u2068علي\u2069 wrote",
    "markup is text": "<b>hello</b> & 'more'",
    "eight marks on a letter": "x" + "\u0334" * 8,
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_is_kept(text: str) -> None:
    assert clean_message(text) == text


CHANGED = {
    "composed": ("e\u0301", "\u00e9"),
    "Hangul composed": ("\u1112\u1161\u11ab", "한"),
    "Ångström sign": ("\u212b", "Å"),
    "line ends of Windows": ("a\r\nb", "a\nb"),
    "line ends of old Macs": ("a\rb", "a\nb"),
    "bell": ("a\x07b", "ab"),
    "escape sequence": ("\x1b[31mred", "[31mred"),
    "delete": ("a\x7fb", "ab"),
    "next line of C1": ("a\x85b", "ab"),
    "last of C1": ("a\x9fb", "ab"),
    "nine marks on a letter": ("x" + "\u0334" * 9, "x" + "\u0334" * 8),
    "a tower on each letter": (
        "h" + "\u0336" * 200 + "i" + "\u0337" * 200,
        "h" + "\u0336" * 8 + "i" + "\u0337" * 8,
    ),
}


@pytest.mark.parametrize(("text", "stored"), CHANGED.values(), ids=CHANGED)
def test_is_made_safe(text: str, stored: str) -> None:
    assert clean_message(text) == stored


REFUSED = {
    "nothing": "",
    "spaces": "   ",
    "lines": "\n\n\t\r\n",
    "no-break and ideographic space": "\u00a0\u3000",
    "zero width only": "\u200b\u200c\u200d\ufeff",
    "directional marks only": "\u200e\u202e",
    "controls only": "\x01\x02\x1f",
    "NUL": "a\x00b",
    "high surrogate": "a\ud83d",
    "low surrogate": "\ude00b",
    "surrogates in the wrong order": "\ude00\ud83d",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_is_refused(text: str) -> None:
    with pytest.raises(BadTextError) as refusal:
        clean_message(text)
    assert refusal.value.field == "body"


@pytest.mark.parametrize("letter", ["a", "ع", "漢", "\U0001f600"], ids=["1", "2", "3", "4 bytes"])
def test_limit_counts_code_points(letter: str) -> None:
    assert clean_message(letter * (MAX_CODE_POINTS - 1)) == letter * (MAX_CODE_POINTS - 1)
    assert clean_message(letter * MAX_CODE_POINTS) == letter * MAX_CODE_POINTS
    with pytest.raises(TooLongError) as refusal:
        clean_message(letter * (MAX_CODE_POINTS + 1))
    assert refusal.value.field == "body"


def test_limit_holds_for_what_the_normal_form_makes_longer() -> None:
    # The musical symbol becomes two code points in NFC.
    symbol = "\U0001d15e"
    assert len(unicodedata.normalize("NFC", symbol)) == 2
    clean_message(symbol * (MAX_CODE_POINTS // 2))
    with pytest.raises(TooLongError):
        clean_message(symbol * (MAX_CODE_POINTS // 2 + 1))


@pytest.mark.parametrize("text", ["\u200bhidden\u200b", ".", "0", "\U0001f642", "\u00a0x"])
def test_something_to_see_is_not_blank(text: str) -> None:
    assert not is_blank(text)


@given(st.text(st.characters(), max_size=60))
def test_whatever_comes_is_refused_or_made_safe_once(text: str) -> None:
    try:
        stored = clean_message(text)
    except ApplicationError:
        return
    assert clean_message(stored) == stored
    assert unicodedata.is_normalized("NFC", stored)
    assert 0 < len(stored) <= MAX_CODE_POINTS
    assert len(stored.encode()) <= MAX_BYTES
    assert not [c for c in stored if unicodedata.category(c) == "Cc" and c not in "\n\t"]
