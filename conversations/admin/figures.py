"""What the admin counts: phrases per language, gaps, the live release of each bot."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from conversations.models import Intent, Phrase, Reply

ENOUGH_PHRASES: Final = 8
"""With fewer examples in a language an intent is rarely told apart from its neighbours."""


def with_phrase_counts(intents: QuerySet[Intent], codes: Iterable[str]) -> QuerySet[Intent]:
    """Intents with `phrases_<code>`, the number of phrases in each language, and `has_reply`."""
    counts = {
        f"phrases_{code}": Count("phrases", filter=Q(phrases__language=code)) for code in codes
    }
    said = Exists(Reply.objects.filter(intent=OuterRef("pk")))
    return intents.annotate(**counts, has_reply=said)


def too_few(code: str) -> Q:
    """Those of `with_phrase_counts` that need more phrases in this language."""
    return Q(**{f"phrases_{code}__lt": ENOUGH_PHRASES})


def phrases_by_bot() -> Mapping[int, Mapping[str, int]]:
    """How many phrases each bot has in each language."""
    rows = Phrase.objects.order_by().values_list("intent__bot", "language").annotate(Count("pk"))
    found: dict[int, dict[str, int]] = {}
    for bot_id, code, count in rows:
        found.setdefault(bot_id, {})[code] = count
    return found


def gaps_by_bot(codes: Iterable[str]) -> Mapping[int, Mapping[str, int]]:
    """How many intents in use have too few phrases, per bot and language."""
    codes = list(codes)
    intents: Any = with_phrase_counts(Intent.objects.filter(is_enabled=True), codes)
    names = [f"phrases_{code}" for code in codes]
    found: dict[int, dict[str, int]] = {}
    for bot_id, *counts in intents.order_by().values_list("bot_id", *names):
        gaps = found.setdefault(bot_id, dict.fromkeys(codes, 0))
        for code, count in zip(codes, counts, strict=True):
            gaps[code] += count < ENOUGH_PHRASES
    return found
