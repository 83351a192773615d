"""The worker inside the web process: runs tasks and the timetable, and trains without slowing.

Each test has a process of its own, as workers and timetable end with theirs.
"""

import json
import os
import subprocess
import sys
import time
from typing import Any

import pytest
from celery import Celery
from django.conf import settings as site
from django.db import connection

from chatbot_site.lib.queue import enqueue
from conversations.models import Bot, Event
from conversations.services.releases import release_publish
from tests.factories import BotFactory, IntentFactory, PhraseFactory

START = """
import json, sys, threading, time
import django
django.setup()
from chatbot_site import embedded
from chatbot_site.celery import app
from conversations.models import Release

def wait_for(met, seconds=40):
    ends = time.monotonic() + seconds
    while not met() and time.monotonic() < ends:
        time.sleep(0.05)
"""


def process(code: str, **variables: str) -> Any:
    """What a program with our settings printed as JSON; it must end by itself, and well."""
    done = subprocess.run(
        [sys.executable, "-c", START + code],
        cwd=site.BASE_DIR,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def database_url() -> str:
    """The database of this run, for a process that does not run tests."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    user = f"{found['USER']}:{found['PASSWORD']}@" if found["USER"] else ""
    return f"postgres://{user}{found['HOST']}:{found['PORT'] or 5432}/{found['NAME']}"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_published_release_trains_in_the_embedded_worker() -> None:
    bot: Bot = BotFactory()
    for name in ("hours", "parking"):
        PhraseFactory.create_batch(3, intent=IntentFactory(bot=bot, name=name))
    release = release_publish(bot=bot)

    found = process(
        f"""
embedded.start()
embedded.start()
app.send_task("conversations.tasks.release_train", args=[{release.pk}])
state = lambda: Release.objects.get().state
wait_for(lambda: state() in ("ready", "failed"))
threads = sorted(t.name for t in threading.enumerate() if t.name[:4] in ("work", "time"))
print(json.dumps([state(), threads, embedded.is_running(), "sklearn" in sys.modules]))
""",
        DATABASE_URL=database_url(),
        ENCODER="none",
    )

    release.refresh_from_db()
    bot.refresh_from_db()
    assert found == ["ready", ["timetable", "worker1", "worker2"], True, False]
    assert (release.state, release.error, bot.live_release) == ("ready", "", release)
    assert Event.objects.filter(name="release.published").count() == 1


@pytest.mark.slow
def test_one_long_task_holds_up_neither_the_others_nor_the_end_of_the_process() -> None:
    started = time.monotonic()

    found = process(
        """
ran = []
@app.task(name="probe")
def probe(number):
    if number == 0:
        time.sleep(3600)
    ran.append(number)
app.conf.beat_schedule = {"tick": {"task": "probe", "schedule": 0.5, "args": [7]}}
embedded.start()
app.send_task("probe", args=[0])
app.send_task("probe", args=[1])
wait_for(lambda: {1, 7} <= set(ran))
print(json.dumps(sorted(set(ran))))
"""
    )

    assert found == [1, 7]
    assert time.monotonic() - started < 50


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_silent_broker_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    away = Celery(broker="redis://127.0.0.1:1/0", set_as_current=False)
    away.conf.broker_transport_options = {"socket_connect_timeout": 0.1}
    monkeypatch.setattr("chatbot_site.lib.queue.current_app", away)

    assert enqueue("conversations.tasks.releases_resume") is False
