"""The state of a dialogue as JSON, with the version of its shape."""

from typing import Any

from conversations.bot.types import State

SHAPE = 1


def state_to_json(state: State) -> dict[str, Any]:
    return {
        "shape": SHAPE,
        "misses": state.misses,
        "last_intent": state.last_intent,
        "said": dict(state.said),
    }


def state_from_json(stored: dict[str, Any]) -> State:
    """The state; one of another shape starts afresh rather than failing the conversation."""
    if stored.get("shape") != SHAPE:
        return State()
    return State(stored["misses"], stored["last_intent"], stored["said"])
