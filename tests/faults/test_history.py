"""The judge is judged: a clean history passes, and each way to break a promise is seen."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.history import Acked, Duty, History, Invoked, Shown, assert_clean, violations


def clean() -> History:
    """Two tabs, two messages, two answers; the second message had to be sent twice."""
    stored = (
        Shown(1, "user", "a", "parking"),
        Shown(2, "bot", "", "Behind the house."),
        Shown(3, "user", "b", "when?"),
        Shown(4, "bot", "", "At 8."),
    )
    return History(
        conv="c",
        invoked=(Invoked("one", "a", "parking"), Invoked("one", "b", "when?")),
        acked=(Acked("one", "a", 1), Acked("one", "b", 3), Acked("one", "b", 3, dup=True)),
        stored=stored,
        duties=(Duty(1, "done", (0,)), Duty(3, "failed", (0,))),
        views={"one": stored, "two": stored, "export": stored},
    )


def kinds(history: History) -> list[str]:
    return sorted({violation.kind for violation in violations(history)})


def test_a_clean_history_has_no_violations() -> None:
    assert violations(clean()) == []
    assert_clean([clean()], seed=1)


def test_a_message_that_was_sent_but_never_acknowledged_may_be_missing_or_stored() -> None:
    history = clean()
    history.invoked = (*history.invoked, Invoked("one", "never arrived", "hello"))
    history.acked = history.acked[:1]
    assert violations(history) == []


def _without_last_message(history: History) -> None:
    history.stored = history.stored[:2]
    history.views = {name: view[:2] for name, view in history.views.items()}


def _ack_elsewhere(history: History) -> None:
    history.acked = (*history.acked, Acked("two", "a", 2, dup=True))


def _other_text(history: History) -> None:
    _replace(history, 0, text="something else")


def _nobody_said_it(history: History) -> None:
    history.invoked = history.invoked[:1]
    history.acked = history.acked[:1]


def _stored_twice(history: History) -> None:
    _replace(history, 2, id="a", text="parking")
    history.acked = history.acked[:1]
    history.invoked = history.invoked[:1]


def _acked_as_new_twice(history: History) -> None:
    history.acked = (*history.acked, Acked("two", "a", 1))


def _gap(history: History) -> None:
    _replace(history, 3, seq=5)


def _swapped(history: History) -> None:
    history.invoked = tuple(reversed(history.invoked))


def _view_behind(history: History) -> None:
    history.views = {**history.views, "two": history.stored[:3]}


def _view_in_other_order(history: History) -> None:
    history.views = {**history.views, "two": tuple(reversed(history.stored))}


def _no_turn(history: History) -> None:
    history.duties = history.duties[:1]


def _two_turns(history: History) -> None:
    history.duties = (*history.duties, Duty(3, "done", (0,)))


def _pending(history: History) -> None:
    history.duties = (history.duties[0], Duty(3, "pending", ()))


def _silent(history: History) -> None:
    history.duties = (history.duties[0], Duty(3, "done", ()))


def _answered_twice(history: History) -> None:
    history.duties = (history.duties[0], Duty(3, "done", (0, 0)))


def _replace(history: History, place: int, **changes: Any) -> None:
    """Change one event in the table and in every view alike."""
    events = list(history.stored)
    events[place] = replace(events[place], **changes)
    history.stored = tuple(events)
    history.views = dict.fromkeys(history.views, history.stored)


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (_without_last_message, ["lost"]),
        (_ack_elsewhere, ["misplaced"]),
        (_other_text, ["altered"]),
        (_nobody_said_it, ["invented"]),
        (_stored_twice, ["doubled", "misplaced"]),
        (_acked_as_new_twice, ["doubled"]),
        (_gap, ["gap"]),
        (_swapped, ["disordered"]),
        (_view_behind, ["view"]),
        (_view_in_other_order, ["view"]),
        (_no_turn, ["turns"]),
        (_two_turns, ["turns"]),
        (_pending, ["unanswered"]),
        (_silent, ["answer"]),
        (_answered_twice, ["answer"]),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_each_broken_promise_is_seen(damage: Callable[[History], None], kind: list[str]) -> None:
    history = clean()
    damage(history)
    assert kinds(history) == kind
    with pytest.raises(AssertionError, match="seed 7"):
        assert_clean([history], seed=7)
