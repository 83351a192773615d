"""Publish, train and roll back releases. The row of a release is the duty to train it.

ApplicationError
└── NotPublishableError  not_publishable  409   a release that can't be served
"""

import logging
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, InterfaceError, close_old_connections, transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.crypto import master_key
from accounts.models import User
from chatbot_site.lib.errors import ApplicationError, NotFoundError
from chatbot_site.lib.queue import enqueue, enqueue_after_commit
from chatbot_site.lib.sealing import sign
from conversations.content import (
    ReleaseRefusedError,
    examples_of,
    refresh_soon,
    replies_of,
    snapshot_of,
)
from conversations.content.loading import PURPOSE, content_read, load_model, model_of
from conversations.models import Bot, Event, Release, ReleaseArtefact
from conversations.training import (
    Progress,
    Trained,
    Trainer,
    TrainingError,
    silent,
    train_in_child,
)

TASK: Final = "conversations.tasks.release_train"
STUCK: Final = timedelta(seconds=60)
"""A training that gave no sign of life for so long is taken over."""
HEARTBEAT: Final = timedelta(seconds=5)
NO_CONVERSATION: Final = UUID(int=0)
"""The conversation of events that belong to none."""

log = logging.getLogger(__name__)


class NotPublishableError(ApplicationError):
    """The release is not ready, or its artefact is not what this site trained."""

    code = "not_publishable"
    status = 409
    message = gettext_lazy("This release can't go live: it has no usable trained model.")


class ClaimLostError(Exception):
    """Somebody else took the training over, or a rollback ended it."""


@transaction.atomic
def release_publish(*, bot: Bot, note: str = "", user: User | None = None) -> Release:
    """Freeze the draft as the next release and queue its training; it goes live when trained."""
    locked = Bot.objects.select_for_update(no_key=True).get(pk=bot.pk)
    last = Release.objects.filter(bot=locked).aggregate(last=Max("number"))["last"] or 0
    release = Release.objects.create(
        bot=locked, number=last + 1, note=note, created_by=user, content=snapshot_of(locked)
    )
    enqueue_after_commit(TASK, release.pk)
    return release


@transaction.atomic
def release_rollback(*, bot: Bot, to: int, user: User | None = None) -> Release:
    """Serve an earlier release again; what is still in training will not go live.

    Raises `NotFoundError` for an unknown number, `NotPublishableError` for one that is not ready
    or whose artefact is damaged; then nothing changes.
    """
    locked = Bot.objects.select_for_update(no_key=True).get(pk=bot.pk)
    release = Release.objects.filter(bot=locked, number=to).defer("content").first()
    if release is None:
        raise NotFoundError(field="to")
    _require_servable(release)
    stopped = Release.objects.filter(bot=locked, state__in=_UNFINISHED)
    stopped.update(
        state=Release.State.FAILED,
        finished_at=timezone.now(),
        error=_("Stopped by a rollback to release %(number)s.") % {"number": to},
    )
    before = locked.live_release_id
    _go_live(locked, release)
    _record("release.rolled_back", release, {"from": before})
    log.info("Account %s rolled back to release %s.", user and user.pk, release.pk)
    return release


def release_train(
    *, release_id: int, progress: Progress = silent, trainer: Trainer = train_in_child
) -> bool:
    """Train a queued or stuck release and let it go live; False when there was nothing to do.

    `progress` hears each step and how much of the whole is done, 0 to 1. May be called twice, at
    once or after a crash at any point: one call does the work. Database errors at the end are
    raised; the release is then taken up again by `release_resume`.
    """
    claim = _Claim.of(release_id, progress)
    if claim is None:
        return False
    release = Release.objects.get(pk=release_id)
    try:
        trained = _trained(release, claim, trainer)
    except ClaimLostError:
        log.warning("Release %s is no longer ours to train.", release_id)
        return False
    except (TrainingError, ReleaseRefusedError, OSError) as error:
        log.warning("Release %s failed: %s", release_id, error)
        _fail(release, claim, str(error))
    else:
        _finish(release, claim, trained)
    return True


def release_resume() -> int:
    """Enqueue what waits or got stuck; returns how many. For the timetable."""
    waiting = Q(state=Release.State.QUEUED, alive_at__lt=timezone.now() - HEARTBEAT)
    due = Release.objects.filter(waiting | _stuck()).order_by("pk")
    return sum(enqueue(TASK, release_id) for release_id in due.values_list("pk", flat=True))


_UNFINISHED: Final = (Release.State.QUEUED, Release.State.TRAINING)


def _stuck() -> Q:
    return Q(state=Release.State.TRAINING, alive_at__lt=timezone.now() - STUCK)


class _Claim:
    """The right to train one release. The sign of life is its token: who writes it, owns it."""

    def __init__(self, release_id: int, token: datetime, progress: Progress) -> None:
        self.release_id = release_id
        self.token = token
        self.progress = progress

    @classmethod
    def of(cls, release_id: int, progress: Progress) -> "_Claim | None":
        now = timezone.now()
        due = Release.objects.filter(Q(state=Release.State.QUEUED) | _stuck(), pk=release_id)
        taken = due.update(
            state=Release.State.TRAINING, alive_at=now, progress=0, step="", error=""
        )
        return cls(release_id, now, progress) if taken else None

    def mine(self) -> Any:
        """The row while it is ours."""
        return Release.objects.filter(
            pk=self.release_id, state=Release.State.TRAINING, alive_at=self.token
        )

    def beat(self, step: str, done: float) -> None:
        """Show progress and life; raises `ClaimLostError`. A silent database is waited for."""
        now = timezone.now()
        if not step and now - self.token < HEARTBEAT:
            return
        if step:
            self.progress(step, done)
        news = {"step": step[:100], "progress": round(done * 100)} if step else {}
        try:
            written = self.mine().update(alive_at=now, **news)
        except (DatabaseError, InterfaceError) as error:
            log.warning("No sign of life could be written: %s", type(error).__name__)
            close_old_connections()
            return
        if not written:
            raise ClaimLostError
        self.token = now


def _trained(release: Release, claim: _Claim, trainer: Trainer) -> Trained:
    """Train on the frozen content, and refuse at once what could not be served later."""
    content_read(release.content, release.number)
    trained = trainer(
        examples_of(release.content),
        replies_of(release.content),
        keep=release.content["bot"]["keep_percent"],
        progress=claim.beat,
    )
    # Before the transaction: reading a model takes a while, and SQLite has one writer.
    model_of(trained.blob)
    return trained


def _finish(release: Release, claim: _Claim, trained: Trained) -> None:
    """Artefact, report, ready, live and the event: all or nothing."""
    signature = sign(master_key(), PURPOSE, trained.blob)
    with transaction.atomic():
        bot = Bot.objects.select_for_update(no_key=True).get(pk=release.bot_id)
        now = timezone.now()
        done = claim.mine().update(
            state=Release.State.READY,
            report=trained.report,
            progress=100,
            step="",
            alive_at=now,
            finished_at=now,
        )
        if not done:
            log.warning("Release %s was finished by somebody else.", release.pk)
            return
        ReleaseArtefact.objects.update_or_create(
            release=release, defaults={"blob": trained.blob, "signature": signature}
        )
        newer = Release.objects.filter(
            bot=bot, number__gt=release.number, state=Release.State.READY
        )
        if not newer.exists():
            _go_live(bot, release)
        _record("release.published", release, {"accuracy": _accuracy(trained.report)})


def _fail(release: Release, claim: _Claim, why: str) -> None:
    with transaction.atomic():
        failed = claim.mine().update(
            state=Release.State.FAILED, error=why, finished_at=timezone.now()
        )
        if failed:
            _record("release.failed", release, {})


def _require_servable(release: Release) -> None:
    if release.state != Release.State.READY:
        raise NotPublishableError(field="to")
    try:
        load_model(release.pk)
    except ReleaseRefusedError as error:
        raise NotPublishableError(field="to") from error


def _go_live(bot: Bot, release: Release) -> None:
    Bot.objects.filter(pk=bot.pk).update(live_release=release)
    transaction.on_commit(refresh_soon)


def _record(name: str, release: Release, more: dict[str, Any]) -> None:
    data = {"release": release.pk, "number": release.number, **more}
    Event.objects.create(name=name, bot_id=release.bot_id, conversation=NO_CONVERSATION, data=data)


def _accuracy(report: dict[str, Any]) -> float | None:
    accuracy: float | None = report.get("metrics", {}).get("accuracy_in_scope")
    return accuracy
