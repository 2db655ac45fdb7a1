"""A shard of Qdrant's engine, searched as an index."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qdrant_edge import (
    CountRequest,
    EdgeShard,
    FieldCondition,
    Filter,
    HasIdCondition,
    MatchAny,
    MatchValue,
    NestedCondition,
    Query,
    QueryBatchRequest,
    QueryRequest,
    RangeFloat,
    ScoredPoint,
    SearchParams,
    SparseVector,
)

from ingest.fitted import FEEDBACK
from ingest.index.dense import NARROW
from ingest.index.index import ExactScores, Leg, Legs, Probe, Vector
from ingest.index.qdrant.points import PASSAGE, PLACES, TITLE, WORDS, sparse
from ingest.index.scope import Scope
from ingest.index.snapshot import Snapshot

EXACT = SearchParams(exact=True)


@dataclass(frozen=True, slots=True)
class Widths:
    """How many candidates a search through a graph looks at, by the name of the vector; 0: all, without a graph."""

    passage: int = 0
    title: int = 0


class EdgeIndex:
    """Searches a snapshot's passages, titles and words in a shard that holds them as points."""

    def __init__(self, shard: EdgeShard, snapshot: Snapshot, widths: Widths) -> None:
        self._shard, self._widths = shard, widths
        self._passages, self._points = len(snapshot.chunks), len(snapshot.chunks) + len(snapshot.groups)
        self._postings, self._dimension = snapshot.postings, snapshot.dense.dimension
        self._worth, _ = snapshot.postings.factors()

    def find(self, probe: Probe, depth: int, scope: Scope | None = None) -> Legs:
        allowed = None if scope is None else condition(scope)
        asked = [
            QueryRequest(depth, query=query, filter=allowed, params=self._breadth(width, depth, allowed))
            for query, width in (
                (Query.Nearest(probe.vector.tolist(), PASSAGE), self._widths.passage),
                (Query.Nearest(probe.vector.tolist(), TITLE), self._widths.title),
            )
        ]
        words = self._words(probe)
        if words:
            asked.append(QueryRequest(depth, query=words, filter=allowed))
        dense, titles, *lexical = self._shard.query_batch(QueryBatchRequest(asked))
        nearest = _leg(dense)
        return Legs(
            _leg(lexical[0]) if lexical else _leg([]),
            nearest,
            _leg(titles, self._passages),
            self._centre(nearest.numbers[:FEEDBACK].tolist()),
        )

    def score(
        self, probe: Probe, rows: Sequence[int], groups: Sequence[int] = (), centre: Vector | None = None
    ) -> ExactScores:
        titles, words = [self._passages + group for group in groups], self._words(probe)
        wanted = [
            (words, rows),
            (Query.Nearest(probe.vector.tolist(), PASSAGE), rows),
            (None if centre is None else Query.Nearest(centre.tolist(), PASSAGE), rows),
            (Query.Nearest(probe.vector.tolist(), TITLE), titles),
        ]
        scores = [np.zeros(len(numbers)) for _, numbers in wanted]
        asked = [number for number, (query, numbers) in enumerate(wanted) if query is not None and len(numbers)]
        requests = [_few(query, numbers) for query, numbers in (wanted[number] for number in asked) if query]
        found = self._shard.query_batch(QueryBatchRequest(requests)) if requests else []
        for number, points in zip(asked, found, strict=True):
            own = {point.id: point.score for point in points}
            scores[number] = np.array([own.get(each, 0.0) for each in wanted[number][1]])
        bm25, *cosines = scores
        return ExactScores(bm25, *(each.astype(np.float32) for each in cosines))

    def strongest(self, probe: Probe) -> float:
        words = self._words(probe)
        found = self._shard.query(QueryRequest(1, query=words)) if words else []
        return found[0].score if found else 0.0

    def _words(self, probe: Probe) -> Query | None:
        terms, weights = sparse(probe.counts(), self._postings, self._worth)
        return Query.Nearest(SparseVector([*terms], weights), WORDS) if terms else None

    def _centre(self, rows: Sequence[int]) -> Vector | None:
        """Return the mean of passages' vectors, None of none."""
        if not rows:
            return None
        records = self._shard.retrieve([*rows], with_payload=False, with_vector=[PASSAGE])
        vectors = [record.vector[PASSAGE] for record in records if isinstance(record.vector, dict)]
        mean: Vector = np.array(vectors, np.float32).mean(axis=0)
        return mean

    def _breadth(self, width: int, depth: int, allowed: Filter | None) -> SearchParams:
        """Say how wide to search: what a filter lets through is met that much more rarely; few are all looked at."""
        share = 1.0
        if width and allowed is not None:
            share = self._shard.count(CountRequest(filter=allowed, exact=False)) / self._points
        return SearchParams(hnsw_ef=int(max(width, depth) / share)) if width and share >= NARROW else EXACT


def condition(scope: Scope) -> Filter:
    """Return what a passage must be like at one of the places where it stands."""
    must: list[FieldCondition] = []
    if scope.sections is not None:
        must.append(FieldCondition("section", match=MatchAny(sorted(scope.sections))))
    if scope.min_stars is not None:
        must.append(FieldCondition("stars", range=RangeFloat(gte=scope.min_stars)))
    if scope.documents is not None:
        must.append(FieldCondition("document", match=MatchAny(sorted(scope.documents))))
    if scope.answered is not None:
        must.append(FieldCondition("answered", match=MatchValue(int(scope.answered))))
    if not must:
        return Filter()
    several = FieldCondition("several", match=MatchValue(1))
    elsewhere = Filter(must=[several, NestedCondition(PLACES, Filter(must=[*must]))])
    return Filter(should=[Filter(must=[*must]), elsewhere])


def _few(query: Query, numbers: Sequence[int]) -> QueryRequest:
    return QueryRequest(
        len(numbers), query=query, filter=Filter(must=[HasIdCondition({*numbers})]), params=EXACT
    )  # fmt: skip


def _leg(points: Sequence[ScoredPoint], first: int = 0) -> Leg:
    """Return points as a leg, numbered from `first`, equal scores by number."""
    numbers: NDArray[np.int64] = np.array([point.id for point in points], np.int64) - first
    scores = np.array([point.score for point in points], np.float64)
    order = np.lexsort((numbers, -scores))
    return Leg(numbers[order], scores[order])
