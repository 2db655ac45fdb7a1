"""The vectors of a snapshot compared one by one: Milvus has no way to leave a graph alone."""

import numpy as np
from numpy.typing import NDArray

from ingest.index.index import Vector
from ingest.index.points.engine import Found, Request
from ingest.index.points.point import PASSAGE, TITLE
from ingest.index.scope import Scope
from ingest.index.snapshot import Snapshot


class Scan:
    """Answers in the snapshot's arrays what must be exact, where the collection's vectors are a graph."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._vectors = {PASSAGE: snapshot.dense.vectors(), TITLE: snapshot.titles.vectors()}
        self._first = {PASSAGE: 0, TITLE: len(snapshot.chunks)}  # the number of each one's first point
        self._register = snapshot.register

    def search(self, request: Request, query: Vector) -> Found:
        """Return the points nearest to the (d,) query of a request."""
        rows = self._rows(request)
        scores = self._vectors[request.name][rows] @ query
        best = np.argsort(-scores, kind="stable")[: request.limit]
        first = self._first[request.name]
        return list(zip((rows[best] + first).tolist(), scores[best].tolist(), strict=True))

    def within(self, scope: Scope) -> int:
        """Return how many points a scope leaves."""
        allowed = scope.mask(self._register.columns)
        return int(allowed.sum()) + int(self._register.grouped(allowed).sum())

    def _rows(self, request: Request) -> NDArray[np.int64]:
        if request.numbers is not None:
            return np.array(request.numbers, np.int64) - self._first[request.name]
        if request.scope is None:
            return np.arange(len(self._vectors[request.name]))
        allowed = request.scope.mask(self._register.columns)
        return np.flatnonzero(allowed if request.name == PASSAGE else self._register.grouped(allowed))
