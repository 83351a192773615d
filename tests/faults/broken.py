"""Run as a child instead of `manage.py serve`: the same site with one fault built in.

`FAULT` names it; `FAULT_AT` is the message at which a process that is to die does so. The product
itself knows nothing of this file: the faults are subclasses of its runner.
"""

import os
import sys
import time
from collections.abc import Callable
from itertools import count

import django

KILLED = 137
WINDOW_SECONDS = 0.2


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "chatbot_site.settings"
    django.setup()
    # Models can be imported only now.
    from django.core.management import call_command  # noqa: PLC0415 - see above

    _install(os.environ["FAULT"], int(os.environ.get("FAULT_AT", "1")))
    call_command("serve", *sys.argv[1:])


def _install(fault: str, at: int) -> None:
    from django.conf import settings  # noqa: PLC0415 - see main
    from django.utils import timezone  # noqa: PLC0415 - see main

    from conversations import runner, store  # noqa: PLC0415 - see main
    from conversations.services.messages import Accepted  # noqa: PLC0415 - see main
    from conversations.turn import Job  # noqa: PLC0415 - see main

    counter = count(1)

    def die_when_due() -> None:
        if next(counter) == at:
            os._exit(KILLED)

    class DiesBeforeAck(runner.Runner):
        """Between COMMIT and `ack`."""

        def send(self, request: runner.SendRequest, done: Callable[[runner.Outcome], None]) -> None:
            def dying(outcome: runner.Outcome) -> None:
                die_when_due()
                done(outcome)

            super().send(request, dying)

    class DiesBeforeAnswer(runner.Runner):
        """Between the commit of a message and any thought about it; its `ack` has gone out."""

        def _work(self, job: Job) -> None:
            time.sleep(0.1)
            die_when_due()
            super()._work(job)

    class DiesAfterAnswer(runner.Runner):
        """Right after the commit of an answer."""

        def _answer(self, job: Job) -> None:
            super()._answer(job)
            die_when_due()

    class AcksBeforeCommit(runner.Runner):
        """The mutant: promises first, stores later."""

        def _send(
            self, request: runner.SendRequest, done: Callable[[runner.Outcome], None]
        ) -> None:
            row = runner.with_database(store.conversation_read, request.conversation_id)
            known = runner.with_database(
                store.message_by_client_id, request.conversation_id, request.client_id
            )
            if known is not None:
                super()._send(request, done)
                return
            seq = 1 if row is None else row.last_seq + 1
            done(Accepted(seq, timezone.now(), dup=False, turn_id=None, conversation=row))
            time.sleep(WINDOW_SECONDS)
            super()._send(request, lambda _outcome: None)

    class NeverAnswers(runner.Runner):
        """Thinks for ever."""

        def _answer(self, job: Job) -> None:
            if job.give_up:
                super()._answer(job)
            else:
                time.sleep(3600)

    faults: dict[str, type[runner.Runner]] = {
        "before_ack": DiesBeforeAck,
        "before_answer": DiesBeforeAnswer,
        "after_answer": DiesAfterAnswer,
        "ack_first": AcksBeforeCommit,
        "never_answers": NeverAnswers,
    }
    runner._runner = faults[fault](settings.TURN_THREADS)


if __name__ == "__main__":
    main()
