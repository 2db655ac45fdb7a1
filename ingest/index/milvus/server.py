"""Versions in Milvus: a collection for each, put in once and then only read."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

from pymilvus import DataType, MilvusClient, MilvusException

from ingest.index.dense import MANY
from ingest.index.milvus.collection import NUMBER, PARTITIONS, VECTOR, MilvusCollection
from ingest.index.milvus.fields import COLUMNS, LAYOUT, Fields
from ingest.index.milvus.scan import Scan
from ingest.index.points.point import CONSTRUCTION, NEIGHBOURS, WORDS, IndexPoint, batches
from ingest.index.points.searched import PointIndex, Widths, widths
from ingest.index.snapshot import Snapshot, SnapshotError

WHOLE = "outline_qa.widths"  # a property of a collection: it is whole
FLAT: tuple[str, dict[str, int]] = ("FLAT", {})
GRAPH: tuple[str, dict[str, int]] = ("HNSW", {"M": NEIGHBOURS, "efConstruction": CONSTRUCTION})


class MilvusServer:
    """Keeps each version in a collection named after it; from `many` passages on it is a graph.

    `uri` is a server's, or the path of a file, `….db`, for milvus-lite, which one process at a time can open. Entities
    are put in by number, so that it does no harm to put in what a killed build had put in before. A server is first
    asked when a version is loaded or opened.
    """

    def __init__(self, uri: str, token: str = "", seconds: float = 10, many: int = MANY) -> None:
        self._uri, self._token, self._seconds, self._many = uri, token, seconds, many

    def load(self, snapshot: Snapshot, folder: Path) -> None:
        name = _name(snapshot)
        with self._told(name):
            if self._widths(name) is None:
                self._make(snapshot, name)

    def open(self, snapshot: Snapshot, folder: Path) -> PointIndex:
        name = _name(snapshot)
        with self._told(name):
            measured = self._widths(name)
            if measured is None:
                raise SnapshotError(f"Milvus has no whole collection {name!r}; run `python -m ingest build`")
            self._client.load_collection(name)
        return PointIndex(self._engine(snapshot, name, measured != Widths()), snapshot, measured)

    @cached_property
    def _client(self) -> MilvusClient:
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it logs what it raises, with a traceback
        return MilvusClient(self._uri, token=self._token, timeout=self._seconds)

    def _engine(self, snapshot: Snapshot, name: str, graph: bool) -> MilvusCollection:
        scan = Scan(snapshot) if graph else None
        return MilvusCollection(self._client, name, Fields.of(snapshot), scan, self._seconds)

    def _widths(self, name: str) -> Widths | None:
        """Return how wide a collection is searched, None where it is not there or not whole."""
        if not self._client.has_collection(name):
            return None
        about = self._client.describe_collection(name).get("properties", {})
        return Widths(**json.loads(about[WHOLE])) if WHOLE in about else None

    def _make(self, snapshot: Snapshot, name: str) -> None:
        if not self._client.has_collection(name):
            self._create(snapshot, name)
        self._put(snapshot, name)
        measured = Widths()
        if len(snapshot.chunks) >= self._many:
            self._index(name, GRAPH)
            measured = widths(
                self._engine(snapshot, name, graph=True), snapshot.dense.vectors(), snapshot.titles.vectors()
            )
        if not (measured.passage and measured.title):  # few, or a graph that loses its way: all are compared
            measured = Widths()
            self._index(name, FLAT)
        self._client.alter_collection_properties(name, {WHOLE: json.dumps(asdict(measured))})

    def _create(self, snapshot: Snapshot, name: str) -> None:
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field(NUMBER, DataType.INT64, is_primary=True)
        schema.add_field(VECTOR, DataType.FLOAT_VECTOR, dim=snapshot.dense.dimension)
        schema.add_field(WORDS, DataType.SPARSE_FLOAT_VECTOR)
        for column in COLUMNS:
            schema.add_field(column, DataType.INT64)
        self._client.create_collection(name, schema=schema)
        for partition in {*PARTITIONS.values()}:
            self._client.create_partition(name, partition)
        wanted = self._client.prepare_index_params()
        wanted.add_index(WORDS, index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
        for column in COLUMNS:
            wanted.add_index(column, index_type="INVERTED")
        self._client.create_index(name, wanted, sync=False)  # there is nothing to wait for

    def _put(self, snapshot: Snapshot, name: str) -> None:
        """Put all points in, passages and titles apart, and have them written."""
        fields, unasked = Fields.of(snapshot), len(snapshot.postings.vocabulary)
        for batch in batches(snapshot):
            for partition in {*PARTITIONS.values()}:
                rows = [_row(item, fields, unasked) for item in batch if PARTITIONS[item.name] == partition]
                if rows:
                    self._client.upsert(name, rows, partition_name=partition, timeout=self._seconds)
        self._client.flush(name)

    def _index(self, name: str, vectors: tuple[str, dict[str, int]]) -> None:
        """Index the vectors anew, wait for it, and have the collection in memory."""
        if VECTOR in self._client.list_indexes(name):
            self._client.release_collection(name)
            self._client.drop_index(name, VECTOR)
        kind, numbers = vectors
        wanted = self._client.prepare_index_params()
        wanted.add_index(VECTOR, index_name=VECTOR, index_type=kind, metric_type="IP", params=numbers)
        self._client.create_index(name, wanted)
        self._client.load_collection(name)

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """Say of what fails in Milvus what it was."""
        try:
            yield
        except MilvusException as error:
            raise SnapshotError(
                f"collection {name!r} cannot be had from Milvus ({error.message}); OUTLINE_QA_MILVUS__URI is the "
                "address of a server, or a file `….db` that no other process has open (extra milvus-lite)"
            ) from error


def _name(snapshot: Snapshot) -> str:
    return f"outline_qa_{snapshot.manifest.version}_{LAYOUT}"


def _row(item: IndexPoint, fields: Fields, unasked: int) -> dict[str, object]:
    """Return an entity; one without words has a word that is never asked for, as Milvus takes no empty vector."""
    words = dict(zip(item.terms.tolist(), item.weights.tolist(), strict=True)) or {unasked: 1.0}
    return {NUMBER: item.number, VECTOR: item.vector, WORDS: words, **fields.row(item.chunks)}
