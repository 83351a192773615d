"""Translation catalogues without the gettext programs: collect, merge, check, compile.

Whoever translates needs only Python; `make messages` and the site's start use the same code.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polib
from django.utils.translation.template import templatize

FUNCTIONS = {
    "_": ("msgid",),
    "gettext": ("msgid",),
    "gettext_lazy": ("msgid",),
    "gettext_noop": ("msgid",),
    "ngettext": ("msgid", "plural"),
    "ngettext_lazy": ("msgid", "plural"),
    "pgettext": ("context", "msgid"),
    "pgettext_lazy": ("context", "msgid"),
    "npgettext": ("context", "msgid", "plural"),
    "npgettext_lazy": ("context", "msgid", "plural"),
}
PLURAL_FORMS = {
    "de": "nplurals=2; plural=(n != 1);",
    "es": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
    "ar": "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : "
    "n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5;",
}
_LITERAL = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_CALL = re.compile(
    rf"(?<!\w)(?P<name>_|n?p?gettext)\((?P<words>{_LITERAL}(?:, *{_LITERAL})*)(?:, *count)?\)"
)
_PLACEHOLDER = re.compile(r"%\(\w+\)[-+ #0-9.]*[a-zA-Z]|%[sd]|\{\w*\}")

Key = tuple[str, str]
"""Context (often empty) and the English text: what names an entry."""


@dataclass
class Text:
    """One text to translate, with the files that show it and a word to translators."""

    msgid: str
    plural: str
    context: str
    files: list[str]
    comment: str = ""

    @property
    def key(self) -> Key:
        return self.context, self.msgid


def collect(root: Path, folders: Iterable[str]) -> dict[Key, Text]:
    """Every translatable text below these folders of the project, in order of files."""
    texts: dict[Key, Text] = {}
    for path in source_files(root, folders):
        source = path.read_text()
        found = _in_python(source) if path.suffix == ".py" else _in_template(source, str(path))
        for text in found:
            known = texts.setdefault(text.key, text)
            known.plural = known.plural or text.plural
            known.comment = known.comment or text.comment
            known.files = sorted({*known.files, path.relative_to(root).as_posix()})
    return texts


def source_files(root: Path, folders: Iterable[str]) -> list[Path]:
    """Every file that may hold texts: Python, pages and mails."""
    kinds = ("*.py", "*.html", "*.txt")
    paths = (path for name in folders for kind in kinds for path in (root / name).rglob(kind))
    return sorted(path for path in paths if "migrations" not in path.parts)


def _in_python(source: str) -> Iterator[Text]:
    lines = source.splitlines()
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        words = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
        parts = FUNCTIONS.get(name, ())
        if parts and len(words) >= len(parts) and all(isinstance(word, str) for word in words):
            above = lines[call.lineno - 2].strip() if call.lineno > 1 else ""
            comment = above.lstrip("# ") if "Translators:" in above else ""
            yield _text(parts, [str(word) for word in words], comment)


def _in_template(source: str, origin: str) -> Iterator[Text]:
    for match in _CALL.finditer(templatize(source, origin)):
        words = ast.literal_eval(f"({match['words']},)")
        # The template engine doubles every per cent sign of a text with or without placeholders.
        yield _text(FUNCTIONS[match["name"]], list(words), "")


def _text(parts: tuple[str, ...], words: list[str], comment: str) -> Text:
    named = dict(zip(parts, words, strict=False))
    return Text(named["msgid"], named.get("plural", ""), named.get("context", ""), [], comment)


def merge(texts: dict[Key, Text], path: Path, language: str) -> polib.POFile:
    """A catalogue with exactly these texts that keeps the translations found in the file."""
    old = {_key(entry): entry for entry in polib.pofile(str(path))} if path.exists() else {}
    catalogue = polib.POFile(wrapwidth=100)
    catalogue.metadata = {
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURAL_FORMS[language],
    }
    for text in sorted(texts.values(), key=lambda text: text.files[0]):
        catalogue.append(_entry(text, old.get(text.key), language))
    return catalogue


def _entry(text: Text, known: polib.POEntry | None, language: str) -> polib.POEntry:
    entry = polib.POEntry(
        msgid=text.msgid,
        msgctxt=text.context or None,
        comment=text.comment,
        occurrences=[(name, "") for name in text.files],
        flags=["python-format"] if "%(" in text.msgid else [],
    )
    if text.plural:
        forms = known.msgstr_plural if known and known.msgid_plural == text.plural else {}
        entry.msgid_plural = text.plural
        entry.msgstr_plural = {form: forms.get(form, "") for form in range(plural_count(language))}
    elif known:
        entry.msgstr = known.msgstr
    return entry


def plural_count(language: str) -> int:
    """How many forms a counted text has in this language."""
    return int(PLURAL_FORMS[language].partition("=")[2][0])


def problems(texts: dict[Key, Text], path: Path, language: str) -> list[str]:
    """What is wrong with a catalogue, one sentence each; an empty list when it is complete."""
    if not path.exists():
        return ["there is no catalogue: make messages"]
    entries = {_key(entry): entry for entry in polib.pofile(str(path)) if not entry.obsolete}
    wrong = [f"missing: {texts[key].msgid!r}" for key in texts.keys() - entries.keys()]
    wrong += [f"no longer used: {key[1]!r}" for key in entries.keys() - texts.keys()]
    for key in texts.keys() & entries.keys():
        wrong += _problems_of(texts[key], entries[key], language)
    return sorted(wrong)


def _problems_of(text: Text, entry: polib.POEntry, language: str) -> Iterator[str]:
    count = plural_count(language) if text.plural else 1
    forms = list(entry.msgstr_plural.values()) if text.plural else [entry.msgstr]
    if len(forms) != count or not all(forms):
        yield f"not translated: {text.msgid!r}"
        return
    if entry.fuzzy:
        yield f"not reviewed (fuzzy): {text.msgid!r}"
    wanted = _placeholders(text.plural or text.msgid)
    for form in forms:
        # A form for none, one or two may say the number in words.
        is_wrong = (
            not _placeholders(form) <= wanted if text.plural else _placeholders(form) != wanted
        )
        if is_wrong:
            yield f"placeholders differ: {text.msgid!r} and {form!r}"
        if form.startswith("\n") != text.msgid.startswith("\n") or form.endswith("\n") != (
            text.plural or text.msgid
        ).endswith("\n"):
            yield f"line breaks at the ends differ: {text.msgid!r}"


def _placeholders(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text.replace("%%", "")))


def _key(entry: polib.POEntry) -> Key:
    return entry.msgctxt or "", entry.msgid


def compile_stale(folder: Path) -> list[Path]:
    """Compile each catalogue that is newer than its compiled form; returns those compiled.

    The compiled file appears whole or not at all, so processes may start together.
    """
    compiled = []
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        draft = target.with_suffix(".draft")
        polib.pofile(str(source)).save_as_mofile(str(draft))
        draft.replace(target)
        compiled.append(target)
    return compiled
