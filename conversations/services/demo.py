"""The demo bot "Riverside Clinic": its content in every language, from `conversations/demo/`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from modeltranslation.utils import build_localized_fieldname

from conversations.models import (
    Bot,
    Entity,
    Intent,
    OutOfScopeExample,
    Phrase,
    Reply,
    ReplyButton,
    ReplyChoice,
)
from conversations.wording import SEPARATOR

SLUG: Final = "riverside"
FOLDER: Final = Path(__file__).resolve().parent.parent / "demo" / SLUG

Json = dict[str, Any]


class DemoFilesError(Exception):
    """A file of the demo is missing or can't be used."""


@dataclass(frozen=True, slots=True)
class DemoLoaded:
    """What `demo_load` did: whether it wrote content, and how much the demo bot now has."""

    written: bool
    intents: int
    phrases: int
    languages: tuple[str, ...]


@transaction.atomic
def demo_load(*, reset: bool = False, folder: Path = FOLDER) -> DemoLoaded:
    """Make the demo bot where it is missing; with `reset` give it back the content it came with.

    A bot that exists is left alone otherwise: what staff changed or deleted stays so. Releases
    and conversations are never touched. Raises `DemoFilesError`; then nothing changes.
    """
    bot = Bot.objects.select_for_update().filter(slug=SLUG).first()
    if bot is not None and not reset:
        return _loaded(bot, written=False)
    plan, texts = _files(folder)
    bot = _bot_write(bot or Bot(slug=SLUG), plan, texts)
    _content_clear(bot)
    intents = _intents_make(bot, plan, texts)
    for name, intent in intents.items():
        _replies_make(intent, plan["intents"][name], intents, texts)
    bot.starters.set(intents[name] for name in plan["starters"])
    OutOfScopeExample.objects.bulk_create(
        OutOfScopeExample(bot=bot, language=code, text=text)
        for code, spoken in texts.items()
        for text in spoken["out_of_scope"]
    )
    return _loaded(bot, written=True)


def _loaded(bot: Bot, *, written: bool) -> DemoLoaded:
    phrases = Phrase.objects.filter(intent__bot=bot).count()
    return DemoLoaded(written, bot.intents.count(), phrases, tuple(bot.languages))


def _files(folder: Path) -> tuple[Json, dict[str, Json]]:
    """The plan (`bot.json`) and the texts of each language that the site offers."""
    offered = [code for code, _name in settings.LANGUAGES]
    try:
        plan: Json = json.loads((folder / "bot.json").read_text(encoding="utf-8"))
        texts = {
            code: json.loads((folder / f"{code}.json").read_text(encoding="utf-8"))
            for code in plan["languages"]
            if code in offered
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DemoFilesError(f"The demo's files can't be read: {error}") from error
    for code, spoken in texts.items():
        if spoken["intents"].keys() != plan["intents"].keys():
            raise DemoFilesError(f"{code}.json and bot.json have different intents.")
    return plan, texts


def _bot_write(bot: Bot, plan: Json, texts: Mapping[str, Json]) -> Bot:
    main = plan["default_language"]
    fields = {
        "tone": plan["tone"],
        "colour": plan["colour"],
        "languages": list(texts),
        "default_language": main if main in texts else next(iter(texts)),
        **plan.get("thresholds", {}),
        **_fields("name", {code: spoken["name"] for code, spoken in texts.items()}),
        **_fields("summary", {code: spoken["summary"] for code, spoken in texts.items()}),
        **_fields("greeting", {code: spoken["greeting"] for code, spoken in texts.items()}),
    }
    for name, value in fields.items():
        setattr(bot, name, value)
    bot.avatar.name = _picture(plan["avatar"], "bots")
    bot.save()
    return bot


def _content_clear(bot: Bot) -> None:
    for kind in (Intent, OutOfScopeExample, Entity):
        kind.objects.filter(bot=bot).delete()


def _intents_make(bot: Bot, plan: Json, texts: Mapping[str, Json]) -> dict[str, Intent]:
    intents = {}
    for name, planned in plan["intents"].items():
        titles = {code: spoken["intents"][name]["title"] for code, spoken in texts.items()}
        intents[name] = Intent.objects.create(
            bot=bot,
            name=name,
            description=planned["description"],
            is_urgent=planned.get("priority", False),
            **_fields("title", titles),
        )
    Phrase.objects.bulk_create(
        Phrase(intent=intent, language=code, text=text)
        for name, intent in intents.items()
        for code, spoken in texts.items()
        for text in spoken["intents"][name]["phrases"]
    )
    return intents


def _replies_make(
    intent: Intent, planned: Json, intents: Mapping[str, Intent], texts: Mapping[str, Json]
) -> None:
    """One reply: a card where the plan has a picture, else a text; its chips and links."""
    spoken = {code: words["intents"][intent.name] for code, words in texts.items()}
    card = planned.get("card")
    reply = Reply.objects.create(
        intent=intent,
        kind=Reply.Kind.CARD if card else Reply.Kind.TEXT,
        image=_picture(card["image"], "replies") if card else "",
        **_fields("text", {code: SEPARATOR.join(words["reply"]) for code, words in spoken.items()}),
        **_fields("title", {code: words.get("card_title", "") for code, words in spoken.items()}),
        **_fields(
            "image_alt", {code: words.get("image_alt", "") for code, words in spoken.items()}
        ),
    )
    ReplyChoice.objects.bulk_create(
        ReplyChoice(reply=reply, intent=intents[name], position=position)
        for position, name in enumerate(planned.get("choices", ()), 1)
    )
    for position, button in enumerate(planned.get("buttons", ()), 1):
        labels = {code: words["labels"][button["label"]] for code, words in texts.items()}
        ReplyButton.objects.create(
            reply=reply, url=button["url"], position=position, **_fields("title", labels)
        )


def _fields(name: str, texts: Mapping[str, str]) -> dict[str, str]:
    """One translated field as the columns of its languages."""
    return {build_localized_fieldname(name, code): text for code, text in texts.items()}


def _picture(static_name: str, folder: str) -> str:
    """Copy a picture of the product to where uploads live; returns its name there."""
    path = finders.find(static_name)
    if path is None:
        raise DemoFilesError(f"The picture {static_name} is missing.")
    name = f"{folder}/{Path(static_name).name}"
    if not default_storage.exists(name):
        name = default_storage.save(name, ContentFile(Path(path).read_bytes()))
    return name
