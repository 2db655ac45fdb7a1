"""Versions in Qdrant's engine within this process: a folder in each version's own, made once and then only read."""

import fcntl
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from qdrant_edge import (
    Distance,
    EdgeConfig,
    EdgeOptimizersConfig,
    EdgeShard,
    EdgeSparseVectorParams,
    EdgeVectorParams,
    HnswIndexConfig,
    PayloadSchemaType,
    Point,
    Query,
    QueryRequest,
    SearchParams,
    SparseVector,
    UpdateOperation,
)

from ingest.index.dense import DEPTH, MANY, NARROW, NEIGHBOURS, SAMPLE, WIDTHS
from ingest.index.index import Vector
from ingest.index.qdrant.points import NUMBERS, PASSAGE, TEXTS, TITLE, WORDS, QdrantPoint, items
from ingest.index.qdrant.shard import EXACT, EdgeIndex, Widths
from ingest.index.snapshot import Snapshot, SnapshotError, sync

LAYOUT = 1
FOLDER, HALF, LOCK, ABOUT, SHARD = "qdrant", ".qdrant", ".qdrant.lock", "about.json", "shard"
BATCH = 1000  # points that are put in at once
ENOUGH = 0.99  # of the exact results, that a search through a graph must find
# Candidates of a node while the graph is built. 80 find 0.90 of hashed vectors 512 candidates wide, 200 find 0.95
# (33,000 passages, `python -m benchmarks.engines`), for a third more time.
CONSTRUCTION = 200
WIDER = (*WIDTHS, 1024)


class QdrantEdge:
    """Keeps each version in a folder `qdrant` of the version's own; from `many` passages on it is a graph.

    The process must be allowed to write there, even where it only asks: the engine opens its files so.
    """

    def __init__(self, many: int = MANY) -> None:
        self._many = many

    def load(self, snapshot: Snapshot, folder: Path) -> None:
        if self._made(snapshot, folder):
            return
        try:
            with (folder / LOCK).open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)  # several processes may be first
                if not self._made(snapshot, folder):
                    self._make(snapshot, folder)
        except OSError as error:
            raise SnapshotError(
                f"index {folder.name!r} cannot be put into Qdrant ({error}); run `python -m ingest build` as one who "
                "may write there"
            ) from error

    def open(self, snapshot: Snapshot, folder: Path) -> EdgeIndex:
        try:
            about = json.loads((folder / FOLDER / ABOUT).read_text("utf-8"))
            shard = EdgeShard.load(str(folder / FOLDER / SHARD))
        except Exception as error:  # the engine raises no other class
            raise SnapshotError(
                f"index {folder.name!r} cannot be opened by Qdrant ({error}); remove "
                f"{str(folder / FOLDER)!r}, which is made again"
            ) from error
        return EdgeIndex(shard, snapshot, Widths(**about["widths"]))

    def _made(self, snapshot: Snapshot, folder: Path) -> bool:
        """Whether it is there, of this layout and engine, and whole; what is not is made again."""
        try:
            about = json.loads((folder / FOLDER / ABOUT).read_text("utf-8"))
            shard = EdgeShard.load(str(folder / FOLDER / SHARD))
        except Exception:  # the engine raises no other class
            return False
        return {**about, "widths": {}} == self._about(snapshot) and shard.info().points_count == about["points"]

    def _about(self, snapshot: Snapshot) -> dict[str, object]:
        made = {"layout": LAYOUT, "engine": version("qdrant-edge-py"), "many": self._many}
        return {**made, "points": len(snapshot.chunks) + len(snapshot.groups), "widths": {}}

    def _make(self, snapshot: Snapshot, folder: Path) -> None:
        half = folder / HALF
        for each in (half, folder / FOLDER):
            shutil.rmtree(each, ignore_errors=True)
        (half / SHARD).mkdir(parents=True)
        shard = EdgeShard.create(str(half / SHARD), self._config(snapshot))
        for name, kind in _fields():
            shard.update(UpdateOperation.create_field_index(name, kind))
        for batch in _batches(items(snapshot)):
            shard.update(UpdateOperation.upsert_points([_point(item) for item in batch]))
        shard.optimize()
        passages, titles = snapshot.dense.vectors(), snapshot.titles.vectors()
        widths = Widths()
        if len(passages) >= self._many:
            widths = Widths(_width(shard, PASSAGE, titles), _width(shard, TITLE, passages))
        shard.flush()
        shard.close()
        about = {**self._about(snapshot), "widths": asdict(widths)}
        (half / ABOUT).write_text(json.dumps(about), "utf-8")
        for path in half.rglob("*"):
            sync(path)
        half.rename(folder / FOLDER)
        sync(folder)

    def _config(self, snapshot: Snapshot) -> EdgeConfig:
        dimension = snapshot.dense.dimension
        kilobytes = dimension * 4 / 1024  # of a vector: what the engine counts in
        several = len(snapshot.chunks) + len(snapshot.groups)
        vectors = EdgeVectorParams(dimension, Distance.Dot)
        return EdgeConfig(
            vectors={PASSAGE: vectors, TITLE: vectors},
            sparse_vectors={WORDS: EdgeSparseVectorParams()},
            hnsw_config=HnswIndexConfig(NEIGHBOURS, CONSTRUCTION, max(1, int(NARROW * several * kilobytes))),
            optimizers=EdgeOptimizersConfig(
                default_segment_number=1,
                max_segment_size=1 + 2 * int(several * kilobytes),
                indexing_threshold=1 + int(self._many * kilobytes),
            ),
            wal_enabled=False,  # it is made anew, or not at all
        )


def _fields() -> Iterator[tuple[str, PayloadSchemaType]]:
    yield from ((name, PayloadSchemaType.Keyword) for name in TEXTS)
    yield from ((name, PayloadSchemaType.Integer) for name in NUMBERS)


def _batches(every: Iterable[QdrantPoint]) -> Iterator[Sequence[QdrantPoint]]:
    left = iter(every)
    while batch := list(islice(left, BATCH)):
        yield batch


def _point(item: QdrantPoint) -> Point:
    vectors: dict[str, list[float] | SparseVector | list[list[float]]] = {item.name: item.vector.tolist()}
    if len(item.terms):
        vectors[WORDS] = SparseVector(item.terms.tolist(), item.weights.tolist())
    return Point(item.number, vectors, item.payload)


def _width(shard: EdgeShard, name: str, others: Vector) -> int:
    """Return how wide searches must be to find enough of what exact ones do; 0, for exact ones, where none is.

    The (q, d) vectors of the other kind are what is searched with.
    """
    queries = [Query.Nearest(vector.tolist(), name) for vector in others[:: max(1, len(others) // SAMPLE)][:SAMPLE]]

    def numbers(params: SearchParams) -> list[set[object]]:
        return [{p.id for p in shard.query(QueryRequest(DEPTH, query=query, params=params))} for query in queries]

    exact = numbers(EXACT)
    for width in WIDER:
        both = zip(exact, numbers(SearchParams(hnsw_ef=width)), strict=True)
        if sum(len(all_ & some) for all_, some in both) >= ENOUGH * sum(map(len, exact)):
            return width
    return 0
