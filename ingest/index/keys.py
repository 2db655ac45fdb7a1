"""Strings by their digests, as arrays: to look one up among a million takes a binary search, and no object each."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ingest.index.records import mapped_array


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """(2, n) uint64: digests, ascending, and the number of the string that each is of; equal digests by number."""

    table: NDArray[np.uint64]

    @classmethod
    def of(cls, strings: Iterable[str]) -> Self:
        """Number strings by their order."""
        digests = np.fromiter(map(_digest, strings), np.uint64)
        order = np.argsort(digests, kind="stable")
        return cls(np.stack([digests[order], order.astype(np.uint64)]))

    def __len__(self) -> int:
        return len(self.table[0])

    def numbers(self, string: str) -> list[int]:
        """Return the numbers that a string has, ascending; once in 2 ** 64 / n another one's is among them."""
        digests, wanted = self.table[0], np.uint64(_digest(string))
        first = stop = int(digests.searchsorted(wanted))
        while stop < len(digests) and digests[stop] == wanted:
            stop += 1
        found: list[int] = self.table[1, first:stop].tolist()
        return found

    def save(self, path: Path) -> None:
        np.save(path, self.table, allow_pickle=False)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Map a file; raises OSError, and ValueError where it is not what `save` writes."""
        return cls(mapped_array(path, np.uint64, 2))


def _digest(string: str) -> int:
    # Half of a surrogate pair comes from clients only, and is looked up in vain.
    digest: int = int.from_bytes(blake2b(string.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
    return digest
