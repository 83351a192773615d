"""Runners with a fault built in; the product itself knows nothing of them."""

import os
import time
from collections.abc import Callable
from itertools import count
from typing import Any

from django.utils import timezone

from conversations import runner, store
from conversations.services.messages import Accepted
from conversations.turn import Job

KILLED = 137
WINDOW_SECONDS = 0.2
_at = int(os.environ.get("FAULT_AT", "1"))
_counter = count(1)


def _die_when_due() -> None:
    if next(_counter) == _at:
        os._exit(KILLED)


class DiesBeforeAck(runner.Runner):
    """Between COMMIT and `ack`."""

    def send(self, request: runner.SendRequest, done: Callable[[runner.Outcome], None]) -> None:
        def dying(outcome: runner.Outcome) -> None:
            _die_when_due()
            done(outcome)

        super().send(request, dying)


class DiesBeforeAnswer(runner.Runner):
    """Between the commit of a message and any thought about it; its `ack` has gone out."""

    def _work(self, job: Job) -> None:
        time.sleep(0.1)
        _die_when_due()
        super()._work(job)


class DiesAfterAnswer(runner.Runner):
    """Right after the commit of an answer."""

    def _answer(self, job: Job) -> None:
        super()._answer(job)
        _die_when_due()


class AcksBeforeCommit(runner.Runner):
    """The mutant: promises first, stores later."""

    def _send(self, request: runner.SendRequest, done: Callable[[runner.Outcome], None]) -> None:
        row = runner.with_database(store.conversation_read, request.conversation_id)
        known = runner.with_database(
            store.message_by_client_id, request.conversation_id, request.client_id
        )
        if known is not None:
            super()._send(request, done)
            return
        seq = 1 if row is None else row.last_seq + 1
        nothing: Any = row
        done(Accepted(seq, timezone.now(), dup=False, turn_id=None, conversation=nothing))
        time.sleep(WINDOW_SECONDS)
        super()._send(request, lambda _outcome: None)


class NeverAnswers(runner.Runner):
    """Thinks for ever."""

    def _answer(self, job: Job) -> None:
        if job.give_up:
            super()._answer(job)
        else:
            time.sleep(3600)


FAULTS: dict[str, type[runner.Runner]] = {
    "before_ack": DiesBeforeAck,
    "before_answer": DiesBeforeAnswer,
    "after_answer": DiesAfterAnswer,
    "ack_first": AcksBeforeCommit,
    "never_answers": NeverAnswers,
}
