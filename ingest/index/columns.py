"""What filters ask of passages, as columns: a filter costs a few passes over arrays, whatever it lets through."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ingest.chunk import Chunk

Mask = NDArray[np.bool_]
NONE = -1  # the section of a passage outside of entries


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The chunks of an index and, behind them, the equal ones that are indexed with them, all (n,) but `names`.

    `rows` says which indexed chunk each stands for; `documents` holds numbers into `names`.
    """

    rows: NDArray[np.int64]
    sections: NDArray[np.int32]
    stars: NDArray[np.int32]
    answered: Mask
    documents: NDArray[np.int32]
    names: Mapping[str, int]
    indexed: int  # chunks

    @classmethod
    def of(cls, chunks: Sequence[Chunk], aliases: Mapping[str, Sequence[Chunk]]) -> Self:
        """Read the columns; `aliases` are the equal chunks by the id of the one that is indexed."""
        same = [(row, alias) for row, chunk in enumerate(chunks) for alias in aliases.get(chunk.id, ())]
        every = [*chunks, *(alias for _, alias in same)]
        names: dict[str, int] = {}
        for chunk in every:
            names.setdefault(chunk.document, len(names))
        return cls(
            np.fromiter(chain(range(len(chunks)), (row for row, _ in same)), np.int64, len(every)),
            np.fromiter((NONE if chunk.section is None else chunk.section for chunk in every), np.int32, len(every)),
            np.fromiter((chunk.stars or 0 for chunk in every), np.int32, len(every)),
            np.fromiter((chunk.kind == "text" for chunk in every), np.bool_, len(every)),
            np.fromiter((names[chunk.document] for chunk in every), np.int32, len(every)),
            names,
            len(chunks),
        )

    def within(self, names: Iterable[str]) -> Mask:
        """Say of each whether it is of one of the documents."""
        return np.isin(self.documents, [self.names[name] for name in names if name in self.names])

    def indexes(self, allowed: Mask) -> Mask:
        """Say of each indexed chunk whether it, or an equal one, is allowed; (chunks,)."""
        found = np.zeros(self.indexed, np.bool_)
        found[self.rows[allowed]] = True
        return found
