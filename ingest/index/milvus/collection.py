"""A collection of Milvus."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from pymilvus import MilvusClient

from ingest.index.index import Vector
from ingest.index.milvus.fields import Fields
from ingest.index.milvus.scan import Scan
from ingest.index.points.engine import Found, Request, Words
from ingest.index.points.point import PASSAGE, TITLE, WORDS
from ingest.index.scope import Scope

NUMBER, VECTOR = "number", "vector"
PARTITIONS = {PASSAGE: "passages", WORDS: "passages", TITLE: "titles"}
AT_ONCE = 4  # requests of one call: as many as a question has


class MilvusCollection:
    """Asks a collection, in Milvus' words; with a `scan` its vectors are a graph, and exact searches are that one's."""

    def __init__(self, client: MilvusClient, name: str, fields: Fields, scan: Scan | None, seconds: float) -> None:
        self._client, self._name, self._fields, self._scan, self._seconds = client, name, fields, scan, seconds
        self._threads = ThreadPoolExecutor(AT_ONCE, "milvus")  # a request asks for one leg

    def search(self, requests: Sequence[Request]) -> list[Found]:
        return list(self._threads.map(self._found, requests))

    def vectors(self, name: str, numbers: Sequence[int]) -> Vector:
        records = self._client.get(self._name, [*numbers], output_fields=[VECTOR], timeout=self._seconds)
        return np.array([record[VECTOR] for record in records], np.float32)

    def within(self, scope: Scope) -> int:
        return self._scan.within(scope) if self._scan else 0  # asked where there is a graph

    def _found(self, request: Request) -> Found:
        query = request.query
        if self._scan and not request.width and not isinstance(query, tuple):
            return self._scan.search(request, query)
        hits = self._client.search(
            self._name,
            data=[_sparse(query) if isinstance(query, tuple) else query],
            anns_field=WORDS if request.name == WORDS else VECTOR,
            limit=request.limit,
            filter=self._filter(request),
            output_fields=[NUMBER],
            partition_names=[PARTITIONS[request.name]],
            search_params={"params": {"ef": request.width} if request.width else {}},
            timeout=self._seconds,
        )[0]
        return [(int(hit[NUMBER]), float(hit["distance"])) for hit in hits]

    def _filter(self, request: Request) -> str:
        if request.numbers is not None:
            return f"{NUMBER} in {[*request.numbers]}"
        return self._fields.expression(request.scope) if request.scope else ""


def _sparse(words: Words) -> dict[int, float]:
    return dict(zip(*words, strict=True))
