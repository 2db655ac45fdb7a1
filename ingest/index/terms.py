"""The terms of an index, looked up where they lie on disk: a million passages have too many for a dictionary."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache, partial
from itertools import pairwise
from mmap import mmap
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.index.keys import Keys
from ingest.index.records import mapped_array, mapped_bytes

KEPT = 1 << 15  # terms that were looked up last


class MappedTerms(Mapping[str, int]):
    """The row of each term, by their order. Threads share it."""

    def __init__(self, folder: Path) -> None:
        """Map what `write_terms` wrote; raises OSError, and ValueError where it disagrees with itself."""
        self._raw, self._ends = mapped_bytes(folder / "terms"), mapped_array(folder / "ends.npy", np.int64)
        keys = Keys.load(folder / "keys.npy")
        if len(self._ends) != len(keys) + 1 or self._ends[0] or self._ends[-1] != len(self._raw):
            raise ValueError(f"{len(self._raw)} bytes of terms are not those of {len(keys)}")
        self._row = lru_cache(KEPT)(partial(_row, self._raw, self._ends, keys))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __iter__(self) -> Iterator[str]:
        return (self._raw[first:stop].decode() for first, stop in pairwise(self._ends.tolist()))

    def __contains__(self, term: object) -> bool:
        return isinstance(term, str) and self._row(term) is not None

    def __getitem__(self, term: str) -> int:
        row = self._row(term)
        if row is None:
            raise KeyError(term)
        return row


def _row(raw: bytes | mmap, ends: NDArray[np.int64], keys: Keys, term: str) -> int | None:
    own = term.encode("utf-8", "surrogatepass")
    return next((row for row in keys.numbers(term) if raw[ends[row] : ends[row + 1]] == own), None)


def write_terms(folder: Path, terms: Iterable[str]) -> None:
    """Write terms, which are rows by their order."""
    encoded = [term.encode() for term in terms]
    (folder / "terms").write_bytes(b"".join(encoded))
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum([len(each) for each in encoded], dtype=np.int64)])
    np.save(folder / "ends.npy", ends, allow_pickle=False)
    Keys.of(each.decode() for each in encoded).save(folder / "keys.npy")
