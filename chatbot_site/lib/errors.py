"""Errors that a person may meet: machine code, HTTP status, translated sentence.

    ApplicationError
    ├── NotFoundError          not_found         404
    ├── ForbiddenError         forbidden         403
    ├── BadFrameError          bad_frame         400
    ├── UnknownTypeError       unknown_type      400
    ├── BadTextError           bad_text          400
    ├── TooLongError           too_long          413
    ├── IdConflictError        id_conflict       409
    ├── ClosedError            closed            409
    ├── ConsentRequiredError   consent_required  403
    ├── RestrictedError        restricted        403
    └── PassingError                                   (worth another try)
        ├── RateLimitedError   rate_limited      429
        ├── WindowFullError    window_full       429
        ├── BusyError          busy              503
        ├── ReadOnlyError      read_only         503
        └── InternalError      internal          500

One table for the socket, the API and the pages; what a client may retry is `retry`.
"""

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class ApplicationError(Exception):
    """Base of everything that is answered rather than logged."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    retry: ClassVar[bool] = False
    message: ClassVar[Promise] = _("Something went wrong on our side.")

    def __init__(self, *, field: str = "", after_ms: int = 0) -> None:
        super().__init__(self.code)
        self.field = field
        self.after_ms = after_ms


class NotFoundError(ApplicationError):
    code = "not_found"
    status = 404
    message = _("We can't find that. It may have been deleted, or it belongs to someone else.")


class ForbiddenError(ApplicationError):
    code = "forbidden"
    status = 403
    message = _("You are not allowed to do that.")


class BadFrameError(ApplicationError):
    code = "bad_frame"
    status = 400
    message = _("That request was malformed.")


class UnknownTypeError(ApplicationError):
    code = "unknown_type"
    status = 400
    message = _("That kind of request is not known here.")


class BadTextError(ApplicationError):
    code = "bad_text"
    status = 400
    message = _("That message is empty or holds characters that can't be stored.")


class TooLongError(ApplicationError):
    code = "too_long"
    status = 413
    message = _("That message is too long. Please shorten it and send it again.")


class IdConflictError(ApplicationError):
    code = "id_conflict"
    status = 409
    message = _("A different message was already sent under this id.")


class ClosedError(ApplicationError):
    code = "closed"
    status = 409
    message = _("This conversation is closed. Please start a new one.")


class ConsentRequiredError(ApplicationError):
    code = "consent_required"
    status = 403
    message = _("This needs your consent first.")


class RestrictedError(ApplicationError):
    code = "restricted"
    status = 403
    message = _("The use of your data is restricted at your request.")


class PassingError(ApplicationError):
    """A condition that passes; the same request may succeed later."""

    retry = True


class RateLimitedError(PassingError):
    code = "rate_limited"
    status = 429
    message = _("That was a lot at once. Please wait a moment and try again.")


class WindowFullError(PassingError):
    code = "window_full"
    status = 429
    message = _("Several messages are still on their way. Please wait a moment.")


class BusyError(PassingError):
    code = "busy"
    status = 503
    message = _("The service is busy. Your message is kept and will be sent again.")


class ReadOnlyError(PassingError):
    code = "read_only"
    status = 503
    message = _("New messages can't be stored right now. Please try again later.")


class InternalError(PassingError):
    code = "internal"
    status = 500
