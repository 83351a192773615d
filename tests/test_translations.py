"""Catalogues: complete for every language, collected as gettext would, compiled whole."""

import gettext
import os
import shutil
import subprocess
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils.translation.template import templatize

from chatbot_site.management import catalogue
from chatbot_site.management.commands.messages_collect import FOLDERS, catalogue_path, languages

SOURCE = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext
TITLE = _("Your " "profile")
def say(count):
    # Translators: shown in the offline bar
    return ngettext("%(count)d message", "%(count)d messages", count) % {"count": count}
MONTH = pgettext("month", "May")
NOT_FIXED = _(TITLE)
"""
PAGE = """{% load i18n %}{% trans "Sign in" %}{# ignored #}
{% blocktrans count n=n %}{{ n }} file at 100 %{% plural %}{{ n }} files at 100 %{% endblocktrans %}
{% trans "May" context "verb" %}{{ _("Close")|upper }}"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "views.py").write_text(SOURCE)
    (tmp_path / "app" / "page.html").write_text(PAGE)
    return tmp_path


@pytest.mark.parametrize("language", languages())
def test_every_text_is_translated(language: str) -> None:
    texts = catalogue.collect(settings.BASE_DIR, FOLDERS)
    assert catalogue.problems(texts, catalogue_path(language), language) == []


def test_texts_are_collected_from_source_and_pages(project: Path) -> None:
    texts = catalogue.collect(project, ["app"])
    assert {text.key: (text.plural, text.comment) for text in texts.values()} == {
        ("", "Sign in"): ("", ""),
        ("", "%(n)s file at 100 %%"): ("%(n)s files at 100 %%", ""),
        ("verb", "May"): ("", ""),
        ("", "Close"): ("", ""),
        ("", "Your profile"): ("", ""),
        ("", "%(count)d message"): ("%(count)d messages", "Translators: shown in the offline bar"),
        ("month", "May"): ("", ""),
    }


@pytest.mark.skipif(not shutil.which("xgettext"), reason="apt install gettext")
def test_the_same_texts_as_gettext_finds(tmp_path: Path) -> None:
    names = []
    for number, path in enumerate(catalogue.source_files(settings.BASE_DIR, FOLDERS)):
        text = path.read_text()
        copy = tmp_path / f"{number}.py"
        copy.write_text(text if path.suffix == ".py" else templatize(text))
        names.append(copy.name)
    keywords = (
        "gettext_noop",
        "gettext_lazy",
        "ngettext_lazy:1,2",
        "pgettext:1c,2",
        "pgettext_lazy:1c,2",
        "npgettext:1c,2,3",
        "npgettext_lazy:1c,2,3",
    )
    command = ["xgettext", "-L", "Python", "--from-code=UTF-8", "-o", "out.pot"]
    command += [f"--keyword={keyword}" for keyword in keywords]
    subprocess.run([*command, *names], cwd=tmp_path, check=True, capture_output=True)
    found = {
        (entry.msgctxt or "", entry.msgid) for entry in polib.pofile(str(tmp_path / "out.pot"))
    }
    assert found == set(catalogue.collect(settings.BASE_DIR, FOLDERS))


def test_merging_keeps_translations_and_drops_what_is_gone(project: Path) -> None:
    path = project / "django.po"
    texts = catalogue.collect(project, ["app"])
    first = catalogue.merge(texts, path, "ar")
    entry = first.find("Sign in")
    assert entry is not None
    entry.msgstr = "تسجيل الدخول"
    first.save(str(path))
    del texts["", "Close"]
    second = catalogue.merge(texts, path, "ar")
    assert {e.msgid: e.msgstr for e in second if e.msgstr} == {"Sign in": "تسجيل الدخول"}
    assert second.find("Close") is None
    counted = second.find("%(count)d message")
    assert counted is not None
    assert counted.msgstr_plural == dict.fromkeys(range(6), "")


@pytest.mark.parametrize(
    ("english", "other", "expected"),
    [
        ("Sign in", "Anmelden", []),
        ("Sign in", "", ["not translated: 'Sign in'"]),
        ("Hi %(name)s", "Hallo %(name)s", []),
        (
            "Hi %(name)s",
            "Hallo %(nmae)s",
            ["placeholders differ: 'Hi %(name)s' and 'Hallo %(nmae)s'"],
        ),
        ("Hi {name}", "Hallo", ["placeholders differ: 'Hi {name}' and 'Hallo'"]),
        ("Line\n", "Zeile", ["line breaks at the ends differ: 'Line\\n'"]),
        ("50 %%", "50 %%", []),
    ],
)
def test_what_is_wrong_with_a_translation(
    tmp_path: Path, english: str, other: str, expected: list[str]
) -> None:
    path = tmp_path / "django.po"
    text = catalogue.Text(english, "", "", ["app/views.py"])
    merged = catalogue.merge({text.key: text}, path, "de")
    merged[0].msgstr = other
    merged.save(str(path))
    assert catalogue.problems({text.key: text}, path, "de") == expected


def test_missing_unused_and_unreviewed_entries_are_found(project: Path) -> None:
    path = project / "django.po"
    texts = catalogue.collect(project, ["app"])
    only = {("", "Close"): texts["", "Close"]}
    catalogue.merge(only, path, "de").save(str(path))
    wrong = catalogue.problems({("", "Sign in"): texts["", "Sign in"]}, path, "de")
    assert wrong == ["missing: 'Sign in'", "no longer used: 'Close'"]
    path.write_text('msgid ""\nmsgstr ""\n\n#, fuzzy\nmsgid "Close"\nmsgstr "Zu"\n')
    assert catalogue.problems(only, path, "de") == ["not reviewed (fuzzy): 'Close'"]
    assert catalogue.problems(only, project / "none.po", "de") == [
        "there is no catalogue: make messages"
    ]


def test_only_what_is_newer_is_compiled(project: Path) -> None:
    folder = project / "locale" / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    merged = catalogue.merge(catalogue.collect(project, ["app"]), folder / "django.po", "de")
    merged[0].msgstr = "Übersetzt"
    merged.save(str(folder / "django.po"))
    compiled = folder / "django.mo"
    assert catalogue.compile_stale(project / "locale") == [compiled]
    assert catalogue.compile_stale(project / "locale") == []
    with compiled.open("rb") as file:
        assert gettext.GNUTranslations(file).gettext(merged[0].msgid) == "Übersetzt"
    os.utime(compiled, (0, 0))
    assert catalogue.compile_stale(project / "locale") == [compiled]
    assert list(folder.glob("*.draft")) == []
