"""How alike texts are, kept from one build to the next: what was compared is not compared again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_MIX = 0x9E3779B97F4A7C15  # odd, so that (a, b) and (b, a) are told apart
_ROWS = np.dtype([("pair", np.uint64), ("alike", np.float64)])


class Compared:
    """Indexes of pairs of texts, by their digests; in the file at `path`, if there is one, from the last time.

    A pair is known by 64 bits: of ten million pairs two have the same once in 300,000 times.
    """

    def __init__(self, digests: Sequence[str], path: Path | None = None) -> None:
        """`digests` are hexadecimal, one of each text. A file that is missing or damaged knows nothing."""
        self._path = path
        self._names = np.array([int(digest[:16], 16) for digest in digests], np.uint64)
        self._known = _read(path)
        self._noted: list[NDArray[np.void]] = []

    def of(self, text: int, others: Sequence[int]) -> NDArray[np.float64]:
        """Return how alike a text is to others, by their numbers, (others,) float64: NaN where it is not known."""
        pairs = self._pairs(text, others)
        places = np.minimum(np.searchsorted(self._known["pair"], pairs), max(len(self._known) - 1, 0))
        found = np.full(len(pairs), np.nan, np.float64)
        if len(self._known):
            same = self._known["pair"][places] == pairs
            found[same] = self._known["alike"][places[same]]
        return found

    def note(self, text: int, others: Sequence[int], alike: NDArray[np.float64]) -> None:
        """Note what holds for the next time; what is not noted again is forgotten."""
        rows = np.empty(len(others), _ROWS)
        rows["pair"], rows["alike"] = self._pairs(text, others), alike
        self._noted.append(rows)

    def keep(self) -> None:
        """Write what was noted."""
        if self._path is None:
            return
        rows = np.concatenate(self._noted) if self._noted else np.empty(0, _ROWS)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        written = self._path.with_suffix(f".{os.getpid()}.new")
        with written.open("wb") as file:
            np.save(file, np.sort(rows, order="pair"), allow_pickle=False)
        written.replace(self._path)

    def _pairs(self, text: int, others: Sequence[int]) -> NDArray[np.uint64]:
        names = self._names[np.asarray(others, np.intp)]
        pairs: NDArray[np.uint64] = names * np.uint64(_MIX) ^ self._names[text]
        return pairs


def _read(path: Path | None) -> NDArray[np.void]:
    try:
        rows = np.load(path, allow_pickle=False) if path else None
    except (OSError, ValueError, EOFError):
        rows = None
    return rows if rows is not None and rows.dtype == _ROWS and rows.ndim == 1 else np.empty(0, _ROWS)
