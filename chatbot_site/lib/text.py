"""What people write, made safe to store: normal form, no control characters, bounded."""

import re
import unicodedata

from chatbot_site.lib.errors import BadTextError, TooLongError

MAX_CODE_POINTS = 4_000
MAX_BYTES = 16 * 1024
# Not "Cn": an emoji newer than Python's tables is unassigned there and yet can be seen.
_INVISIBLE = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})
_CONTROLS = re.compile(r"[\x01-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
# More than eight marks on one letter is decoration that hides what is written ("zalgo").
_MARKS = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{8})"
    r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)


def clean_message(text: str) -> str:
    """The text as it is stored: NFC, without control characters other than newline and tab.

    Raises `BadTextError` for NUL, lone surrogates and blank text, `TooLongError` above 4,000 code
    points or 16 KiB.
    """
    if len(text) > 2 * MAX_CODE_POINTS:
        raise TooLongError(field="body")
    # A form posts each line break as two characters; they count as one.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_CODE_POINTS:
        raise TooLongError(field="body")
    if "\x00" in text or _SURROGATES.search(text):
        raise BadTextError(field="body")
    text = unicodedata.normalize("NFC", _CONTROLS.sub("", text))
    text = _MARKS.sub(r"\1", text)
    if len(text) > MAX_CODE_POINTS or len(text.encode()) > MAX_BYTES:
        raise TooLongError(field="body")
    if is_blank(text):
        raise BadTextError(field="body")
    return text


def is_blank(text: str) -> bool:
    """Whether nothing of it can be seen: only spaces, format and control characters."""
    return all(unicodedata.category(character) in _INVISIBLE for character in text)
