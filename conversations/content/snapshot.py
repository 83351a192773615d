"""The draft as one JSON document: complete, in a stable order, under stable names.

Two snapshots of the same draft are equal, and two of different drafts differ just where the
drafts do. What is written here is all that a release ever knows of the tables.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from modeltranslation.utils import build_localized_fieldname

from conversations.bot.types import Pattern
from conversations.models import (
    Bot,
    Entity,
    EntityValue,
    Intent,
    OutOfScopeExample,
    Phrase,
    Reply,
    ReplyButton,
    ReplyChoice,
)
from conversations.wording import pattern_text

SHAPE = 1
"""Version of the document's shape."""

Json = dict[str, Any]


def snapshot_of(bot: Bot) -> Json:
    """Everything staff wrote for this bot, in ten queries whatever the amount."""
    return {
        "shape": SHAPE,
        "bot": _bot(bot),
        "intents": _intents(bot),
        "out_of_scope": _by_language(
            OutOfScopeExample.objects.filter(bot=bot).values_list("language", "text")
        ),
        "entities": _entities(bot),
        "patterns": {
            pattern.value: {code: pattern_text(pattern, bot.tone, code) for code in bot.languages}
            for pattern in Pattern
        },
    }


def _bot(bot: Bot) -> Json:
    row = Bot.objects.filter(pk=bot.pk).values(*_translated("name", "summary", "greeting")).get()
    starters = bot.starters.order_by("name").values_list("name", flat=True)
    return {
        "slug": bot.slug,
        **{name: _languages(row, name) for name in ("name", "summary", "greeting")},
        "tone": bot.tone,
        "avatar": bot.avatar.name or "",
        "colour": bot.colour,
        "languages": list(bot.languages),
        "default_language": bot.default_language,
        "answer_threshold": bot.answer_threshold,
        "clarify_threshold": bot.clarify_threshold,
        "keep_percent": bot.keep_percent,
        "providers": list(bot.providers),
        "starters": list(starters),
    }


def _intents(bot: Bot) -> Json:
    phrases = _grouped(
        Phrase.objects.filter(intent__bot=bot).values_list("intent_id", "language", "text")
    )
    replies = _replies(bot)
    rows = Intent.objects.filter(bot=bot).order_by("name")
    fields = ("id", "name", "description", "is_urgent", "is_enabled")
    return {
        row["name"]: {
            "title": _languages(row, "title"),
            "description": row["description"],
            "is_urgent": row["is_urgent"],
            "is_enabled": row["is_enabled"],
            "phrases": _by_language(phrases[row["id"]]),
            "replies": replies[row["id"]],
        }
        for row in rows.values(*fields, *_translated("title"))
    }


def _replies(bot: Bot) -> Mapping[int, list[Json]]:
    choices, buttons = _choices(bot), _buttons(bot)
    found: defaultdict[int, list[Json]] = defaultdict(list)
    rows = Reply.objects.filter(intent__bot=bot).order_by("intent_id", "position", "id")
    fields = ("id", "intent_id", "kind", "image")
    for row in rows.values(*fields, *_translated("title", "text", "image_alt")):
        found[row["intent_id"]].append(
            {
                "kind": row["kind"],
                "title": _languages(row, "title"),
                "text": _languages(row, "text"),
                "image": row["image"] or "",
                "image_alt": _languages(row, "image_alt"),
                "choices": choices[row["id"]],
                "buttons": buttons[row["id"]],
            }
        )
    return found


def _choices(bot: Bot) -> Mapping[int, list[Json]]:
    found: defaultdict[int, list[Json]] = defaultdict(list)
    rows = ReplyChoice.objects.filter(reply__intent__bot=bot).order_by("position", "id")
    for row in rows.values("reply_id", "intent__name", *_translated("title")):
        choice = {"intent": row["intent__name"], "title": _languages(row, "title")}
        found[row["reply_id"]].append(choice)
    return found


def _buttons(bot: Bot) -> Mapping[int, list[Json]]:
    found: defaultdict[int, list[Json]] = defaultdict(list)
    rows = ReplyButton.objects.filter(reply__intent__bot=bot).order_by("position", "id")
    for row in rows.values("reply_id", "url", *_translated("title")):
        found[row["reply_id"]].append({"title": _languages(row, "title"), "url": row["url"]})
    return found


def _entities(bot: Bot) -> Json:
    values: defaultdict[int, Json] = defaultdict(dict)
    rows = EntityValue.objects.filter(entity__bot=bot).order_by("language", "value")
    for entity_id, language, value, synonyms in rows.values_list(
        "entity_id", "language", "value", "synonyms"
    ):
        words = sorted({line.strip() for line in synonyms.splitlines() if line.strip()})
        values[entity_id].setdefault(language, {})[value] = words
    return {
        entity.name: {"description": entity.description, "values": values[entity.pk]}
        for entity in Entity.objects.filter(bot=bot).order_by("name")
    }


def _translated(*names: str) -> list[str]:
    """The columns of these fields, one per language of the product."""
    codes = settings.MODELTRANSLATION_LANGUAGES
    return [build_localized_fieldname(name, code) for name in names for code in codes]


def _languages(row: Mapping[str, Any], name: str) -> dict[str, str]:
    """One field in every language that has it."""
    codes = settings.MODELTRANSLATION_LANGUAGES
    found = {code: row[build_localized_fieldname(name, code)] for code in codes}
    return {code: text for code, text in found.items() if text and text.strip()}


def _grouped(rows: Iterable[tuple[int, str, str]]) -> Mapping[int, list[tuple[str, str]]]:
    found: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for owner, language, text in rows:
        found[owner].append((language, text))
    return found


def _by_language(rows: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    # Sorted here, not by the database: the order must not depend on a server's collation.
    for language, text in sorted(rows):
        found.setdefault(language, []).append(text)
    return found
