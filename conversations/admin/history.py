"""What the history of a page says about lines: in words, with numbers and the language."""

import json
from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conversations.admin.languages import language_name

LinesDone = Iterable[tuple[str, int, int]]


def phrases_message(done: LinesDone) -> list[str]:
    """Such as "3 phrases added in German." for each language that changed."""
    said = []
    for code, added, removed in done:
        if added:
            text = ngettext(
                "%(count)d phrase added in %(language)s.",
                "%(count)d phrases added in %(language)s.",
                added,
            )
            said.append(text % {"count": added, "language": language_name(code)})
        if removed:
            text = ngettext(
                "%(count)d phrase removed in %(language)s.",
                "%(count)d phrases removed in %(language)s.",
                removed,
            )
            said.append(text % {"count": removed, "language": language_name(code)})
    return said


def examples_message(done: LinesDone) -> list[str]:
    """The same for out-of-scope examples."""
    text = _("Out-of-scope examples in %(language)s: %(added)d added, %(removed)d removed.")
    return _worded(text, done)


def values_message(done: LinesDone) -> list[str]:
    """The same for values of entities."""
    text = _("Values in %(language)s: %(added)d added or changed, %(removed)d removed.")
    return _worded(text, done)


def _worded(text: str, done: LinesDone) -> list[str]:
    return [
        text % {"language": language_name(code), "added": added, "removed": removed}
        for code, added, removed in done
        if added or removed
    ]


def message_with(standard: list[Any], said: list[str]) -> Any:
    """Django's own message of a change, followed by ours; Django's form when there is none."""
    if not said:
        return standard
    entry = LogEntry(action_flag=CHANGE, change_message=json.dumps(standard))
    text = entry.get_change_message() if standard else ""
    return " ".join(part for part in (text, *said) if part)
