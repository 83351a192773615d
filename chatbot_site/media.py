"""Pictures that staff uploaded: checked at upload, sent so that a browser runs none of it."""

import mimetypes

from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from conversations.models.validators import is_image

CACHE = "public, max-age=86400"


@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """The picture of this name; anything else that may lie in the folder is not found."""
    try:
        with default_storage.open(name, "rb") as file:
            content: bytes = file.read()
    except (OSError, SuspiciousOperation, ValueError) as error:
        raise Http404 from error
    if not is_image(content[:12]):
        raise Http404
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {
        "Cache-Control": CACHE,
        "Content-Disposition": "inline",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return HttpResponse(content, content_type=kind, headers=headers)
