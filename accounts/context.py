"""What every template knows about the site."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """The site's name and languages."""
    return {
        "SITE_NAME": settings.SITE_NAME,
        "SITE_LANGUAGES": settings.LANGUAGES,
        "DEMO": settings.DEMO,
    }
