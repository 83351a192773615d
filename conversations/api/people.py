"""Endpoints around the conversations: the bots one can talk to, and who is calling."""

from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings
from django.middleware.csrf import get_token
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import cookies
from accounts.models import Preferences, User
from accounts.selectors import preferences_of
from accounts.services.preferences import preferences_update
from chatbot_site.lib.errors import BadFrameError
from conversations import selectors
from conversations.api import operations
from conversations.api.base import ApiView, site_language
from conversations.content import running
from conversations.models import Bot


class BotsView(ApiView):
    """Whom one can talk to."""

    @operations.BOTS
    def get(self, request: Request) -> Response:
        return Response({"bots": [_bot(bot, site_language()) for bot in selectors.bots_live()]})


class MeView(ApiView):
    """Who calls; also where a program gets its cookies."""

    @operations.ME
    def get(self, request: Request) -> Response:
        get_token(request)
        me: dict[str, Any] = {
            "subject": str(self.subject_id),
            "signed_in": isinstance(request.user, User),
        }
        if isinstance(request.user, User):
            me |= {"email": request.user.email, "name": request.user.name}
        return Response({**me, **_shown(_preferences(request))})


class PreferencesView(ApiView):
    """How a person likes the site."""

    @operations.PREFERENCES
    def patch(self, request: Request) -> Response:
        languages = [code for code, _name in settings.LANGUAGES]
        language = _choice(self.fields, "language", ["", *languages])
        theme = _choice(self.fields, "theme", Preferences.Theme.values)
        if isinstance(request.user, User):
            preferences = preferences_update(
                subject_id=self.subject_id, language=language, theme=theme
            )
        else:
            preferences = _preferences(request)
            preferences.language = preferences.language if language is None else language
            preferences.theme = theme or preferences.theme
        response = Response(_shown(preferences))
        cookies.remember(response, preferences)
        return response


def _choice(fields: Mapping[str, Any], name: str, known: Collection[str]) -> str | None:
    """One of the known words; None when the request does not speak of it."""
    wanted = fields.get(name)
    if wanted is not None and (not isinstance(wanted, str) or wanted not in known):
        raise BadFrameError(field=name)
    return wanted


def _preferences(request: Request) -> Preferences:
    """What the account keeps, else what the browser's cookies say."""
    kept = preferences_of(request.user) if isinstance(request.user, User) else None
    if kept is not None:
        return kept
    language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    theme = request.COOKIES.get(cookies.THEME_COOKIE, "")
    return Preferences(
        language=language if language in dict(settings.LANGUAGES) else "",
        theme=theme if theme in Preferences.Theme.values else Preferences.Theme.SYSTEM,
    )


def _shown(preferences: Preferences) -> dict[str, str]:
    return {"language": site_language(preferences.language), "theme": str(preferences.theme)}


def _bot(bot: Bot, language: str) -> dict[str, Any]:
    """What the live release says of itself; the draft until this process has loaded it."""
    live = running(bot.pk)
    if live is None:
        said: dict[str, Any] = {
            "name": bot.name,
            "summary": bot.summary,
            "greeting": "",
            "starters": [],
        }
        spoken, default = tuple(bot.languages), bot.default_language
    else:
        local = live.content.in_language(language)
        said = {
            "name": local.name,
            "summary": local.summary,
            "greeting": local.greeting.text,
            "starters": [{"title": c.title, "payload": c.payload} for c in local.starters],
        }
        spoken, default = live.content.languages, live.content.default_language
    return {"slug": bot.slug, **said, "languages": list(spoken), "default_language": default}
