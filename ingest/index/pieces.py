"""Vectors of the pieces of passages: a long passage that answers in one place is not told by the vector of all of it.

Passages are found by their own vectors; of those found the nearest piece counts, too: MaxP (Dai and Callan, Deeper Text
Understanding for IR with Contextual Neural Language Modeling, SIGIR 2019). A writer is told which of a passage's lines
are near.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingest.parse.sentences import sentence_spans

SHORT = 60  # characters, up to which sentences go together: longer pieces tell less
MOST = 100_000  # passages, past which pieces would take more room, and a build more time, than they are worth


class Snippet(NamedTuple):
    """What is embedded, and where it stands in its text."""

    text: str
    start: int
    stop: int


def divided(text: str) -> list[Snippet]:
    """Return lines and sentences, short ones together; [] for a text that is one piece."""
    found: list[Snippet] = []
    for start, stop in (span for line in _lines(text) for span in sentence_spans(text, *line)):
        if found and len(found[-1].text) + stop - start < SHORT:
            found[-1] = Snippet(f"{found[-1].text} {text[start:stop]}", found[-1].start, stop)
        else:
            found.append(Snippet(text[start:stop], start, stop))
    return found if len(found) > 1 else []


def _lines(text: str) -> list[tuple[int, int]]:
    ends = [place for place, character in enumerate(text) if character == "\n"] + [len(text)]
    return list(zip([0, *(end + 1 for end in ends)], ends, strict=False))


@dataclass(frozen=True, slots=True)
class Pieces:
    """(n, d) float16 unit vectors; those of passage i are rows at[i] to at[i + 1]. `at` is (passages + 1,) int64."""

    vectors: NDArray[np.float16]
    at: NDArray[np.int64]

    @classmethod
    def build(cls, vectors: NDArray[np.floating[Any]], counts: Sequence[int]) -> "Pieces":
        """Keep the vectors of all pieces, passage by passage; `counts` says how many each has."""
        return cls(vectors.astype(np.float16, copy=False), np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]))

    def nearest(
        self, passages: Sequence[int], vector: NDArray[np.float32], cosines: NDArray[np.floating[Any]]
    ) -> NDArray[np.floating[Any]]:
        """Return how near each passage's nearest piece is to a (d,) unit vector, beside the `cosines` of the passages.

        Of n pieces the nearest counts (n - 1) / n, the passage the rest: the whole tells of two, and little of many.
        """
        rows = np.asarray(passages, np.int64)
        counts = self.at[rows + 1] - self.at[rows]
        begins = np.concatenate([[0], np.cumsum(counts)])[:-1]
        inside = np.arange(counts.sum()) - np.repeat(begins - self.at[rows], counts)
        found, several = np.array(cosines, np.float64), counts > 0
        if len(inside):
            near = np.maximum.reduceat(self.vectors[inside].astype(np.float32) @ vector, begins[several])
            found[several] += (near - found[several]) * (1 - 1 / counts[several])
        return found

    def within(
        self, passage: int, text: str, vector: NDArray[np.float32], places: Sequence[tuple[int, int]]
    ) -> list[float]:
        """Return how near each place of a passage's text is: its nearest piece; [] for a passage of one piece.

        A place that no piece has, as the head of a table that stands before the text, is as near as the farthest.
        """
        cosines = (self.vectors[self.at[passage] : self.at[passage + 1]].astype(np.float32) @ vector).tolist()
        pieces = list(zip(divided(text), cosines, strict=True))
        least = min(cosines, default=0.0)
        if not pieces:
            return []
        return [
            max((near for piece, near in pieces if piece.start < stop and start < piece.stop), default=least)
            for start, stop in places
        ]

    def of(self, passages: Sequence[int]) -> "Pieces":
        """Return those of some passages, in their order."""
        own = [self.vectors[self.at[row] : self.at[row + 1]] for row in passages]
        return Pieces.build(np.concatenate([*own, self.vectors[:0]]), [len(each) for each in own])

    def save(self, folder: Path) -> None:
        """Write into a new folder."""
        folder.mkdir()
        np.save(folder / "vectors.npy", self.vectors, allow_pickle=False)
        np.save(folder / "at.npy", self.at, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> "Pieces":
        """Map the files; raises OSError or ValueError when one is not what it should be."""
        loaded = cls(
            np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False),
            np.load(folder / "at.npy", allow_pickle=False),
        )
        if loaded.vectors.dtype != np.float16 or loaded.at[0] or loaded.at[-1] != len(loaded.vectors):
            raise ValueError("the vectors of pieces and their places disagree")
        return loaded
