"""What publishing would change: the draft against the live release, counted for people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from conversations.admin.languages import language_name

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one language: how many are new and how many are gone."""

    language: str
    added: int
    removed: int

    @property
    def name(self) -> str:
        return language_name(self.language)


@dataclass(frozen=True, slots=True)
class Changes:
    """Names of intents, and lines per language; `others` says which other parts differ."""

    is_first: bool = False
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    phrases: tuple[Lines, ...] = ()
    others: frozenset[str] = field(default_factory=frozenset)

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.phrases or self.others)


def changes_between(live: Json | None, draft: Json) -> Changes:
    """The difference of two snapshots; `live` is None before the first release."""
    before: Json = (live or {}).get("intents", {})
    after: Json = draft["intents"]
    others = {part for part in ("bot", "entities", "out_of_scope", "patterns") if live}
    return Changes(
        is_first=live is None,
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(
            sorted(name for name in after.keys() & before.keys() if after[name] != before[name])
        ),
        removed=tuple(sorted(before.keys() - after.keys())),
        phrases=tuple(_lines(before, after)),
        others=frozenset(part for part in others if (live or {}).get(part) != draft.get(part)),
    )


def _lines(before: Json, after: Json) -> Iterable[Lines]:
    old, new = _phrases(before), _phrases(after)
    for language in settings.MODELTRANSLATION_LANGUAGES:
        was, is_now = old.get(language, set()), new.get(language, set())
        if was != is_now:
            yield Lines(language, len(is_now - was), len(was - is_now))


def _phrases(intents: Json) -> dict[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = {}
    for name, intent in intents.items():
        for language, texts in intent.get("phrases", {}).items():
            found.setdefault(language, set()).update((name, text) for text in texts)
    return found
