"""A snapshot as points: one for each passage, with its vector and its words, and one for each group's title."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ingest.chunk import Chunk
from ingest.index.bm25 import Postings
from ingest.index.index import Vector
from ingest.index.snapshot import Snapshot

PASSAGE, TITLE, WORDS = "passage", "title", "words"  # the named vectors, the last one sparse
# Candidates of a node while the graph is built. 80 find 0.90 of hashed vectors 512 candidates wide, 200 find 0.95
# (33,000 passages, `python -m benchmarks.engines`), for a third more time.
NEIGHBOURS, CONSTRUCTION = 32, 200
BATCH = 1000  # points that are put in at once


@dataclass(frozen=True, slots=True, eq=False)
class IndexPoint:
    """A point: its number, the name of its vector, that vector, its words as a sparse one, and where it stands.

    `chunks` are the passage and its equals elsewhere, or those below a title; a filter finds what one of them meets.
    """

    number: int
    name: str
    vector: Vector
    terms: NDArray[np.int64]
    weights: NDArray[np.float64]
    chunks: Sequence[Chunk]


@dataclass(frozen=True, slots=True, eq=False)
class Frequencies:
    """Postings by document: of document i, `terms[ends[i]:ends[i + 1]]` and what their frequency is worth.

    A query's weights are counts times `worth`, (terms,), each term's idf; the product is the score of `Postings`. So
    the engine only adds up: no tokenisation, mean length or idf of its own has a say.
    """

    ends: NDArray[np.int64]
    terms: NDArray[np.int64]
    weights: NDArray[np.float64]
    worth: NDArray[np.float64]

    @classmethod
    def of(cls, postings: Postings) -> Self:
        worth, weights = postings.factors()
        order = np.argsort(postings.ids, kind="stable")
        terms = np.repeat(np.arange(len(worth)), np.diff(postings.offsets))
        counts = np.bincount(postings.ids, minlength=postings.documents)
        return cls(np.concatenate([[0], np.cumsum(counts)]), terms[order], weights[order], worth)


def items(snapshot: Snapshot) -> Iterator[IndexPoint]:
    """Return all points: passage i has number i, the title of group g has that of the last passage, 1 and g."""
    frequencies, vectors, titles = (
        Frequencies.of(snapshot.postings),
        snapshot.dense.vectors(),
        snapshot.titles.vectors(),
    )
    places = [(chunk, *snapshot.aliases.get(chunk.id, ())) for chunk in snapshot.chunks]
    for row, several in enumerate(places):
        span = slice(frequencies.ends[row], frequencies.ends[row + 1])
        words = frequencies.terms[span], frequencies.weights[span]
        yield IndexPoint(row, PASSAGE, vectors[row], *words, several)
    nothing = frequencies.terms[:0], frequencies.weights[:0]
    for number, group in enumerate(snapshot.groups):
        inside = [chunk for row in group.rows for chunk in places[row]]
        yield IndexPoint(len(places) + number, TITLE, titles[number], *nothing, inside)


def batches(snapshot: Snapshot) -> Iterator[Sequence[IndexPoint]]:
    """Return all points, some at a time."""
    left = items(snapshot)
    while batch := list(islice(left, BATCH)):
        yield batch


def sparse(
    counts: dict[str, float], postings: Postings, worth: NDArray[np.float64]
) -> tuple[Sequence[int], list[float]]:
    """Return a query's words as a sparse vector, of those that there are: the numbers of terms, and their weights."""
    known = sorted((row, count) for term, count in counts.items() if (row := postings.vocabulary.get(term)) is not None)
    return [row for row, _ in known], [count * float(worth[row]) for row, count in known]
