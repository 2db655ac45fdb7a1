"""A collection of a Qdrant server."""

from collections.abc import Sequence

import numpy as np
from qdrant_client import QdrantClient, models

from ingest.index.index import Vector
from ingest.index.points.engine import Found, Request
from ingest.index.qdrant.fields import PLACES
from ingest.index.scope import Scope


class CollectionEngine:
    """Asks a collection, in the server's words."""

    def __init__(self, client: QdrantClient, collection: str) -> None:
        self._client, self._collection = client, collection

    def search(self, requests: Sequence[Request]) -> list[Found]:
        found = self._client.query_batch_points(self._collection, [_request(request) for request in requests])
        return [[(int(point.id), point.score) for point in each.points] for each in found]

    def vectors(self, name: str, numbers: Sequence[int]) -> Vector:
        records = self._client.retrieve(self._collection, [*numbers], with_payload=False, with_vectors=[name])
        return np.array([record.vector[name] for record in records if isinstance(record.vector, dict)], np.float32)

    def within(self, scope: Scope) -> int:
        return self._client.count(self._collection, condition(scope), exact=False).count


def condition(scope: Scope) -> models.Filter:
    """Return what a passage must be like at one of the places where it stands."""
    must: list[models.Condition] = []
    if scope.sections is not None:
        must.append(models.FieldCondition(key="section", match=models.MatchAny(any=sorted(scope.sections))))
    if scope.min_stars is not None:
        must.append(models.FieldCondition(key="stars", range=models.Range(gte=scope.min_stars)))
    if scope.documents is not None:
        must.append(models.FieldCondition(key="document", match=models.MatchAny(any=sorted(scope.documents))))
    if scope.answered is not None:
        must.append(models.FieldCondition(key="answered", match=models.MatchValue(value=int(scope.answered))))
    if not must:
        return models.Filter()
    several = models.FieldCondition(key="several", match=models.MatchValue(value=1))
    inside = models.NestedCondition(nested=models.Nested(key=PLACES, filter=models.Filter(must=must)))
    return models.Filter(should=[models.Filter(must=must), models.Filter(must=[several, inside])])


def _request(request: Request) -> models.QueryRequest:
    query = request.query
    if isinstance(query, tuple):
        nearest: models.SparseVector | list[float] = models.SparseVector(indices=[*query[0]], values=[*query[1]])
    else:
        nearest = query.tolist()
    allowed = None if request.scope is None else condition(request.scope)
    if request.numbers is not None:
        allowed = models.Filter(must=[models.HasIdCondition(has_id=[*request.numbers])])
    params = models.SearchParams(hnsw_ef=request.width) if request.width else models.SearchParams(exact=True)
    return models.QueryRequest(
        query=nearest, using=request.name, limit=request.limit, filter=allowed, params=params, with_payload=False
    )
