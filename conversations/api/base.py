"""What all views of the API share: bounded JSON in, JSON out, one shape of error, no caches."""

import json
import logging
from typing import IO, Any, Final, NoReturn, cast
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.services.identity import subject_id_of
from chatbot_site.lib.errors import (
    ApplicationError,
    BadFrameError,
    BusyError,
    ForbiddenError,
    InternalError,
    NotFoundError,
    RateLimitedError,
    TooLongError,
)
from conversations import limits

MAX_BODY_BYTES: Final = 64 * 1024
JSON_TYPE: Final = "application/json"
BODY_METHODS: Final = ("POST", "PUT", "PATCH", "DELETE")
MAX_DIGITS: Final = 10

log = logging.getLogger(__name__)


class BodyTypeError(BadFrameError):
    """The body is something else than JSON."""

    status = 415
    message = _("Send the body as JSON, with the content type application/json.")


class MethodError(BadFrameError):
    """The address exists, the method does not."""

    status = 405
    message = _("That can't be done at this address. The header Allow says what can.")


class JsonParser(BaseParser):
    """Strict JSON, an object; whatever else it is, is malformed and never an exception."""

    media_type = JSON_TYPE

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Any = None,
    ) -> dict[str, Any]:
        try:
            fields = json.loads(stream.read().decode(), parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise BadFrameError(field="body") from error
        if not isinstance(fields, dict):
            raise BadFrameError(field="body")
        return fields


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


class AlwaysJson(DefaultContentNegotiation):
    """The API speaks JSON, whatever a client would rather have."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], JSON_TYPE


class ApiView(APIView):
    """Base of every view here."""

    parser_classes = (JsonParser,)
    content_negotiation_class = AlwaysJson
    http_method_names = ("get", "head", "post", "patch")
    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Look at the envelope before anything is read: size, then type, then who sends it."""
        _check_envelope(request)
        super().initial(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(as_application_error(exc))

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        return answer

    @property
    def subject_id(self) -> UUID:
        """The person who calls."""
        return subject_id_of(self.request.session, self.request.user)

    @property
    def fields(self) -> dict[str, Any]:
        """The body; an empty one has no fields."""
        return cast("dict[str, Any]", self.request.data)

    @property
    def address(self) -> str:
        """Where the call comes from, as far as the proxies in front can be trusted."""
        forwarded = self.request.META.get("HTTP_X_FORWARDED_FOR", "")
        headers = [(b"x-forwarded-for", forwarded.encode("latin-1", "replace"))]
        return limits.client_address(headers, self.request.META.get("REMOTE_ADDR") or "")


def _check_envelope(request: Request) -> None:
    length = request.META.get("CONTENT_LENGTH") or ""
    if "HTTP_TRANSFER_ENCODING" in request.META and not length:
        # The framework takes a body of unknown length for none at all.
        raise BadFrameError(field="Content-Length")
    if request.method not in BODY_METHODS or not length.isdecimal() or int(length) == 0:
        return
    if int(length) > MAX_BODY_BYTES:
        raise TooLongError
    if (request.content_type or "").partition(";")[0].strip().lower() != JSON_TYPE:
        raise BodyTypeError(field="Content-Type")


def as_application_error(error: Exception) -> ApplicationError:
    """What the caller is told about an error; one that nobody foresaw is logged."""
    if isinstance(error, ApplicationError):
        return error
    if isinstance(error, OperationalError | InterfaceError):
        log.warning("the database did not answer: %s", type(error).__name__)
        return BusyError(after_ms=1_000)
    for kinds, ours in _FRAMEWORK:
        if isinstance(error, kinds):
            return ours()
    log.error("the API failed", exc_info=error)
    return InternalError()


_FRAMEWORK: Final[tuple[tuple[Any, type[ApplicationError]], ...]] = (
    ((Http404, exceptions.NotFound), NotFoundError),
    ((PermissionDenied, exceptions.PermissionDenied, exceptions.NotAuthenticated), ForbiddenError),
    (exceptions.MethodNotAllowed, MethodError),
    (exceptions.UnsupportedMediaType, BodyTypeError),
    (exceptions.Throttled, RateLimitedError),
    (exceptions.APIException, BadFrameError),
)


def number(request: Request, name: str, *, high: int, default: int, low: int = 0) -> int:
    """A whole number of the query; raises `BadFrameError` with its name."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS and low <= int(text) <= high:
        return int(text)
    raise BadFrameError(field=name)


def site_language(wanted: str = "") -> str:
    """The language that is wanted if the site has it, else that of the request."""
    if wanted in dict(settings.LANGUAGES):
        return wanted
    return get_language() or settings.LANGUAGE_CODE
