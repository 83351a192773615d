"""Turns errors into answers: pages for people, problem objects for programs."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response

from chatbot_site.lib.errors import ApplicationError, ForbiddenError

_PAGES = {
    400: (_("That request was malformed"), _("Go back and try again, or start from the beginning.")),
    403: (
        _("This page is not open to you"),
        _("Sign in with another account, or start from the beginning. Nothing was changed."),
    ),
    404: (
        _("We can't find that page"),
        _("It may have been deleted, or it belongs to someone else. Your other conversations are kept."),
    ),
    500: (
        _("Something went wrong on our side"),
        _("What you sent before is kept. Please try again in a moment."),
    ),
}
_CSRF = (
    _("This page was open for too long"),
    _("For your safety nothing was sent. Go back, reload the page and send it again."),
)


def _page(request: HttpRequest, status: int, texts: tuple[Any, Any]) -> HttpResponse:
    title, advice = texts
    context = {"status": status, "title": title, "advice": advice}
    return render(request, "errors/error.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 400, _PAGES[400])


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 403, _PAGES[403])


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 404, _PAGES[404])


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(request, 500, _PAGES[500])


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse(problem(ForbiddenError()), status=403)
    return _page(request, 403, _CSRF)


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
