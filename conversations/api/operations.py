"""What the schema says of each endpoint: summary, parameters, every status with an example."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.response import Response

from chatbot_site.lib.errors import (
    ApplicationError,
    BadFrameError,
    BusyError,
    ClosedError,
    IdConflictError,
    InternalError,
    NotFoundError,
    RateLimitedError,
    TooLongError,
)
from conversations import frames
from conversations.api import examples, serializers
from conversations.api.authentication import CSRF_HEADER, CsrfTokenError
from conversations.api.base import BodyTypeError
from conversations.api.polling import MAX_WAIT_SECONDS

View = Callable[..., Response]
Operation = Callable[[View], View]

_BROKEN: Final = (InternalError(), BusyError(after_ms=1_000))
_FOREIGN: Final = NotFoundError()
_LIMITED: Final = RateLimitedError(after_ms=12_000)
_RETRY_AFTER: Final = OpenApiParameter(
    "Retry-After",
    OpenApiTypes.INT,
    OpenApiParameter.HEADER,
    response=[429, 503],
    description=_("Seconds to wait before the next attempt."),
)
_CHANGES: Final = (
    BadFrameError(field="body"),
    CsrfTokenError(field=CSRF_HEADER),
    TooLongError(field="body"),
    BodyTypeError(field="Content-Type"),
)


def _answer(shape: Any, text: Promise, example: Any) -> OpenApiResponse:
    shown = [OpenApiExample("Example", value=example)] if example is not None else []
    return OpenApiResponse(shape, description=text, examples=shown)


def _refusals(*errors: ApplicationError) -> dict[int, OpenApiResponse]:
    return {
        error.status: _answer(serializers.ErrorSerializer, error.message, examples.problem(error))
        for error in errors
    }


def _operation(
    name: str,
    summary: Promise,
    description: Promise,
    answers: Mapping[int, OpenApiResponse],
    refusals: Sequence[ApplicationError] = (),
    **more: Any,
) -> Operation:
    responses = {**answers, **_refusals(*refusals, *_BROKEN)}
    example = more.get("example")
    return extend_schema(
        operation_id=name,
        summary=summary,
        description=description,
        request=more.get("request"),
        responses=dict(sorted(responses.items())),
        examples=[OpenApiExample("Example", value=example, request_only=True)] if example else None,
        parameters=[*more.get("parameters", ()), _RETRY_AFTER],
        tags=["v1"],
    )


def _query(name: str, text: Promise, *, low: int, high: int, default: int) -> OpenApiParameter:
    whole = {"type": "integer", "minimum": low, "maximum": high}
    return OpenApiParameter(name, whole, description=text, default=default)


_CONVERSATION: Final = OpenApiParameter(
    "conversation_id", OpenApiTypes.UUID, OpenApiParameter.PATH, description=_("Yours.")
)

BOTS: Final = _operation(
    "bots_list",
    _("List the bots"),
    _("Everybody who can be talked to, in the language of the request."),
    {200: _answer(serializers.BotsSerializer, _("The bots of this site."), examples.BOTS)},
)
CONVERSATIONS: Final = _operation(
    "conversations_list",
    _("List your conversations"),
    _("Newest first. A conversation is listed once something was said in it."),
    {200: _answer(serializers.SummariesSerializer, _("One page."), examples.SUMMARIES)},
    [BadFrameError(field="limit")],
    parameters=[
        _query("limit", _("How many at most."), low=1, high=100, default=20),
        _query("offset", _("How many to skip."), low=0, high=frames.MAX_SEQ, default=0),
    ],
)
OPEN: Final = _operation(
    "conversations_open",
    _("Open a conversation"),
    _("Nothing is stored until the first message is sent."),
    {201: _answer(serializers.OpenedSerializer, _("Where to send messages."), examples.OPENED)},
    [*_CHANGES, NotFoundError(field="bot"), _LIMITED],
    request=serializers.OpenSerializer,
    example=examples.OPEN,
)
SEND: Final = _operation(
    "messages_send",
    _("Say something"),
    _(
        "Stores the message once, however often it is sent with the same key, and waits up to five"
        " seconds for the answer. Repeat a request that failed with the same key."
    ),
    {
        201: _answer(serializers.SentSerializer, _("Stored and answered."), examples.SENT),
        202: _answer(
            serializers.SentSerializer,
            _("Stored; the answer will come. Ask for the events after this place."),
            examples.SENT_ONLY,
        ),
    },
    [*_CHANGES, _FOREIGN, IdConflictError(), ClosedError(), _LIMITED],
    request=serializers.SendSerializer,
    example=examples.SEND,
    parameters=[
        _CONVERSATION,
        OpenApiParameter(
            "Idempotency-Key",
            OpenApiTypes.UUID,
            OpenApiParameter.HEADER,
            required=True,
            description=_("A random UUID that you make once for each message."),
        ),
    ],
)
EVENTS: Final = _operation(
    "events_list",
    _("Read what was said"),
    _(
        "The events after a place, in order; with wait, the answer is held back until there is one."
        " Busy servers answer sooner, perhaps with nothing: pause for a second then."
    ),
    {200: _answer(serializers.TranscriptSerializer, _("Events in order."), examples.TRANSCRIPT)},
    [BadFrameError(field="after"), _FOREIGN],
    parameters=[
        _CONVERSATION,
        _query("after", _("Events after this seq."), low=0, high=frames.MAX_SEQ, default=0),
        _query("wait", _("Seconds to wait."), low=0, high=MAX_WAIT_SECONDS, default=0),
        OpenApiParameter(
            "before",
            {"type": "integer", "minimum": 0, "maximum": frames.MAX_SEQ},
            description=_("Instead of after: the last events before this seq."),
        ),
        _query("limit", _("How many at most."), low=1, high=frames.MAX_HISTORY, default=100),
    ],
)
FEEDBACK: Final = _operation(
    "feedback_give",
    _("Judge an answer"),
    _("A thumb on a message of the bot. A later one replaces it."),
    {204: OpenApiResponse(description=_("Kept."))},
    [*_CHANGES, _FOREIGN],
    request=serializers.FeedbackSerializer,
    example=examples.FEEDBACK,
    parameters=[
        _CONVERSATION,
        OpenApiParameter(
            "seq",
            {"type": "integer", "minimum": 1, "maximum": frames.MAX_SEQ},
            OpenApiParameter.PATH,
            description=_("The place of the bot's message."),
        ),
    ],
)
ME: Final = _operation(
    "me_read",
    _("Who am I"),
    _("Start here: the answer sets the cookie of the session and that of the CSRF token."),
    {200: _answer(serializers.MeSerializer, _("The person behind the session."), examples.ME)},
)
PREFERENCES: Final = _operation(
    "preferences_update",
    _("Choose language and appearance"),
    _("What is left out stays. Kept with the account, or in cookies where there is none."),
    {200: _answer(serializers.SettingsSerializer, _("What holds from now on."), examples.SETTINGS)},
    [*_CHANGES],
    request=serializers.PreferencesSerializer,
    example=examples.SETTINGS,
)
