"""What staff may type or upload into content."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_IMAGE_BYTES = 1024 * 1024
LINK_SCHEMES = frozenset({"https", "mailto", "tel"})
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")
_IMAGE_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


def is_image(start: bytes) -> bool:
    """Whether the first 12 bytes are those of a PNG, JPEG or WebP file."""
    is_webp = start[:4] == b"RIFF" and start[8:12] == b"WEBP"
    return is_webp or start.startswith(_IMAGE_STARTS)


def validate_image(upload: Any) -> None:
    """Refuse what is too large or, by its content, no picture. SVG can carry scripts: refused."""
    if getattr(upload, "_committed", False):
        return  # stored already, and checked when it came
    if upload.size > MAX_IMAGE_BYTES:
        raise ValidationError(_("This picture is larger than 1 MB."))
    # Not closed: the same open file is saved afterwards.
    file = upload.open("rb")
    start = file.read(12)
    file.seek(0)
    if not is_image(start):
        raise ValidationError(_("This is not a PNG, JPEG or WebP picture."))


def validate_colour(value: str) -> None:
    if not _COLOUR.match(value):
        raise ValidationError(
            _("Write the colour as # and six hexadecimal digits, such as #0f6e6a.")
        )


def validate_languages(value: Any) -> None:
    known = {code for code, _name in settings.LANGUAGES}
    if not isinstance(value, list) or not value or not set(value) <= known:
        raise ValidationError(
            _("Choose at least one of the site's languages: %(known)s."),
            params={"known": ", ".join(sorted(known))},
        )


def validate_link(value: str) -> None:
    """Only links that can't run code or leave without encryption."""
    parts = urlsplit(value)
    complete = bool(parts.netloc if parts.scheme == "https" else parts.path)
    if parts.scheme not in LINK_SCHEMES or not complete or any(c.isspace() for c in value):
        raise ValidationError(_("Write a full address that starts with https://, mailto: or tel:."))
