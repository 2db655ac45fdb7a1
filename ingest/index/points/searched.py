"""A snapshot's points in an engine, searched as an index."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.fitted import FEEDBACK
from ingest.index.dense import DEPTH, NARROW, SAMPLE
from ingest.index.index import ExactScores, Leg, Legs, Probe, Vector
from ingest.index.points.engine import Found, PointEngine, Request, Words
from ingest.index.points.point import PASSAGE, TITLE, WORDS, sparse
from ingest.index.scope import Scope
from ingest.index.snapshot import Snapshot

ENOUGH = 0.99  # of the exact results, that a search through a graph must find
WIDER = (64, 128, 256, 512, 1024)


@dataclass(frozen=True, slots=True)
class Widths:
    """How many candidates a search through a graph looks at, by the name of the vector; 0: all, without a graph."""

    passage: int = 0
    title: int = 0


class PointIndex:
    """Searches a snapshot's passages, titles and words in an engine that holds them as points."""

    def __init__(self, engine: PointEngine, snapshot: Snapshot, widths: Widths) -> None:
        self._engine, self._widths = engine, widths
        self._passages, self._points = len(snapshot.chunks), len(snapshot.chunks) + len(snapshot.groups)
        self._postings = snapshot.postings
        self._worth, _ = snapshot.postings.factors()

    def find(self, probe: Probe, depth: int, scope: Scope | None = None) -> Legs:
        asked = [
            Request(name, probe.vector, depth, scope, width=self._breadth(width, depth, scope))
            for name, width in ((PASSAGE, self._widths.passage), (TITLE, self._widths.title))
        ]
        words = self._words(probe)
        if words:
            asked.append(Request(WORDS, words, depth, scope))
        dense, titles, *lexical = self._engine.search(asked)
        nearest = _leg(dense)
        first = nearest.numbers[:FEEDBACK].tolist()
        return Legs(
            _leg(lexical[0]) if lexical else _leg([]),
            nearest,
            _leg(titles, self._passages),
            self._engine.vectors(PASSAGE, first).mean(axis=0) if first else None,
        )

    def score(
        self, probe: Probe, rows: Sequence[int], groups: Sequence[int] = (), centre: Vector | None = None
    ) -> ExactScores:
        titles, words = [self._passages + group for group in groups], self._words(probe)
        wanted: list[tuple[str, Vector | Words | None, Sequence[int]]] = [
            (WORDS, words, rows),
            (PASSAGE, probe.vector, rows),
            (PASSAGE, centre, rows),
            (TITLE, probe.vector, titles),
        ]
        scores = [np.zeros(len(numbers)) for _, _, numbers in wanted]
        asked = [
            (place, Request(name, query, len(numbers), numbers=numbers))
            for place, (name, query, numbers) in enumerate(wanted)
            if query is not None and len(numbers)
        ]
        found = self._engine.search([request for _, request in asked]) if asked else []
        for (place, _), points in zip(asked, found, strict=True):
            own = dict(points)
            scores[place] = np.array([own.get(each, 0.0) for each in wanted[place][2]])
        bm25, *cosines = scores
        return ExactScores(bm25, *(each.astype(np.float32) for each in cosines))

    def strongest(self, probe: Probe) -> float:
        words = self._words(probe)
        found = self._engine.search([Request(WORDS, words, 1)])[0] if words else []
        return found[0][1] if found else 0.0

    def _words(self, probe: Probe) -> Words | None:
        words = sparse(probe.counts(), self._postings, self._worth)
        return words if words[0] else None

    def _breadth(self, width: int, depth: int, scope: Scope | None) -> int:
        """Say how wide to search: what a filter lets through is met that much more rarely; few are all looked at."""
        share = self._engine.within(scope) / self._points if width and scope is not None else 1.0
        return int(max(width, depth) / share) if width and share >= NARROW else 0


def widths(engine: PointEngine, passages: Vector, titles: Vector) -> Widths:
    """Return how wide searches through graphs must be; the (n, d) vectors of the other kind are searched with."""
    return Widths(_width(engine, PASSAGE, titles), _width(engine, TITLE, passages))


def _width(engine: PointEngine, name: str, others: Vector) -> int:
    """Return how wide searches must be to find enough of what exact ones do; 0, for exact ones, where none is."""
    queries = others[:: max(1, len(others) // SAMPLE)][:SAMPLE]

    def numbers(width: int) -> list[set[int]]:
        asked = [Request(name, query, DEPTH, width=width) for query in queries]
        return [{number for number, _ in found} for found in engine.search(asked)]

    exact = numbers(0)
    for width in WIDER:
        both = zip(exact, numbers(width), strict=True)
        if sum(len(all_ & some) for all_, some in both) >= ENOUGH * sum(map(len, exact)):
            return width
    return 0


def _leg(points: Found, first: int = 0) -> Leg:
    """Return points as a leg, numbered from `first`, equal scores by number."""
    numbers: NDArray[np.int64] = np.array([number for number, _ in points], np.int64) - first
    scores = np.array([score for _, score in points], np.float64)
    order = np.lexsort((numbers, -scores))
    return Leg(numbers[order], scores[order])
