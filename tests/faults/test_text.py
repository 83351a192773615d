"""What people write in any script is stored, shown and exported as one and the same (F17)."""

import random
import unicodedata

import pytest

from tests.faults import rows
from tests.faults.client import Client
from tests.faults.play import export
from tests.faults.server import Site

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]
LONG_ENOUGH = 4_000

KEPT = (
    "plain",
    "İstanbul'da açık mı? ıIiİ",
    "שלום \u202eabc\u202c hello",
    "متى تفتحون؟ \u200f!",
    "👩‍👩‍👧‍👦 👍🏽 🏳️‍🌈 🇪🇸",
    "ﷺ ﬁ ⅷ",
    "क्षत्रिय ไทย 한국어 𠜎𠜱 𝄞",
    "a\u200db\u200cc",
    "tab\tand\nnewline",
    "<script>alert(1)</script> &amp; {{ 7*7 }} %s {0}",
    "'; DROP TABLE conversations_message; --",
    '{"t":"ack"}',
    "\ufeffwith a mark",
    "\ufffd\ufffe",
    "x" * LONG_ENOUGH,
    "я" * LONG_ENOUGH,
    "漢" * LONG_ENOUGH,
    "𝄞" * LONG_ENOUGH,
)
CHANGED = (
    ("cafe\u0301", "café"),
    ("한", "한"),
    ("a\x07b\x1bc\x85d", "abcd"),
    ("line\r\nline\rline", "line\nline\nline"),
    ("z" + "\u0300\u0301" * 20, unicodedata.normalize("NFC", "z" + "\u0300\u0301" * 4)),
    ("  spaces stay  ", "  spaces stay  "),
)
REFUSED = (
    ("", "bad_text"),
    (" \n\t ", "bad_text"),
    ("\u200b\u200d", "bad_text"),
    ("nul \x00", "bad_text"),
    ("\ud83d alone", "bad_text"),
    ("swapped \ude00\ud83d", "bad_text"),
    ("x" * (LONG_ENOUGH + 1), "too_long"),
    ("𝄞" * (LONG_ENOUGH + 1), "too_long"),
)


async def test_every_text_is_the_same_everywhere_or_refused(site: Site) -> None:
    web = site.started()
    client = Client("writer", site.visitors[0], site.urls(), random.Random(1))
    client.start()
    await client.until_open()
    wanted = [(text, text) for text in KEPT] + list(CHANGED)
    for text, _kept in wanted:
        await client.say(text)
    await client.until_acked()
    for text, _code in REFUSED:
        await client.say(text)
    await client.until_acked()
    await client.until(lambda: client.last == 2 * len(wanted))
    await client.stop()

    stored = rows.stored(site.database_url)[client.conv]
    assert [event.text for event in stored if event.author == "user"] == [
        kept for _, kept in wanted
    ]
    assert client.shown() == stored
    assert export(web, client.session, client.conv) == stored
    assert client.diary.errors == [code for _text, code in REFUSED]
    assert client.diary.closes == []
    assert site.tracebacks() == ""
