"""The chat page, and the forms that make it work without a script."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

THEMES: Final = ("system", "light", "dark")
YEAR: Final = 365 * 24 * 3600


def chat(request: HttpRequest) -> HttpResponse:
    return render(request, "base.html")


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember the appearance a person chose and go back to where they were."""
    wanted = request.POST.get("next", "/")
    secure = request.is_secure()
    if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=secure):
        wanted = "/"
    response = redirect(wanted)
    chosen = request.POST.get("theme")
    if chosen in THEMES:
        response.set_cookie(
            "theme", chosen, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
    return response
