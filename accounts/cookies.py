"""What a browser remembers of a person's preferences, so that no page needs a query for them."""

from typing import Final

from django.conf import settings
from django.http import HttpResponseBase

from accounts.models import Preferences

THEME_COOKIE: Final = "theme"
YEAR: Final = 365 * 24 * 3600


def remember(response: HttpResponseBase, preferences: Preferences) -> None:
    """Set the cookies as the person chose; no choice means no cookie."""
    theme = preferences.theme if preferences.theme != Preferences.Theme.SYSTEM else ""
    _set(response, settings.LANGUAGE_COOKIE_NAME, preferences.language)
    _set(response, THEME_COOKIE, theme)


def _set(response: HttpResponseBase, name: str, value: str) -> None:
    if not value:
        response.delete_cookie(name, samesite="Lax")
        return
    response.set_cookie(
        name, value, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
