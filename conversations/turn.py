"""One message: accept, think, commit. The only orchestrator."""

import logging
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from chatbot_site.lib.errors import BusyError
from conversations import content, store, wording
from conversations.bot.dialogue import INTENT_PAYLOAD, Chosen, apology, decide
from conversations.bot.nlu.base import NluError, Query
from conversations.bot.types import Answer, Understanding
from conversations.services.messages import (
    Accepted,
    AnswerToCommit,
    StateMovedError,
    TurnSettledError,
    answer_commit,
    turn_expect,
)
from conversations.states import state_from_json
from conversations.wakeups import hub

MAX_ATTEMPTS = 3
MAX_AGE_SECONDS = 20.0
THINK_SECONDS = 4.0
RETHINKS = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A turn with everything needed to think about it."""

    turn_id: UUID
    seq: int
    kind: str
    body: dict[str, Any]
    conversation: store.ConversationRow
    give_up: bool = False
    waited: bool = False
    """It was too early for this turn before; look before thinking again."""


def job_of(accepted: Accepted, kind: str, body: dict[str, Any]) -> Job | None:
    """The work that an accepted message brings; none for a repeated one."""
    if accepted.turn_id is None:
        return None
    return Job(accepted.turn_id, accepted.seq, kind, body, accepted.conversation)


def take_turn(job: Job) -> None:
    """Think and commit; wakes whoever listens.

    Raises `TurnTooEarlyError` when an earlier message is still unanswered and `BusyError` when the
    bot has no release to think with: try again later.
    """
    for _rethink in range(RETHINKS):
        try:
            if job.waited or job.give_up:
                turn_expect(turn_id=job.turn_id, conversation_id=job.conversation.id, seq=job.seq)
            last_seq = answer_commit(_thought(job))
        except StateMovedError as moved:
            job = replace(job, conversation=moved.row)
        except TurnSettledError:
            return
        else:
            hub().notify(job.conversation.id, last_seq)
            return


def _thought(job: Job) -> AnswerToCommit:
    running = _running(job.conversation.bot_id)
    if running is None and not job.give_up:
        raise BusyError
    answer = _apology(job, running) if job.give_up or running is None else _answer(job, running)
    return AnswerToCommit(
        job.turn_id,
        job.conversation.id,
        job.seq,
        job.conversation.state_version,
        answer,
        None if running is None else running.release_id,
    )


def _running(bot_id: int) -> content.Running | None:
    """The bot's running release; a process that has just started may still have to load it."""
    known = content.running(bot_id)
    if known is None:
        content.refresh_running()
        known = content.running(bot_id)
    return known


def _answer(job: Job, running: content.Running) -> Answer:
    state = state_from_json(job.conversation.state)
    if job.kind == "postback":
        chosen = Chosen(str(job.body.get("payload", "")), job.conversation.language)
        return decide(chosen, state, running.content)
    return decide(_understood(job, running), state, running.content)


def _understood(job: Job, running: content.Running) -> Understanding:
    text, prior = job.body["text"], job.conversation.language
    languages = running.content.languages
    language = running.identify(text, prior)
    try:
        return running.chain.understand(Query(text, language, languages, THINK_SECONDS))
    except NluError:
        log.warning("no engine understood turn %s", job.turn_id)
        return Understanding(language, (), scope=0.0, in_scope=False, provider="none")


def _apology(job: Job, running: content.Running | None) -> Answer:
    log.error("gave up on turn %s", job.turn_id)
    said = wording.empty_content() if running is None else running.content
    return apology(state_from_json(job.conversation.state), said, job.conversation.language)


def caption_of(bot_id: int, payload: str, language: str) -> str:
    """What a chip says, so that the transcript shows words and not a payload."""
    running = content.running(bot_id)
    if running is None:
        return payload
    local = running.content.in_language(language)
    return local.titles.get(payload.removeprefix(INTENT_PAYLOAD), payload)
