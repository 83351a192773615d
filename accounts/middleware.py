"""Every page: in the language that the person wants, kept by no cache, without device rights."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request

GetResponse = Callable[[HttpRequest], HttpResponse]

UNUSED_DEVICES: Final = (
    "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope",
    "magnetometer", "microphone", "midi", "payment", "usb",
)  # fmt: skip
PERMISSIONS_POLICY: Final = ", ".join(f"{name}=()" for name in UNUSED_DEVICES)


class PreferredLanguageMiddleware:
    """Order: cookie of the language switch, then the browser's list, then the site's first one.

    The cookie is set from a signed-in person's preferences at sign-in, so no query is needed here.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


class PrivatePageMiddleware:
    """Pages show one person's things, so no cache keeps them unless the view says how long."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if request.method == "POST" and request.path == reverse("account_logout"):
            # Unsent messages and drafts go with the person, whichever page they left from.
            response.headers["Clear-Site-Data"] = '"storage"'
        return response
