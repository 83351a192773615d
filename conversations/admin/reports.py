"""A release's report as people read it: languages, what is out of scope, what is mixed up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from conversations.admin.languages import language_name
from conversations.models import Intent

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LanguageLine:
    """How well one language is understood: share right, per cent, from so many phrases."""

    name: str
    percent: int | None
    phrases: int
    intents: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """A phrase that was taken for another intent."""

    text: str
    language: str
    code: str
    true: str
    predicted: str
    percent: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two intents that are mixed up, with their pages and the phrases that cause it."""

    intents: tuple[tuple[str, int | None], ...]
    count: int
    phrases: tuple[Confusion, ...]


@dataclass(frozen=True, slots=True)
class ReportView:
    """The figures of a report; shares in per cent, None where nothing could be measured."""

    accuracy: int | None
    kept: int | None
    rejected: int | None
    phrases: int
    languages: tuple[LanguageLine, ...]
    pairs: tuple[Pair, ...]


def report_view(report: Json, bot_id: int) -> ReportView | None:
    """The report of a release that was trained; None while there is none."""
    if not report.get("metrics"):
        return None
    metrics: Json = report["metrics"]
    languages = tuple(_languages(report))
    return ReportView(
        accuracy=_percent(metrics.get("accuracy_in_scope")),
        kept=_percent(metrics.get("in_scope_kept")),
        rejected=_percent(metrics.get("oos_recall")),
        phrases=sum(line.phrases for line in languages),
        languages=languages,
        pairs=tuple(_pairs(report, bot_id)),
    )


def _languages(report: Json) -> list[LanguageLine]:
    counts: dict[str, list[int]] = {}
    for intent, row in report.get("phrases", {}).items():
        if intent == "oos":
            continue
        for code, count in row.items():
            counts.setdefault(code, []).append(count)
    shares: Json = report.get("accuracy_by_language", {})
    return [
        LanguageLine(language_name(code), _percent(shares.get(code)), sum(rows), len(rows))
        for code, rows in sorted(counts.items(), key=_site_order)
    ]


def _site_order(item: tuple[str, list[int]]) -> int:
    codes = settings.MODELTRANSLATION_LANGUAGES
    return codes.index(item[0]) if item[0] in codes else len(codes)


def _pairs(report: Json, bot_id: int) -> list[Pair]:
    pages = dict(Intent.objects.filter(bot=bot_id).values_list("name", "pk"))
    return [
        Pair(
            tuple((name, pages.get(name)) for name in pair["intents"]),
            pair["count"],
            tuple(_confusion(case) for case in pair["phrases"]),
        )
        for pair in report.get("confused", ())
    ]


def _confusion(case: Json) -> Confusion:
    return Confusion(
        text=case["text"],
        language=language_name(case["language"]),
        code=case["language"],
        true=case["true"],
        predicted=case["predicted"],
        percent=_percent(case["confidence"]) or 0,
    )


def _percent(share: float | None) -> int | None:
    # Rounded down, so that 100 means all of them.
    return None if share is None else int(share * 100 + 1e-9)
