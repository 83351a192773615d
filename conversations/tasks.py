"""What Celery runs: three-line tasks, started from row ids or by the timetable."""

from celery import shared_task

from conversations.content import refresh_loaded
from conversations.runner import sweep_once
from conversations.services import releases


@shared_task  # type: ignore[untyped-decorator]
def release_train(release_id: int) -> None:
    releases.release_train(release_id=release_id)


@shared_task  # type: ignore[untyped-decorator]
def releases_resume() -> None:
    releases.release_resume()


@shared_task  # type: ignore[untyped-decorator]
def turns_sweep() -> None:
    refresh_loaded()
    sweep_once()
