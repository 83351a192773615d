"""The home page of the admin: for each bot what is live, how good it is, what is left to do."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from conversations.admin.changes import Changes, changes_between
from conversations.admin.figures import gaps_by_bot, phrases_by_bot
from conversations.admin.languages import language_name, languages_of
from conversations.admin.reports import ReportView, report_view
from conversations.content import snapshot_of
from conversations.models import Bot, Release


@dataclass(frozen=True, slots=True)
class LanguageGap:
    """One language of a bot: its phrases, and how many intents need more of them."""

    code: str
    name: str
    phrases: int
    gaps: int


@dataclass(frozen=True, slots=True)
class BotCard:
    """What staff want to know of a bot at a glance."""

    bot: Bot
    live: Release | None
    latest: Release | None
    report: ReportView | None
    changes: Changes
    intents: int
    languages: tuple[LanguageGap, ...]

    @property
    def is_training(self) -> bool:
        unfinished = (Release.State.QUEUED, Release.State.TRAINING)
        return self.latest is not None and self.latest.state in unfinished

    @property
    def has_failed(self) -> bool:
        return self.latest is not None and self.latest.state == Release.State.FAILED


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The context of the home page; without the right to see bots it has no cards."""
    may_see = request.user.has_perm("conversations.change_bot")
    return {
        **context,
        "title": _("Home"),
        "may_teach": may_see,
        "may_publish": request.user.has_perm("conversations.add_release"),
        "cards": _cards() if may_see else [],
    }


def _cards() -> list[BotCard]:
    phrases, gaps = phrases_by_bot(), gaps_by_bot(languages_of(None))
    cards = []
    for bot in Bot.objects.select_related("live_release"):
        draft = snapshot_of(bot)
        live = bot.live_release
        cards.append(
            BotCard(
                bot=bot,
                live=live,
                latest=bot.releases.defer("content", "report").order_by("-number").first(),
                report=report_view(live.report, bot.pk) if live else None,
                changes=changes_between(live.content if live else None, draft),
                intents=len(draft["intents"]),
                languages=tuple(
                    LanguageGap(
                        code,
                        language_name(code),
                        phrases.get(bot.pk, {}).get(code, 0),
                        gaps.get(bot.pk, {}).get(code, 0),
                    )
                    for code in languages_of(bot)
                ),
            )
        )
    return cards
