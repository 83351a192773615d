"""What several commands read alike."""

from typing import Any

from django.core.management.base import CommandError

from conversations.models import Bot, Release


def bot_named(slug: str) -> Bot:
    """The bot; raises `CommandError`."""
    bot = Bot.objects.filter(slug=slug).first()
    if bot is None:
        known = ", ".join(Bot.objects.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no bot {slug!r}; there is: {known}.")
    return bot


def release_as_json(release: Release, *, with_report: bool = False) -> dict[str, Any]:
    """A release as commands print it."""
    live = Bot.objects.filter(pk=release.bot_id, live_release=release).exists()
    facts: dict[str, Any] = {
        "bot": release.bot.slug,
        "number": release.number,
        "state": release.state,
        "live": live,
        "note": release.note,
        "error": release.error,
        "created_at": release.created_at.isoformat(),
        "finished_at": release.finished_at and release.finished_at.isoformat(),
    }
    return facts | ({"report": release.report} if with_report else {})
