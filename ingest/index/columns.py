"""What filters ask of passages, as columns: a filter costs a few passes over arrays, whatever it lets through."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ingest.chunk import Chunk
from ingest.index.keys import Keys
from ingest.index.records import mapped_array

Mask = NDArray[np.bool_]
NONE = -1  # the section of a passage outside of entries
_COLUMNS = ("rows", "sections", "stars", "answered", "documents")


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The chunks of an index and, behind them, the equal ones that are indexed with them, all (n,) but `names`.

    `rows` says which indexed chunk each stands for; `documents` holds numbers of `names`.
    """

    rows: NDArray[np.int64]
    sections: NDArray[np.int32]
    stars: NDArray[np.int32]
    answered: Mask
    documents: NDArray[np.int32]
    names: Keys
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
            Keys.of(names),
            len(chunks),
        )

    @property
    def entries(self) -> bool:
        """Whether any passage is of an entry."""
        return bool((self.sections != NONE).any())

    def of_document(self, name: str) -> NDArray[np.int64]:
        """Return which chunks are of a document as they are indexed, ascending."""
        return np.flatnonzero(self.within([name])[: self.indexed])

    def passages(self, names: Iterable[str]) -> list[int]:
        """Return how many passages each of some documents has, equal ones of several documents counted for each."""
        counts = np.bincount(self.documents, minlength=len(self.names))
        return [int(counts[self.names.numbers(name)].sum()) for name in names]

    def within(self, names: Iterable[str]) -> Mask:
        """Say of each whether it is of one of the documents."""
        return np.isin(self.documents, [number for name in names for number in self.names.numbers(name)])

    def indexes(self, allowed: Mask) -> Mask:
        """Say of each indexed chunk whether it, or an equal one, is allowed; (chunks,)."""
        found = np.zeros(self.indexed, np.bool_)
        found[self.rows[allowed]] = True
        return found

    def save(self, folder: Path) -> None:
        """Write into a new folder."""
        folder.mkdir()
        for name in _COLUMNS:
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)
        self.names.save(folder / "names.npy")

    @classmethod
    def load(cls, folder: Path, indexed: int) -> Self:
        """Map the files; raises OSError, and ValueError where one is not what it should be."""
        loaded = cls(
            mapped_array(folder / "rows.npy", np.int64),
            mapped_array(folder / "sections.npy", np.int32),
            mapped_array(folder / "stars.npy", np.int32),
            mapped_array(folder / "answered.npy", np.bool_),
            mapped_array(folder / "documents.npy", np.int32),
            Keys.load(folder / "names.npy"),
            indexed,
        )
        if len({len(getattr(loaded, name)) for name in _COLUMNS}) > 1 or len(loaded.rows) < indexed:
            raise ValueError(f"its columns disagree on how many passages there are beside {indexed}")
        return loaded
