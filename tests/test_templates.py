"""What no page may hold: inline script or style, unescaped text, words that can't be translated."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MAILS = sorted((ROOT / "templates").rglob("*.txt"))
STYLES = sorted((ROOT / "static").rglob("*.css"))
SCRIPTS = sorted((ROOT / "static").rglob("*.js"))

UNTRANSLATED_PARTS = re.compile(
    r"{%\s*comment.*?endcomment\s*%}|{%\s*block \w*class\b.*?endblock.*?%}"
    r"|{%\s*(?P<tag>blocktrans(?:late)?)\b.*?end(?P=tag)\s*%}"
    r"|{#.*?#}|{%.*?%}|{{.*?}}|<!--.*?-->|<(?P<name>script|style)\b.*?</(?P=name)>",
    re.DOTALL,
)
TAG = re.compile(r"<[a-zA-Z/!][^>]*>", re.DOTALL)
SPOKEN_ATTRIBUTE = re.compile(r"\s(alt|aria-label|placeholder|title|value)=\"([^\"]*)\"")
ENTITY = re.compile(r"&#?\w+;")
# Help texts of password rules come as markup from Django itself, never from people.
UNESCAPED_IN = {"templates/components/field.html": "{{ field.help_text|safe }}"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def ids(path: Path) -> str:
    return name_of(path).removeprefix("templates/").removeprefix("static/")


INLINE = {
    "an event handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "text without escaping": re.compile(r"\|\s*safe(seq)?\b|autoescape\s+off"),
    "a script or style without nonce": re.compile(
        r"<(?:script|style)\b(?![^>]*\b(?:nonce=|src=))[^>]*>", re.IGNORECASE
    ),
}


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_pages_hold_nothing_inline(path: Path) -> None:
    text = re.sub(r"{#.*?#}", "", path.read_text()).replace(
        UNESCAPED_IN.get(name_of(path), "\0"), ""
    )
    assert [what for what, pattern in INLINE.items() if pattern.search(text)] == []


FORM = re.compile(r"<form\b[^>]*method=\"post\".*?</form>", re.IGNORECASE | re.DOTALL)


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_forms_that_write_carry_a_token(path: Path) -> None:
    for form in FORM.findall(path.read_text()):
        assert "{% csrf_token %}" in form, form[:80]


def words_left(text: str) -> Iterator[str]:
    """What a person would read on the page that no translation reaches."""
    rest = UNTRANSLATED_PARTS.sub(" ", text)
    for _name, value in SPOKEN_ATTRIBUTE.findall(rest):
        if re.search(r"[^\W\d_]{2}", value) and " " in value.strip():
            yield value
    for line in ENTITY.sub(" ", TAG.sub(" ", rest)).splitlines():
        if re.search(r"[^\W\d_]{2}", line):
            yield line.strip()


@pytest.mark.parametrize("path", [*TEMPLATES, *MAILS], ids=ids)
def test_every_word_can_be_translated(path: Path) -> None:
    assert list(words_left(path.read_text())) == []


PHYSICAL = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)\b"
    r"|border-(?:top|bottom)-(?:left|right)-radius|(?:left|right)\s*:"
    r"|(?:text-align|float|clear)\s*:\s*(?:left|right))"
)


@pytest.mark.parametrize("path", STYLES, ids=ids)
def test_styles_know_start_and_end_not_left_and_right(path: Path) -> None:
    lines = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL).splitlines()
    assert [line.strip() for line in lines if PHYSICAL.search(line)] == []


DANGEROUS_SCRIPT = re.compile(
    r"\beval\(|new Function\(|\.innerHTML\s*=|\.outerHTML\s*=|document\.write\(|insertAdjacentHTML"
)
# Markup that the server made: the bot's words, cleaned when their release was built; an empty form.
MADE_BY_THE_SERVER = {"static/js/chat/render/text.js", "static/js/admin/rows.js"}


@pytest.mark.parametrize("path", SCRIPTS, ids=ids)
def test_scripts_build_no_markup_from_text(path: Path) -> None:
    found = DANGEROUS_SCRIPT.findall(path.read_text())
    assert found == [] or (name_of(path) in MADE_BY_THE_SERVER and len(found) == 1)


@pytest.mark.parametrize(
    "text", ["<p>Hello there</p>", '<img alt="A map of us">', "{% if x %}Yes, do{% endif %}"]
)
def test_the_test_sees_words_that_can_not_be_translated(text: str) -> None:
    assert list(words_left(text)) != []
