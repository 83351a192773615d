"""Who calls the API: the person of the session cookie, signed in or not."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.request import Request

from accounts.models import User
from chatbot_site.lib.errors import ForbiddenError

CSRF_HEADER = "X-CSRFToken"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class CsrfTokenError(ForbiddenError):
    """The request changes something, and nothing proves that the visitor's own page sent it."""

    message = _("The CSRF token is missing or wrong. Ask for /api/v1/me/ and send its cookie back.")


class VisitorAuthentication(BaseAuthentication):
    """The session cookie, as on the pages.

    Trap: the framework's own session authentication asks only signed-in people for the CSRF
    token, but the session of an anonymous visitor has conversations to protect, too.
    """

    def authenticate(self, request: Request) -> tuple[User | AnonymousUser, None]:
        # Django's own request: asked for form fields, the framework's would parse the body.
        django_request = request._request  # noqa: SLF001 - there is no public name for it
        if request.method not in SAFE_METHODS:
            check = CSRFCheck(_unreached)
            check.process_request(django_request)
            if check.process_view(django_request, _unreached, (), {}) is not None:
                raise CsrfTokenError(field=CSRF_HEADER)
        return django_request.user, None


def _unreached(_request: HttpRequest) -> HttpResponse:
    """Stands where the check expects the view that comes after it."""
    return HttpResponse()
