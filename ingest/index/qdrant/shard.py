"""A shard of Qdrant's engine within this process."""

from collections.abc import Sequence

import numpy as np
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
    SearchParams,
    SparseVector,
)

from ingest.index.index import Vector
from ingest.index.points.engine import Found, Request
from ingest.index.qdrant.fields import PLACES
from ingest.index.scope import Scope


class ShardEngine:
    """Asks a shard, in its own words."""

    def __init__(self, shard: EdgeShard) -> None:
        self._shard = shard

    def search(self, requests: Sequence[Request]) -> list[Found]:
        found = self._shard.query_batch(QueryBatchRequest([_request(request) for request in requests]))
        return [[(int(point.id), point.score) for point in points] for points in found]

    def vectors(self, name: str, numbers: Sequence[int]) -> Vector:
        records = self._shard.retrieve([*numbers], with_payload=False, with_vector=[name])
        return np.array([record.vector[name] for record in records if isinstance(record.vector, dict)], np.float32)

    def within(self, scope: Scope) -> int:
        return int(self._shard.count(CountRequest(filter=condition(scope), exact=False)))


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


def _request(request: Request) -> QueryRequest:
    query = request.query
    nearest = SparseVector([*query[0]], [*query[1]]) if isinstance(query, tuple) else query.tolist()
    allowed = None if request.scope is None else condition(request.scope)
    if request.numbers is not None:
        allowed = Filter(must=[HasIdCondition({*request.numbers})])
    params = SearchParams(hnsw_ef=request.width) if request.width else SearchParams(exact=True)
    return QueryRequest(request.limit, query=Query.Nearest(nearest, request.name), filter=allowed, params=params)
