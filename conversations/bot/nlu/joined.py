"""An encoder for many threads: what they ask at the same time is encoded in one go."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from conversations.bot.nlu.encoder import Encoder

MOST: Final = 32
"""Texts in one go; more would make the first of them wait too long."""


@dataclass(slots=True)
class _Call:
    texts: Sequence[str]
    vectors: NDArray[np.float32] | None = None
    error: Exception | None = None
    woken: Event = field(default_factory=Event)

    @property
    def is_done(self) -> bool:
        return self.vectors is not None or self.error is not None


class JoinedEncoder:
    """Gives the same vectors as the encoder it wraps.

    Encoding a batch costs far less per text than one by one. Whoever finds the encoder free
    encodes for all who wait, then wakes the next one to do the same.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._lock = Lock()
        self._waiting: list[_Call] = []
        self._busy = False

    @property
    def id(self) -> str:
        return self._encoder.id

    @property
    def digest(self) -> str:
        return self._encoder.digest

    @property
    def dim(self) -> int:
        return self._encoder.dim

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if len(texts) != 1:
            return self._encoder.encode(texts)
        call = _Call(texts)
        with self._lock:
            self._waiting.append(call)
            must_wait, self._busy = self._busy, True
        if must_wait:
            call.woken.wait()
        if not call.is_done:
            self._lead()
        if call.error is not None:
            raise call.error
        assert call.vectors is not None  # noqa: S101 - tells the type checker what `_lead` did
        return call.vectors

    def _lead(self) -> None:
        with self._lock:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        self._encode(batch)
        with self._lock:
            following = self._waiting[0] if self._waiting else None
            self._busy = following is not None
        for call in batch:
            call.woken.set()
        if following is not None:
            following.woken.set()

    def _encode(self, batch: Sequence[_Call]) -> None:
        try:
            vectors = self._encoder.encode([call.texts[0] for call in batch])
        except Exception as error:  # noqa: BLE001 - each caller gets it raised in its own thread
            for call in batch:
                call.error = error
        else:
            for number, call in enumerate(batch):
                call.vectors = vectors[number : number + 1]
