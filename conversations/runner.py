"""The threads that do the work of messages, and the sweeper that never lets one go unanswered.

Why threads of our own: Channels runs all database calls of a process in one thread, where each
commit waits for the disk behind the others (docs/decisions). Turns of one conversation run one
after the other; a process that dies leaves leased turns behind, which any sweeper takes over.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db import InternalError as DatabaseInternalError

from chatbot_site.lib.errors import (
    ApplicationError,
    BusyError,
    InternalError,
    ReadOnlyError,
)
from chatbot_site.lib.text import clean_message
from conversations import limits, selectors, store
from conversations.access import watch
from conversations.selectors import ChatEvent
from conversations.services.messages import (
    LEASE_SECONDS,
    Accepted,
    NewMessage,
    TurnTooEarlyError,
    message_accept,
)
from conversations.turn import (
    MAX_AGE_SECONDS,
    MAX_ATTEMPTS,
    Job,
    caption_of,
    job_of,
    take_turn,
)
from conversations.wakeups import hub

SWEEP_SECONDS = 2.0
POLL_SECONDS = 15.0
SWEEP_LIMIT = 50
RETRY_SECONDS = 0.2
ACCEPT_SECONDS = 5.0
# PostgreSQL's "read-only transaction" is an internal error to its driver.
LOST = (OperationalError, InterfaceError, DatabaseInternalError)
T = TypeVar("T")
Outcome = Accepted | ApplicationError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SendRequest:
    """A message as a door received it; `body` is the text, a chip's payload or a form's fields."""

    subject_id: UUID
    conversation_id: UUID
    client_id: UUID
    kind: str
    body: str | dict[str, str]
    language: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a message within the time a caller wanted to wait."""

    seq: int
    dup: bool
    events: list[ChatEvent]
    pending: bool


class Runner:
    """One a process."""

    def __init__(self, threads: int) -> None:
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="turn")
        self._waiting: dict[UUID, deque[Job]] = {}
        self._held: set[UUID] = set()
        self._lock = threading.Lock()
        self._sweeping = threading.Event()

    def send(self, request: SendRequest, done: Callable[[Outcome], None]) -> None:
        """Accept, tell `done` (in the thread) after the commit, then think and answer."""
        self.pool.submit(self._send, request, done)

    def send_and_wait(self, request: SendRequest, timeout: float) -> Sent:
        """Send from a synchronous door and wait for the answer; raises `ApplicationError`."""
        answer: Future[Outcome] = Future()
        deadline = time.monotonic() + timeout
        with hub().waiting(request.conversation_id) as grown:
            self.send(request, answer.set_result)
            try:
                accepted = answer.result(max(timeout, ACCEPT_SECONDS))
            except TimeoutError:
                # It may be stored yet; the same id finds it again.
                raise BusyError(after_ms=1_000) from None
            if isinstance(accepted, ApplicationError):
                raise accepted
            while True:
                grown.clear()
                pending = selectors.turn_is_pending(request.conversation_id, accepted.seq)
                left = deadline - time.monotonic()
                if not pending or left <= 0 or not grown.wait(left):
                    break
        events = selectors.events_after(
            conversation_id=request.conversation_id, after=accepted.seq - 1
        )
        return Sent(accepted.seq, accepted.dup, events, pending)

    def _send(self, request: SendRequest, done: Callable[[Outcome], None]) -> None:
        try:
            limits.send_count(request.subject_id)
            new = _message_of(request)
            accepted = with_database(message_accept, new)
        except ApplicationError as refusal:
            _tell(done, refusal)
            return
        except Exception:
            log.exception("a message could not be accepted")
            _tell(done, InternalError())
            return
        _tell(done, accepted)
        job = job_of(accepted, new.kind, new.body)
        if job is not None and self._hold(job):
            # The commit of the answer wakes everybody for both; only a slow answer is worth two
            # wake-ups (see `message_announce`).
            self._work(job)

    def _hold(self, job: Job) -> bool:
        """Whether this process is not yet at work on the turn, or waiting to be; now it is."""
        with self._lock:
            is_new = job.turn_id not in self._held
            self._held.add(job.turn_id)
            return is_new

    def _work(self, job: Job) -> None:
        """Answer this job and whatever queues up behind it in the same conversation."""
        with self._lock:
            queue = self._waiting.get(job.conversation.id)
            if queue is not None:
                queue.append(job)
                return
            self._waiting[job.conversation.id] = deque()
        current: Job | None = job
        while current is not None:
            self._answer(current)
            current = self._next(job.conversation.id)

    def _next(self, conversation_id: UUID) -> Job | None:
        with self._lock:
            queue = self._waiting[conversation_id]
            if queue:
                return queue.popleft()
            del self._waiting[conversation_id]
            return None

    def _answer(self, job: Job) -> None:
        try:
            with_database(take_turn, job)
        except TurnTooEarlyError:
            # Another process works on an earlier message; the timer or the sweeper brings us back.
            if not job.give_up:
                again = replace(job, waited=True)
                threading.Timer(RETRY_SECONDS, self._submit, (again,)).start()
                return
        except ApplicationError as refusal:
            log.warning("turn %s waits for the sweeper: %s", job.turn_id, refusal.code)
        except Exception:
            log.exception("turn %s failed and waits for the sweeper", job.turn_id)
        with self._lock:
            self._held.discard(job.turn_id)

    def _submit(self, job: Job) -> None:
        # A process that ends takes no more work; another one's sweeper finds the turn.
        with suppress(RuntimeError):
            self.pool.submit(self._work, job)

    def start_sweeping(self) -> None:
        """Keep sweeping in the background until the process ends; once a process."""
        with self._lock:
            if self._sweeping.is_set():
                return
            self._sweeping.set()
        threading.Thread(target=self._sweep_for_ever, name="sweeper", daemon=True).start()

    def _sweep_for_ever(self) -> None:
        polled = time.monotonic()
        while True:
            try:
                with_database(self.sweep)
                with_database(watch.look)
                if time.monotonic() - polled > POLL_SECONDS:
                    polled = time.monotonic()
                    with_database(_poll)
            except ApplicationError as refusal:
                log.warning("the sweeper will try again: %s", refusal.code)
            except Exception:
                log.exception("the sweeper will try again")
            time.sleep(SWEEP_SECONDS)

    def sweep(self) -> int:
        """Take over turns that nobody works on any more; returns how many."""
        if not store.turns_overdue():
            return 0
        with transaction.atomic():
            claimed = store.turns_claim(SWEEP_LIMIT, LEASE_SECONDS)
        for turn in claimed:
            job = _job_again(turn)
            if job is None:
                continue
            if job.give_up:
                # Not behind the turn that may never end, and not in its threads.
                self._answer(job)
            elif self._hold(job):
                self._submit(job)
        return len(claimed)


def message_announce(conversation_id: UUID, seq: int) -> None:
    """Show a message to other tabs and devices while its answer takes its time."""
    hub().notify(conversation_id, seq)


def _tell(done: Callable[[Outcome], None], outcome: Outcome) -> None:
    # The event loop of a socket that ended may be closed; its message is answered all the same.
    with suppress(RuntimeError):
        done(outcome)


def _message_of(request: SendRequest) -> NewMessage:
    body: dict[str, Any]
    if isinstance(request.body, dict):
        fields = {
            clean_message(name): clean_message(v) for name, v in request.body.items() if v.strip()
        }
        text = clean_message("\n".join(f"{name}: {v}" for name, v in fields.items()))
        body = {"text": text, "fields": fields}
    else:
        body = {"text": clean_message(request.body)}
    if request.kind == "postback":
        payload = body["text"]
        body = {"text": with_database(_caption, request, payload), "payload": payload}
    return NewMessage(
        request.subject_id,
        request.conversation_id,
        request.client_id,
        request.kind,
        body,
        request.language,
    )


def _caption(request: SendRequest, payload: str) -> str:
    head = selectors.conversation_for(
        subject_id=request.subject_id, conversation_id=request.conversation_id
    )
    return caption_of(head.bot_id, payload, head.language or request.language)


def _job_again(turn: store.ClaimedTurn) -> Job | None:
    row = store.conversation_read(turn.conversation_id)
    messages = selectors.events_after(
        conversation_id=turn.conversation_id, after=turn.seq - 1, limit=1
    )
    if row is None or not messages:
        return None
    give_up = turn.attempts > MAX_ATTEMPTS or turn.age_seconds > MAX_AGE_SECONDS
    return Job(turn.id, turn.seq, messages[0].kind, messages[0].body, row, give_up)


def _poll() -> None:
    """Heal lost wake-ups: one query for all conversations that somebody looks at."""
    here = hub()
    for conversation_id, (_epoch, last_seq) in store.last_seqs(here.conversations()).items():
        here.notify_here(conversation_id, last_seq)


def with_database(call: Callable[..., T], *args: Any) -> T:
    """Call; once more on a fresh connection when this one was lost.

    Everything called here is idempotent. Raises `BusyError` or `ReadOnlyError` when the database
    stays away; a fresh connection may also find a database that takes writes again.
    """
    try:
        return call(*args)
    except LOST:
        _drop_connection()
    try:
        return call(*args)
    except LOST as error:
        _drop_connection()
        raise (ReadOnlyError() if _is_read_only(error) else BusyError(after_ms=1_000)) from error


def _drop_connection() -> None:
    try:
        connection.close()
    except DatabaseError:
        connection.connection = None


def _is_read_only(error: Exception) -> bool:
    """Disk full (53100), read-only transaction (25006), or SQLite's words for the same."""
    state = getattr(error.__cause__, "sqlstate", "")
    words = str(error)
    return state in {"53100", "25006"} or "readonly database" in words or "disk is full" in words


_runner: Runner | None = None
_runner_lock = threading.Lock()


def runner() -> Runner:
    """The runner of this process."""
    global _runner  # noqa: PLW0603 - one a process, made when first needed
    with _runner_lock:
        if _runner is None:
            _runner = Runner(settings.TURN_THREADS)
        return _runner


def sweep_once() -> int:
    """For the timetable of Celery: the sweep of a process that serves no sockets."""
    swept: int = with_database(runner().sweep)
    return swept
