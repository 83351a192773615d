"""What Celery runs: three-line tasks, started from row ids or by the timetable."""

from celery import shared_task

from conversations.runner import sweep_once
from conversations.services import releases


@shared_task
def release_train(release_id: int) -> None:
    releases.release_train(release_id=release_id)


@shared_task
def releases_resume() -> None:
    releases.release_resume()


@shared_task
def turns_sweep() -> None:
    sweep_once()
