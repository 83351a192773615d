"""For tests of the API: a bot that understands by heart, a runner of their own, a client."""

import importlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from django.db import connections
from django.test import Client

from accounts.models import User
from conversations import runner as runner_module
from conversations.bot.nlu.base import Query
from conversations.bot.nlu.chain import Chain
from conversations.bot.nlu.local.model import LocalModel
from conversations.bot.types import (
    Choice,
    LocalContent,
    ReplyTemplate,
    ScoredIntent,
    Understanding,
    Wording,
)
from conversations.content.running import Running, RunningReleases
from conversations.models import Bot
from conversations.runner import Runner
from conversations.wakeups import hub
from conversations.wording import empty_content
from tests.factories import BotFactory, ReleaseFactory

QUESTION, ANSWER = "When are you open?", "We are open from 8 to 18."
CHIP = {"title": "Opening hours", "payload": "intent:opening_hours"}
THREADS = 4


@dataclass
class Mind:
    """An NLU provider that knows one question; `gate` holds it back until it is set."""

    name: str = "by heart"
    languages: frozenset[str] | None = None
    sends_text_away: bool = False
    gate: threading.Event = field(default_factory=threading.Event)

    def understand(self, query: Query) -> Understanding:
        self.gate.wait(20)
        known = query.text == QUESTION
        ranking = (ScoredIntent("opening_hours", 0.9 if known else 0.01),)
        return Understanding(query.language, ranking, scope=1.0, in_scope=known, provider=self.name)


class _Known(RunningReleases):
    """Releases handed in instead of read."""

    def __init__(self, *known: Running) -> None:
        super().__init__()
        self._by_bot = {one.bot_id: one for one in known}

    def refresh(self) -> None:
        """There is nothing else to find."""


class _NoModel:
    language_model = None


def running_bot(monkeypatch: pytest.MonkeyPatch, mind: Mind) -> Bot:
    """A live bot of this name in English and German, running in this process."""
    bot: Bot = BotFactory(slug="clinic", name="Draft", languages=["en", "de"])
    release = ReleaseFactory(bot=bot, number=1)
    bot.live_release = release
    bot.save()
    content = empty_content()
    local = {
        code: _local(content.local[code], name)
        for code, name in (("en", "Clinic"), ("de", "Praxis"))
    }
    content = replace(content, bot="clinic", release=1, languages=("en", "de"), local=local)
    chain = Chain((mind,), sure_from=0.5)
    model = cast("LocalModel", _NoModel())
    module = importlib.import_module("conversations.content.running")
    known = Running(bot.pk, release.pk, 1, content, chain, model)
    monkeypatch.setattr(module, "releases", _Known(known))
    return bot


def _local(empty: LocalContent, name: str) -> LocalContent:
    reply = ReplyTemplate("text", (Wording(ANSWER, f"<p>{ANSWER}</p>"),))
    return replace(
        empty,
        name=name,
        summary="Knows when the clinic is open.",
        greeting=Wording("Hello.", "<p>Hello.</p>"),
        starters=(Choice(**CHIP),),
        titles={**empty.titles, "opening_hours": CHIP["title"]},
        replies={"opening_hours": (reply,)},
    )


@contextmanager
def talking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mind]:
    """A running bot, and a runner whose threads end with the test, connections and all."""
    mind, runner = Mind(), Runner(THREADS)
    mind.gate.set()
    running_bot(monkeypatch, mind)
    monkeypatch.setattr(runner_module, "_runner", runner)
    yield mind
    mind.gate.set()
    together = threading.Barrier(THREADS)

    def leave() -> None:
        together.wait(20)
        connections.close_all()

    for _thread in range(THREADS):
        runner.pool.submit(leave)
    runner.pool.shutdown(wait=True)


class Api:
    """A program that speaks to the API with the cookies of one visitor or account."""

    def __init__(self, user: User | None = None, *, csrf: bool = False, **headers: Any) -> None:
        self.client = Client(enforce_csrf_checks=csrf, headers=headers)
        if user is not None:
            self.client.force_login(user)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", query)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("post", path, body, **headers)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = "" if body is None else json.dumps(body)
        send = getattr(self.client, method)
        return send(f"/api/v1/{path}", data, content_type="application/json", headers=named)

    def open(self, **body: Any) -> str:
        opened = self.post("conversations/", {"bot": "clinic", **body})
        assert opened.status_code == 201, opened.content
        return str(opened.json()["id"])

    def say(
        self, conv: str, body: Any = QUESTION, *, key: UUID | str = "", kind: str = "text"
    ) -> Any:
        key = str(key or uuid4())
        message = {"kind": kind, "body": body}
        return self.post(f"conversations/{conv}/messages/", message, Idempotency_Key=key)


def eventually(true: Any, seconds: float = 10.0) -> None:
    """Wait until it is true; fails the test when it never is."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it never happened"
        time.sleep(0.01)


def somebody_waits_for(conv: str) -> bool:
    return UUID(conv) in hub().conversations()


def refusal(answer: Any) -> tuple[int, str, str]:
    """Status, code and field of a refusal; its sentence must be there, too."""
    error = answer.json()["error"]
    assert error["message"]
    return answer.status_code, error["code"], error.get("field", "")
