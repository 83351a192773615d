"""Decides what the bot does about one message; pure, so that every decision can be tested.

The ladder for a message that is not understood: ask for other words, then offer what the bot can
do, then a person. Between the two thresholds the two nearest meanings are offered.
"""

from dataclasses import dataclass, replace

from conversations.bot.replies import worded
from conversations.bot.types import (
    Answer,
    Choice,
    Content,
    LocalContent,
    Outcome,
    Pattern,
    Reply,
    ReplyTemplate,
    ScoredIntent,
    State,
    Understanding,
)

INTENT_PAYLOAD = "intent:"
NONE_PAYLOAD = "none"
PERSON_INTENT = "talk_to_person"
URGENT_SHARE = 0.6
"""An urgent intent wins when it reaches this share of the confidence of the best one."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A chip was pressed: no understanding is needed."""

    payload: str
    language: str


def decide(message: Understanding | Chosen, state: State, content: Content) -> Answer:
    """The answer to one message and the state after it."""
    if isinstance(message, Chosen):
        return _answer_choice(message, state, content)
    local = content.in_language(message.language)
    intent = _meant(message, content, local)
    if intent is not None:
        return _answer_intent(intent, state, local)
    nearest = _nearest(message, content, local)
    if message.in_scope and nearest:
        return _clarify(nearest, state, local)
    return _fall_back(state, local)


def apology(state: State, content: Content, language: str) -> Answer:
    """What is said when an answer could not be made in time: sorry, and the way to a person."""
    local = content.in_language(language)
    reply = replace(_say(Pattern.APOLOGY, state, local), choices=_person(local))
    return Answer((reply,), _counted(state, Pattern.APOLOGY), Outcome.APOLOGISED, local.language)


def _meant(message: Understanding, content: Content, local: LocalContent) -> ScoredIntent | None:
    best = message.best
    if best is None:
        return None
    for candidate in message.ranking:
        enough = candidate.confidence >= URGENT_SHARE * best.confidence
        above = candidate.confidence >= content.thresholds.clarify
        if candidate.intent in content.urgent and enough and above and message.in_scope:
            return candidate
    sure = message.in_scope and best.confidence >= content.thresholds.answer
    return best if sure and best.intent in local.replies else None


def _nearest(message: Understanding, content: Content, local: LocalContent) -> tuple[Choice, ...]:
    near = [
        scored.intent
        for scored in message.ranking[:2]
        if scored.confidence >= content.thresholds.clarify and scored.intent in local.replies
    ]
    return tuple(_choice(intent, local) for intent in near)


def _answer_choice(chosen: Chosen, state: State, content: Content) -> Answer:
    local = content.in_language(chosen.language)
    name = chosen.payload.removeprefix(INTENT_PAYLOAD)
    if chosen.payload.startswith(INTENT_PAYLOAD) and name in local.replies:
        return _answer_intent(ScoredIntent(name, 1.0), state, local)
    if chosen.payload == NONE_PAYLOAD:
        reply = replace(_say(Pattern.NONE_OF_THESE, state, local), choices=_person(local))
        after = replace(_counted(state, Pattern.NONE_OF_THESE), misses=state.misses + 1)
        return Answer((reply,), after, Outcome.FELL_BACK, local.language)
    # A chip of an older release whose intent is gone.
    return _fall_back(state, local)


def _answer_intent(scored: ScoredIntent, state: State, local: LocalContent) -> Answer:
    turn = state.said.get(scored.intent, 0)
    templates = local.replies.get(scored.intent, ())
    replies = tuple(worded(template, turn) for template in templates)
    if not any(reply.text for reply in replies):
        replies = (_say(Pattern.EMPTY_INTENT, state, local),)
    after = replace(_counted(state, scored.intent), misses=0, last_intent=scored.intent)
    return Answer(
        replies, after, Outcome.ANSWERED, local.language, scored.intent, scored.confidence
    )


def _clarify(nearest: tuple[Choice, ...], state: State, local: LocalContent) -> Answer:
    none = Choice(local.titles[NONE_PAYLOAD], NONE_PAYLOAD)
    reply = replace(_say(Pattern.CLARIFY, state, local), choices=(*nearest, none))
    return Answer((reply,), _counted(state, Pattern.CLARIFY), Outcome.CLARIFIED, local.language)


def _fall_back(state: State, local: LocalContent) -> Answer:
    ladder = (Pattern.FALLBACK, Pattern.FALLBACK_AGAIN, Pattern.OFFER_PERSON)
    pattern = ladder[min(state.misses, len(ladder) - 1)]
    choices: tuple[Choice, ...] = ()
    if pattern is Pattern.FALLBACK_AGAIN:
        choices = local.starters
    elif pattern is Pattern.OFFER_PERSON:
        choices = _person(local) or local.starters
    reply = replace(_say(pattern, state, local), choices=choices)
    after = replace(_counted(state, pattern), misses=state.misses + 1)
    return Answer((reply,), after, Outcome.FELL_BACK, local.language)


def _say(pattern: Pattern, state: State, local: LocalContent) -> Reply:
    template = ReplyTemplate("text", local.patterns[pattern])
    return worded(template, state.said.get(pattern, 0))


def _counted(state: State, name: str) -> State:
    return replace(state, said={**state.said, name: state.said.get(name, 0) + 1})


def _person(local: LocalContent) -> tuple[Choice, ...]:
    known = PERSON_INTENT in local.replies
    return (_choice(PERSON_INTENT, local),) if known else ()


def _choice(intent: str, local: LocalContent) -> Choice:
    return Choice(local.titles.get(intent, intent), INTENT_PAYLOAD + intent)
