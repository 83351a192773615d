"""Many threads at one encoder: the right vectors for each, few calls, errors to all."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
from numpy.typing import NDArray

from conversations.bot.nlu.joined import MOST, JoinedEncoder


class Counting:
    """Encodes a text as its length; the first call waits until it may go on."""

    id, digest, dim = "counting", "0", 1

    def __init__(self, *, fails: bool = False) -> None:
        self.batches: list[int] = []
        self.go = Event()
        self.fails = fails

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.batches.append(len(texts))
        self.go.wait(5)
        if self.fails:
            raise ValueError("no weights")
        return np.array([[len(text)] for text in texts], dtype=np.float32)


def test_those_who_wait_are_encoded_together() -> None:
    inner = Counting()
    joined = JoinedEncoder(inner)
    with ThreadPoolExecutor(80) as pool:
        answers = [pool.submit(joined.encode, ["x" * n]) for n in range(80)]
        while len(joined._waiting) < 79:
            pass
        inner.go.set()
        vectors = [answer.result(5) for answer in answers]
    assert [float(vector[0, 0]) for vector in vectors] == list(range(80))
    assert {vector.shape for vector in vectors} == {(1, 1)}
    assert (inner.batches[0], max(inner.batches), sum(inner.batches)) == (1, MOST, 80)
    assert joined.encode(["abc"])[0, 0] == 3


def test_an_error_reaches_everybody_and_the_next_call_works() -> None:
    inner = Counting(fails=True)
    joined = JoinedEncoder(inner)
    with ThreadPoolExecutor(5) as pool:
        answers = [pool.submit(joined.encode, ["a"]) for _ in range(5)]
        inner.go.set()
        for answer in answers:
            with pytest.raises(ValueError, match="no weights"):
                answer.result(5)
    inner.fails = False
    assert joined.encode(["four"])[0, 0] == 4


def test_several_texts_go_straight_through() -> None:
    inner = Counting()
    inner.go.set()
    joined = JoinedEncoder(inner)
    assert joined.encode(["a", "bb"]).tolist() == [[1.0], [2.0]]
    assert (joined.id, joined.digest, joined.dim) == ("counting", "0", 1)
