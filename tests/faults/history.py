"""Judges what happened: whether clients and tables tell one and the same story (plain Python)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Invoked:
    """A client began to send this; the order of a client's list is the order in which it spoke."""

    client: str
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Acked:
    """A client was told that this is stored in this place."""

    client: str
    id: str
    seq: int
    dup: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """An event as somebody sees it; `id` is empty for what the bot said."""

    seq: int
    author: str
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Duty:
    """A turn: the message it answers, whether it is over, the parts of its answer."""

    seq: int
    state: str
    parts: tuple[int, ...]


@dataclass(slots=True)
class History:
    """Everything known about one conversation. `views` are the final ones, each with its name."""

    conv: str
    invoked: Sequence[Invoked] = ()
    acked: Sequence[Acked] = ()
    stored: Sequence[Shown] = ()
    duties: Sequence[Duty] = ()
    views: Mapping[str, Sequence[Shown]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken promise: which one, and where."""

    kind: str
    conv: str
    detail: str


FINISHED = frozenset({"done", "failed"})


def violations(history: History) -> list[Violation]:
    """Every broken promise in one conversation; empty when the history is clean."""
    checks = (_lost, _altered, _doubled, _order, _one_sequence, _one_view, _answered)
    return [
        Violation(kind, history.conv, detail) for check in checks for kind, detail in check(history)
    ]


def assert_clean(histories: Sequence[History], seed: int) -> None:
    """Raises `AssertionError` with the seed and every violation."""
    found = [violation for history in histories for violation in violations(history)]
    lines = "\n".join(f"  {v.kind:<12}{v.conv}  {v.detail}" for v in found[:40])
    assert not found, f"seed {seed}: {len(found)} violations\n{lines}"


Found = Iterator[tuple[str, str]]


def _lost(history: History) -> Found:
    """What was acknowledged is stored, in the place that was named."""
    places = {event.id: event.seq for event in history.stored if event.id}
    for ack in history.acked:
        if ack.id not in places:
            yield "lost", f"{ack.client} was told that {ack.id} is stored"
        elif places[ack.id] != ack.seq:
            yield "misplaced", f"{ack.id}: told {ack.seq}, stored at {places[ack.id]}"


def _altered(history: History) -> Found:
    """Nothing is stored that nobody said, or otherwise than it was said."""
    said = {sent.id: sent.text for sent in history.invoked}
    for event in history.stored:
        if event.author == "user" and event.id not in said:
            yield "invented", f"{event.id} at {event.seq} was never sent"
        elif event.author == "user" and said[event.id] != event.text:
            yield "altered", f"{event.id}: sent {said[event.id]!r}, stored {event.text!r}"


def _doubled(history: History) -> Found:
    counts = Counter(event.id for event in history.stored if event.id)
    for name, count in counts.items():
        if count > 1:
            yield "doubled", f"{name} is stored {count} times"
    firsts = Counter(ack.id for ack in history.acked if not ack.dup)
    for name, count in firsts.items():
        if count > 1:
            yield "doubled", f"{name} was acknowledged as new {count} times"


def _order(history: History) -> Found:
    """What one client said stands in the order in which it said it."""
    places = {event.id: event.seq for event in history.stored if event.id}
    latest: dict[str, int] = {}
    for sent in history.invoked:
        place = places.get(sent.id)
        if place is None:
            continue
        if place < latest.get(sent.client, 0):
            yield "disordered", f"{sent.id} of {sent.client} stands at {place}, after a later one"
        latest[sent.client] = max(place, latest.get(sent.client, 0))


def _one_sequence(history: History) -> Found:
    seqs = [event.seq for event in history.stored]
    if seqs != list(range(1, len(seqs) + 1)):
        yield "gap", f"the order reads {_short(seqs)}"


def _one_view(history: History) -> Found:
    """Everybody's last view is what is stored."""
    for name, view in history.views.items():
        if list(view) == list(history.stored):
            continue
        missing = sorted({e.seq for e in history.stored} - {e.seq for e in view})
        yield "view", f"{name} differs; missing {_short(missing)}"


def _answered(history: History) -> Found:
    """Each message has exactly one finished turn with the parts 0, 1, … of one answer."""
    duties: dict[int, list[Duty]] = {}
    for duty in history.duties:
        duties.setdefault(duty.seq, []).append(duty)
    for event in history.stored:
        if event.author != "user":
            continue
        own = duties.get(event.seq, [])
        if len(own) != 1:
            yield "turns", f"{event.seq} has {len(own)} turns"
        elif own[0].state not in FINISHED:
            yield "unanswered", f"the turn of {event.seq} is {own[0].state}"
        elif not own[0].parts or sorted(own[0].parts) != list(range(len(own[0].parts))):
            yield "answer", f"the answer to {event.seq} has the parts {own[0].parts}"


def _short(numbers: Sequence[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:12])
    return f"{shown}{' …' if len(numbers) > 12 else ''}"
