"""Reads what a release stored, and refuses what must not be served."""

import logging
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from accounts.crypto import master_key
from chatbot_site.lib.sealing import is_signed
from conversations.bot.nlu.encoder import Encoder, EncoderError, load_encoder
from conversations.bot.nlu.joined import JoinedEncoder
from conversations.bot.nlu.local.checks import ArtefactError
from conversations.bot.nlu.local.model import LocalModel
from conversations.bot.types import Content
from conversations.content.compose import content_of
from conversations.content.snapshot import Json
from conversations.models import ReleaseArtefact

PURPOSE: Final = "release artefact"
"""What the key that signs artefacts is derived for."""
MAX_ARTEFACT_BYTES: Final = 64 * 1024 * 1024

log = logging.getLogger(__name__)


class ReleaseRefusedError(Exception):
    """A release must not be served; the message is for staff, in their words."""


def load_model(release_id: int) -> LocalModel:
    """The model of a release after its size, signature and form were checked.

    Raises `ReleaseRefusedError`.
    """
    rows = ReleaseArtefact.objects.filter(release_id=release_id)
    size = rows.annotate(size=Length("blob")).values_list("size", flat=True).first()
    if size is None:
        raise ReleaseRefusedError(_("The trained model of this release is missing."))
    _refuse_large(size)
    blob, signature = rows.values_list("blob", "signature").get()
    if not is_signed(master_key(), PURPOSE, bytes(blob), bytes(signature)):
        raise ReleaseRefusedError(
            _("The trained model of this release does not bear this site's signature.")
        )
    return model_of(bytes(blob))


def model_of(blob: bytes) -> LocalModel:
    """The model in these bytes, with the site's encoder; raises `ReleaseRefusedError`."""
    _refuse_large(len(blob))
    try:
        return LocalModel.from_bytes(blob, max_bytes=MAX_ARTEFACT_BYTES, encoder=site_encoder())
    except ArtefactError as error:
        raise ReleaseRefusedError(_("The trained model of this release can't be read.")) from error


def content_read(snapshot: Json, number: int) -> Content:
    """The content of a stored snapshot; raises `ReleaseRefusedError`."""
    try:
        return content_of(snapshot, release=number)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise ReleaseRefusedError(_("The content of this release can't be read.")) from error


def site_encoder() -> Encoder | None:
    """The sentence encoder of this process, shared by all bots; None when there is none."""
    try:
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        # Processes share the largest table as a mapped file in a folder of the site's own.
        return _joined(settings.ENCODER, settings.VAR_DIR)
    except EncoderError as error:
        # The linear half answers alone; the system check conversations.E001 says so at start.
        log.warning("%s", error)
        return None


@cache
def _joined(name: str, folder: Path) -> Encoder | None:
    encoder = load_encoder(name, folder)
    return None if encoder is None else JoinedEncoder(encoder)


def _refuse_large(size: int) -> None:
    if size > MAX_ARTEFACT_BYTES:
        raise ReleaseRefusedError(_("The trained model of this release is too large."))
