"""Releases: immutable, numbered snapshots of a bot's content with the model trained on it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatbot_site.lib.datamap import DataClass, Erasure, FieldPrivacy


class Release(models.Model):
    """Content + trained model + report. Its row is also the duty to train it."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        TRAINING = "training", _("Training")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")

    bot = models.ForeignKey(
        "Bot", on_delete=models.CASCADE, related_name="releases", verbose_name=_("bot")
    )
    number = models.PositiveIntegerField(_("number"), editable=False)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.QUEUED, editable=False
    )
    progress = models.PositiveSmallIntegerField(_("progress"), default=0, editable=False)
    step = models.CharField(_("step"), max_length=100, blank=True, editable=False)
    note = models.CharField(_("note"), max_length=300, blank=True)
    content = models.JSONField(_("content"), editable=False)
    report = models.JSONField(_("report"), default=dict, editable=False)
    error = models.TextField(_("error"), blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("published by"),
    )
    created_at = models.DateTimeField(_("started"), default=timezone.now, editable=False)
    alive_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    privacy: ClassVar = {
        "created_by": FieldPrivacy(
            DataClass.PERSONAL,
            "who answers for a change",
            "while the release exists",
            export=True,
            erasure=Erasure.BLANK,
        ),
    }
    not_personal: ClassVar = (
        "id",
        "bot",
        "number",
        "state",
        "progress",
        "step",
        "note",
        "content",
        "report",
        "error",
        "created_at",
        "alive_at",
        "finished_at",
    )

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bot", "number"], name="release_number_once_per_bot")
        ]

    def __str__(self) -> str:
        return f"{self.bot.slug} {self.number}"


class ReleaseArtefact(models.Model):
    """The trained arrays of a release, signed; a table of its own so that lists stay light."""

    release = models.OneToOneField(Release, on_delete=models.CASCADE, related_name="artefact")
    blob = models.BinaryField()
    signature = models.BinaryField()

    not_personal: ClassVar = ("id", "release", "blob", "signature")

    def __str__(self) -> str:
        return str(self.release)
