"""Inner-product search over unit vectors, on FAISS: exact, or through a graph where there are many."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

# Rows from which a graph is built: to here a scan of all costs less than 10 ms of a core.
MANY = 20_000
# Share of the rows below which a filter's rows are scanned instead: a graph loses its way among so few
# (recall 0.14 to 0.6 at 0.15 % to 8 %, Malkov's HNSW as FAISS has it).
NARROW = 0.1
NEIGHBOURS, CONSTRUCTION = 32, 80  # of a node of the graph; candidates while it is built
WIDTHS = (64, 128, 256, 512, 1024, 2048)  # candidates of a search; the least one that finds enough is taken
DEPTH, SAMPLE, ENOUGH = 60, 100, 0.98  # results compared with the exact ones, queries, and the share to be found


def _faiss() -> Any:
    """Import FAISS when it is needed; its own types know half of it."""
    import faiss

    return faiss


@dataclass(frozen=True, slots=True)
class Recall:
    """What a graph finds of the `DEPTH` nearest rows, measured at the build: `found` of 1, `width` candidates wide."""

    width: int
    found: float
    queries: int


class _Rows:
    """The memory of an index for NumPy; an array of it keeps the index alive."""

    def __init__(self, index: Any, flat: Any) -> None:
        self._index = index
        shape, address = (int(flat.ntotal), int(flat.d)), int(flat.get_xb())
        self.__array_interface__ = {"shape": shape, "typestr": "<f4", "data": (address, True), "version": 3}


class DenseIndex:
    """A FAISS IndexFlatIP, or an HNSW graph over one; row numbers are ids. Threads may search at once.

    `recall` is what a graph was found to find when it was built, None for an exact index and for one read back.

    HNSW: Malkov and Yashunin, Efficient and robust approximate nearest neighbor search using Hierarchical Navigable
    Small World graphs, 2018.
    """

    def __init__(self, index: Any, recall: Recall | None = None) -> None:
        faiss = _faiss()
        self._index, self.recall = index, recall
        self._graph = isinstance(index, faiss.IndexHNSW)
        self._flat = faiss.downcast_index(index.storage) if self._graph else index

    @classmethod
    def build(cls, vectors: Vectors, queries: Vectors | None = None, many: int = MANY) -> Self:
        """Index (n, d) float32 unit-norm vectors.

        With (q, d) `queries` and from `many` rows on it is a graph, wide enough for what those find; else it is exact.
        """
        faiss = _faiss()
        rows = np.ascontiguousarray(vectors, dtype=np.float32)
        if queries is None or len(rows) < many:
            index = faiss.IndexFlatIP(rows.shape[1])
            index.add(rows)
            return cls(index)
        index = faiss.IndexHNSWFlat(rows.shape[1], NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = CONSTRUCTION
        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)  # equal vectors, equal graph
        try:
            index.add(rows)
        finally:
            faiss.omp_set_num_threads(threads)
        return cls(index, _tuned(index, np.ascontiguousarray(queries)))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    @property
    def exact(self) -> bool:
        return not self._graph

    def vectors(self) -> Vectors:
        """Return the (n, d) float32 vectors as they were added: FAISS's own memory, not to be written to."""
        return np.asarray(_Rows(self._index, self._flat)) if len(self) else np.empty((0, self.dimension), np.float32)

    def similarity(self, query: Vectors, rows: Sequence[int]) -> Vectors:
        """Return the inner products of a (d,) query with some rows, (len(rows),) float32."""
        if not rows:
            return np.empty(0, np.float32)
        products: Vectors = self._flat.reconstruct_batch(np.asarray(rows)) @ query
        return products

    def search(
        self, query: Vectors, k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], Vectors]:
        """Return the ids and inner products of the k best rows for a (d,) query, best first.

        Among few `allowed` rows it is exact whatever the index.
        """
        faiss = _faiss()
        several = len(self) if allowed is None else int(allowed.sum())
        k = min(k, several)
        if k < 1:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        through = self._graph and several >= NARROW * len(self)
        parameters = faiss.SearchParametersHNSW() if through else faiss.SearchParameters()
        if through:
            # What a filter lets through is met that much more rarely.
            parameters.efSearch = max(self._index.hnsw.efSearch, k) * len(self) // several
        if allowed is not None and several < len(self):
            bits = np.packbits(allowed, bitorder="little")
            parameters.sel = faiss.IDSelectorBitmap(bits)
        index = self._index if through else self._flat
        scores, ids = index.search(query.reshape(1, -1), k, params=parameters)
        found = ids[0] >= 0  # a graph may reach fewer
        return ids[0][found], scores[0][found]

    def save(self, path: Path) -> None:
        _faiss().write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Map an index's file, which must not change from then on; raises RuntimeError when it is not one.

        So processes share it, and what no search needs can leave memory.
        """
        faiss = _faiss()
        return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC))


def _tuned(graph: Any, queries: Vectors) -> Recall:
    """Make a graph's searches wide enough for (q, d) queries, and return what they find of the exact results."""
    exact = graph.storage.search(queries, DEPTH)[1]
    for width in WIDTHS:
        graph.hnsw.efSearch = width
        found = graph.search(queries, DEPTH)[1]
        hits = sum(len(set(a) & set(b)) for a, b in zip(exact.tolist(), found.tolist(), strict=True))
        recall = Recall(width, hits / exact.size, len(queries))
        if recall.found >= ENOUGH:
            break
    return recall
