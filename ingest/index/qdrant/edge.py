"""Versions in Qdrant's engine within this process: a folder in each version's own, made once and then only read."""

import fcntl
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
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
    SparseVector,
    UpdateOperation,
)

from ingest.index.dense import MANY, NARROW
from ingest.index.points.point import CONSTRUCTION, NEIGHBOURS, PASSAGE, TITLE, WORDS, IndexPoint, batches
from ingest.index.points.searched import PointIndex, Widths, widths
from ingest.index.qdrant.fields import LAYOUT, NUMBERS, TEXTS, payload
from ingest.index.qdrant.shard import ShardEngine
from ingest.index.snapshot import Snapshot, SnapshotError, sync

FOLDER, HALF, LOCK, ABOUT, SHARD = "qdrant", ".qdrant", ".qdrant.lock", "about.json", "shard"


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

    def open(self, snapshot: Snapshot, folder: Path) -> PointIndex:
        try:
            about = json.loads((folder / FOLDER / ABOUT).read_text("utf-8"))
            shard = EdgeShard.load(str(folder / FOLDER / SHARD))
        except Exception as error:  # the engine raises no other class
            raise SnapshotError(
                f"index {folder.name!r} cannot be opened by Qdrant ({error}); remove "
                f"{str(folder / FOLDER)!r}, which is made again"
            ) from error
        return PointIndex(ShardEngine(shard), snapshot, Widths(**about["widths"]))

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
        for batch in batches(snapshot):
            shard.update(UpdateOperation.upsert_points([_point(item) for item in batch]))
        shard.optimize()
        measured = Widths()
        if len(snapshot.chunks) >= self._many:
            measured = widths(ShardEngine(shard), snapshot.dense.vectors(), snapshot.titles.vectors())
        shard.flush()
        shard.close()
        about = {**self._about(snapshot), "widths": asdict(measured)}
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


def _point(item: IndexPoint) -> Point:
    vectors: dict[str, list[float] | SparseVector | list[list[float]]] = {item.name: item.vector.tolist()}
    if len(item.terms):
        vectors[WORDS] = SparseVector(item.terms.tolist(), item.weights.tolist())
    return Point(item.number, vectors, payload(item.chunks))
