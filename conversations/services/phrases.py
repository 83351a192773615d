"""What staff type line by line: phrases, out-of-scope examples, values of entities."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import models, transaction
from django.utils.translation import gettext as _

from chatbot_site.lib.errors import BadTextError
from chatbot_site.lib.text import clean_message
from conversations.models import (
    Bot,
    Entity,
    EntityValue,
    Intent,
    OutOfScopeExample,
    Phrase,
)

MAX_CHARACTERS: Final = 500
VALUE_CHARACTERS: Final = 200
VALUE_SEPARATOR: Final = "|"
_MARK = re.compile(r"\[([^\[\]]*)\]\(([^()]*)\)")


class LinesError(Exception):
    """Lines that can't be stored: the number of each, from 1, and what is wrong with it."""

    def __init__(self, problems: Sequence[tuple[int, str]]) -> None:
        super().__init__(problems)
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Replaced:
    """How many lines a replacement added and removed; equal ones kept their rows."""

    added: int = 0
    removed: int = 0


def phrases_clean(lines: Iterable[str], *, entities: Collection[str] | None) -> list[str]:
    """The lines as they are stored: trimmed, each once, no empty ones, in their order.

    `entities` are the names that marks such as `[Tuesday](date)` may use; None where brackets are
    just brackets. Raises `LinesError`.
    """
    found, problems = _cleaned(lines)
    for number, line in found:
        problem = _too_long(line, MAX_CHARACTERS)
        if not problem and entities is not None:
            problem = _mark_problem(line, entities)
        if problem:
            problems.append((number, problem))
    if problems:
        raise LinesError(sorted(problems))
    return list(dict.fromkeys(line for _number, line in found))


def phrases_replace(*, intent: Intent, language: str, lines: Iterable[str]) -> Replaced:
    """Make these lines the phrases of an intent in one language; raises `LinesError`."""
    known = set(Entity.objects.filter(bot=intent.bot_id).values_list("name", flat=True))
    wanted = phrases_clean(lines, entities=known)
    return _texts_replace(Phrase.objects.all(), {"intent": intent, "language": language}, wanted)


def out_of_scope_clean(lines: Iterable[str]) -> list[str]:
    """The same as `phrases_clean` for messages that are none of the bot's business."""
    return phrases_clean(lines, entities=None)


def out_of_scope_replace(*, bot: Bot, language: str, lines: Iterable[str]) -> Replaced:
    """Make these lines the out-of-scope examples of a bot in one language; raises `LinesError`."""
    wanted = out_of_scope_clean(lines)
    where = {"bot": bot, "language": language}
    return _texts_replace(OutOfScopeExample.objects.all(), where, wanted)


def values_clean(lines: Iterable[str]) -> dict[str, str]:
    """Values with their synonyms, one a line, from `value | synonym | synonym`.

    Raises `LinesError` when a value is missing, too long or stands twice.
    """
    found, problems = _cleaned(lines)
    values: dict[str, str] = {}
    for number, line in found:
        value, *synonyms = (part.strip() for part in line.split(VALUE_SEPARATOR))
        if not value:
            problems.append((number, _("the value before the first | is missing")))
        elif value in values:
            problems.append((number, _("this value stands in an earlier line already")))
        elif problem := _too_long(value, VALUE_CHARACTERS):
            problems.append((number, problem))
        values[value] = "\n".join(dict.fromkeys(word for word in synonyms if word))
    if problems:
        raise LinesError(sorted(problems))
    return values


def values_replace(*, entity: Entity, language: str, lines: Iterable[str]) -> Replaced:
    """Make these lines the values of an entity in one language; raises `LinesError`."""
    wanted = values_clean(lines)
    rows = EntityValue.objects.filter(entity=entity, language=language)
    with transaction.atomic():
        known = {row.value: row for row in rows}
        changed = [
            EntityValue(
                pk=known[value].pk if value in known else None,
                entity=entity,
                language=language,
                value=value,
                synonyms=synonyms,
            )
            for value, synonyms in wanted.items()
            if value not in known or known[value].synonyms != synonyms
        ]
        gone = known.keys() - wanted.keys()
        rows.filter(value__in=gone).delete()
        EntityValue.objects.bulk_update([row for row in changed if row.pk], ["synonyms"])
        EntityValue.objects.bulk_create([row for row in changed if not row.pk])
    return Replaced(len(changed), len(gone))


def value_line(value: str, synonyms: str) -> str:
    """A value as one line: what `values_clean` reads."""
    return f" {VALUE_SEPARATOR} ".join([value, *synonyms.splitlines()])


def phrases_elsewhere(*, intent: Intent, texts: Mapping[str, Iterable[str]]) -> list[Phrase]:
    """The phrases of other intents of this bot that say just the same in the same language."""
    same = models.Q(pk__in=())
    for language, lines in texts.items():
        same |= models.Q(language=language, text__in=list(lines))
    others = Phrase.objects.filter(same, intent__bot=intent.bot_id).exclude(intent=intent)
    return list(others.select_related("intent").order_by("language", "text"))


def _texts_replace(
    rows: models.QuerySet[Any], where: Mapping[str, Any], wanted: Iterable[str]
) -> Replaced:
    """Keep the rows of equal lines, delete the others, create the new ones: three queries."""
    texts = dict.fromkeys(wanted)
    with transaction.atomic():
        known = dict(rows.filter(**where).values_list("text", "pk"))
        gone = [pk for text, pk in known.items() if text not in texts]
        fresh = [rows.model(**where, text=text) for text in texts if text not in known]
        if gone:
            rows.filter(pk__in=gone).delete()
        if fresh:
            # Somebody else may have added the same line in this moment; then it stands there.
            rows.bulk_create(fresh, ignore_conflicts=True)
    return Replaced(len(fresh), len(gone))


def _cleaned(lines: Iterable[str]) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """The lines that say something, numbered from 1, and those that can't be read."""
    found: list[tuple[int, str]] = []
    problems: list[tuple[int, str]] = []
    for number, line in enumerate(lines, start=1):
        line = " ".join(line.split())  # noqa: PLW2901 - the same line, its spaces mended
        if not line or len(line) > 2 * MAX_CHARACTERS:
            if line:
                problems.append((number, _too_long(line, MAX_CHARACTERS)))
            continue
        try:
            # Cleaning may leave a space where a control character stood.
            found.append((number, " ".join(clean_message(line).split())))
        except BadTextError as error:
            problems.append((number, str(error.message)))
    return found, problems


def _too_long(line: str, most: int) -> str:
    if len(line) <= most:
        return ""
    return _("this is longer than %(most)d characters") % {"most": most}


def _mark_problem(line: str, entities: Collection[str]) -> str:
    """What is wrong with the entity marks of a line; empty when nothing is."""
    for text, name in _MARK.findall(line):
        if not text.strip():
            return _("the mark [](%(name)s) holds no text") % {"name": name}
        if name not in entities:
            return _("this bot has no entity named “%(name)s”") % {"name": name}
    left = _MARK.sub("", line)
    if "[" in left or "]" in left:
        return _("write an entity mark as [text](entity), with both pairs of brackets closed")
    return ""
