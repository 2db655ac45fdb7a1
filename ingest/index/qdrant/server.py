"""Versions on a Qdrant server: a collection for each, put in once and then only read."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ApiException

from ingest.index.dense import MANY, NARROW
from ingest.index.points.point import CONSTRUCTION, NEIGHBOURS, PASSAGE, TITLE, WORDS, IndexPoint, batches
from ingest.index.points.searched import PointIndex, Widths, widths
from ingest.index.qdrant.client import CollectionEngine
from ingest.index.qdrant.fields import LAYOUT, NUMBERS, TEXTS, payload
from ingest.index.snapshot import Snapshot, SnapshotError

WIDTHS = "widths"  # in a collection's metadata: it is whole


class QdrantServer:
    """Keeps each version in a collection named after it; from `many` passages on it is a graph.

    Points are put in by number, so that it does no harm to put in what a killed build had put in before, or what
    another process puts in at the same time.
    """

    def __init__(self, client: QdrantClient, many: int = MANY) -> None:
        self._client, self._many = client, many

    def load(self, snapshot: Snapshot, folder: Path) -> None:
        name = _name(snapshot)
        with _told(name):
            if self._widths(name) is None:
                self._make(snapshot, name)

    def open(self, snapshot: Snapshot, folder: Path) -> PointIndex:
        name = _name(snapshot)
        with _told(name):
            measured = self._widths(name)
        if measured is None:
            raise SnapshotError(f"Qdrant's server has no whole collection {name!r}; run `python -m ingest build`")
        return PointIndex(CollectionEngine(self._client, name), snapshot, measured)

    def _widths(self, name: str) -> Widths | None:
        """Return how wide a collection is searched, None where it is not there or not whole."""
        if not self._client.collection_exists(name):
            return None
        about = self._client.get_collection(name).config.metadata or {}
        return Widths(**about[WIDTHS]) if WIDTHS in about else None

    def _make(self, snapshot: Snapshot, name: str) -> None:
        if not self._client.collection_exists(name):
            self._create(snapshot, name)
        for batch in batches(snapshot):
            self._client.upsert(name, [_point(item) for item in batch])
        measured = Widths()
        if len(snapshot.chunks) >= self._many:
            self._wait(name)
            engine = CollectionEngine(self._client, name)
            measured = widths(engine, snapshot.dense.vectors(), snapshot.titles.vectors())
        self._client.update_collection(name, metadata={WIDTHS: asdict(measured)})

    def _create(self, snapshot: Snapshot, name: str) -> None:
        dimension = snapshot.dense.dimension
        kilobytes = dimension * 4 / 1024  # of a vector: what the server counts in
        several = len(snapshot.chunks) + len(snapshot.groups)
        vectors = models.VectorParams(size=dimension, distance=models.Distance.DOT)
        self._client.create_collection(
            name,
            vectors_config={PASSAGE: vectors, TITLE: vectors},
            sparse_vectors_config={WORDS: models.SparseVectorParams()},
            hnsw_config=models.HnswConfigDiff(
                m=NEIGHBOURS,
                ef_construct=CONSTRUCTION,
                full_scan_threshold=max(10, int(NARROW * several * kilobytes)),
            ),
            optimizers_config=models.OptimizersConfigDiff(indexing_threshold=1 + int(self._many * kilobytes)),
        )
        for field in TEXTS:
            self._client.create_payload_index(name, field, models.PayloadSchemaType.KEYWORD)
        for field in NUMBERS:
            self._client.create_payload_index(name, field, models.PayloadSchemaType.INTEGER)

    def _wait(self, name: str) -> None:
        """Wait for the graph, which the server makes by itself."""
        while (status := self._client.get_collection(name).status) != models.CollectionStatus.GREEN:
            if status == models.CollectionStatus.RED:
                raise SnapshotError(f"Qdrant's server cannot index collection {name!r}; its log says why")
            time.sleep(1)


def _name(snapshot: Snapshot) -> str:
    return f"outline-qa-{snapshot.manifest.version}-{LAYOUT}"


def _point(item: IndexPoint) -> models.PointStruct:
    vectors: dict[str, list[float] | models.SparseVector] = {item.name: item.vector.tolist()}
    if len(item.terms):
        vectors[WORDS] = models.SparseVector(indices=item.terms.tolist(), values=item.weights.tolist())
    return models.PointStruct(id=item.number, vector=vectors, payload=payload(item.chunks))


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Say of what fails at the server what it was."""
    try:
        yield
    except ApiException as error:
        raise SnapshotError(f"collection {name!r} cannot be had from Qdrant's server ({error})") from error
