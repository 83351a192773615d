"""Turns errors into answers: pages for people, problem objects for programs."""

import logging
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response

from chatbot_site.lib.errors import (
    ApplicationError,
    BadFrameError,
    ForbiddenError,
    InternalError,
    NotFoundError,
    RateLimitedError,
)

API_PATH: Final = "/api/"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What happened, what was kept, what to do; and the same for programs."""

    status: int
    title: Promise
    kept: Promise
    advice: Promise
    problem: ApplicationError
    offers_sign_in: bool = False


BAD_REQUEST: Final = ErrorPage(
    400,
    _("We could not read that request"),
    _("Nothing was changed."),
    _("Go back and try again, or start from the beginning."),
    BadFrameError(),
)
FORBIDDEN: Final = ErrorPage(
    403,
    _("This page is not open to you"),
    _("Nothing was changed."),
    _("Sign in with an account that may open it, or ask the people who run this site."),
    ForbiddenError(),
    offers_sign_in=True,
)
TOO_OLD: Final = ErrorPage(
    403,
    _("This page was open for too long"),
    _("For your safety nothing was sent. What you sent before is kept."),
    _("Go back, reload the page and send it again. If that does not help, allow cookies."),
    ForbiddenError(),
)
NOT_FOUND: Final = ErrorPage(
    404,
    _("We can't find that page"),
    _("Your conversations are kept."),
    _("It may have been deleted, or it belongs to someone else. Check the address."),
    NotFoundError(),
)
TOO_MANY: Final = ErrorPage(
    429,
    _("That was a lot at once"),
    _("What you sent before is kept; this last attempt was not."),
    _("Please wait a few minutes and try again."),
    RateLimitedError(),
)
BROKEN: Final = ErrorPage(
    500,
    _("Something went wrong on our side"),
    _("What you sent before is kept. The people who run this site can see that it happened."),
    _("Please try again in a moment."),
    InternalError(),
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, FORBIDDEN)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, NOT_FOUND)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    return _answer(request, TOO_MANY)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(request, TOO_OLD)


def server_error(request: HttpRequest) -> HttpResponse:
    """Asks the database for nothing; when even the template fails, plain words are left."""
    try:
        return _answer(request, BROKEN)
    except Exception:
        log.exception("the error page failed")
        text = f"{BROKEN.title}. {BROKEN.kept} {BROKEN.advice}"
        return HttpResponse(text, status=500, content_type="text/plain; charset=utf-8")


def _answer(request: HttpRequest, page: ErrorPage) -> HttpResponse:
    if request.path.startswith(API_PATH):
        return JsonResponse(problem(page.problem), status=page.status)
    context: dict[str, Any] = {"page": page}
    if page is BROKEN:
        context |= {"user": AnonymousUser(), "messages": ()}
    html = render_to_string("errors/error.html", context, request)
    return HttpResponse(html, status=page.status)


def problem(error: ApplicationError) -> dict[str, Any]:
    """One shape for every refusal: code, whether to retry, a sentence in the person's language."""
    body: dict[str, Any] = {"code": error.code, "retry": error.retry, "message": str(error.message)}
    if error.field:
        body["field"] = error.field
    if error.after_ms:
        body["after_ms"] = error.after_ms
    return {"error": body}


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Our own errors and those of the framework, in one shape."""
    if isinstance(error, ApplicationError):
        headers = {"Retry-After": str(-(-error.after_ms // 1000))} if error.after_ms else None
        return Response(problem(error), status=error.status, headers=headers)
    if isinstance(error, exceptions.APIException):
        codes = {400: "bad_frame", 401: "forbidden", 403: "forbidden", 404: "not_found"}
        code = codes.get(error.status_code, "bad_frame")
        body = {"code": code, "retry": False, "message": str(error.default_detail)}
        return Response({"error": body}, status=error.status_code)
    return None
