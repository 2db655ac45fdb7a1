"""Inner-product search over unit vectors, on FAISS: exact, or by clusters and coarse codes where there are many."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

# Rows from which they are clustered and coded: to here a scan of all costs less than 10 ms of a core.
MANY = 20_000
# Share of the rows below which a filter's rows are scanned instead: clusters may hold too few of them.
NARROW = 0.1
FITTED = 64  # rows that a cluster is fitted to
# Shares of the clusters that a search looks into, and candidates that it compares exactly, by what they cost; the first
# that finds enough is taken.
EFFORTS = (*((1 / parts, 1200 if parts > 16 else 2400) for parts in (64, 32, 16, 8, 4, 2, 1)), (1.0, 4800))
WIDER = 4.0  # candidates of each result at least
DEPTH, SAMPLE, ENOUGH = 60, 100, 0.98  # results compared with the exact ones, queries, and the share to be found
SEED, TINY = 1, 1e-6


def _faiss() -> Any:
    """Import FAISS when it is needed; its own types know half of it."""
    import faiss

    return faiss


@dataclass(frozen=True, slots=True)
class Recall:
    """What clusters find of the `DEPTH` nearest rows, measured at the build: `found` of 1, with `width` candidates
    out of a `share` of the clusters.
    """

    width: int
    found: float
    queries: int
    share: float = 1.0


class _Rows:
    """The memory of an index for NumPy; an array of it keeps the index alive."""

    def __init__(self, index: Any, flat: Any) -> None:
        self._index = index
        shape, address = (int(flat.ntotal), int(flat.d)), int(flat.get_xb())
        self.__array_interface__ = {"shape": shape, "typestr": "<f4", "data": (address, True), "version": 3}


class DenseIndex:
    """A FAISS IndexFlatIP, or clusters of coded rows before one; row numbers are ids. Threads may search at once.

    `recall` is what clusters were found to find when they were made, None for an exact index and for one read back.

    Codes: Gao and Long, RaBitQ: Quantizing High-Dimensional Vectors with a Theoretical Error Bound for Approximate
    Nearest Neighbor Search, 2024. They are compared 32 at a time (André, Kermarrec and Le Scouarnec, 2015), and what
    they find is compared exactly.
    """

    def __init__(self, index: Any) -> None:
        """Raises RuntimeError for an index of another kind."""
        faiss = _faiss()
        self._index = index
        self._clusters: Any = None
        self.recall: Recall | None = None
        if isinstance(index, faiss.IndexRefine):
            coded = faiss.downcast_index(index.base_index)
            self._clusters = faiss.downcast_index(coded.index)
            self._flat = faiss.downcast_index(index.refine_index)
        elif isinstance(index, faiss.IndexFlat):
            self._flat = index
        else:
            raise RuntimeError(f"{type(index).__name__} is no index of vectors that this version reads")

    @classmethod
    def build(cls, vectors: Vectors, queries: Vectors | None = None, many: int = MANY) -> Self:
        """Index (n, d) float32 unit-norm vectors.

        With (q, d) `queries` and from `many` rows on they are clustered, and looked for as widely as those need; else
        it is exact.
        """
        faiss = _faiss()
        rows = np.ascontiguousarray(vectors, dtype=np.float32)
        if queries is None or len(rows) < many:
            index = faiss.IndexFlatIP(rows.shape[1])
            index.add(rows)
            return cls(index)
        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)  # equal vectors, equal clusters
        try:
            index = _clustered(rows)
        finally:
            faiss.omp_set_num_threads(threads)
        made = cls(index)
        made.recall = made._tuned(np.ascontiguousarray(queries))
        return made

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    @property
    def exact(self) -> bool:
        return self._clusters is None

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
        several = len(self) if allowed is None else int(allowed.sum())
        k = min(k, several)
        if k < 1:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        only = None
        if allowed is not None and several < len(self):
            only = _faiss().IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        if self._clusters is None or several < NARROW * len(self):
            scores, ids = self._flat.search(query.reshape(1, -1), k, params=_faiss().SearchParameters(sel=only))
        else:
            # What a filter lets through lies that much wider.
            probes = math.ceil(self._clusters.nprobe * len(self) / several)
            scores, ids = self._coded(query.reshape(1, -1), k, min(probes, self._clusters.nlist), only)
        found = ids[0] >= 0  # clusters may hold fewer
        return ids[0][found], scores[0][found]

    def _coded(self, queries: Vectors, k: int, probes: int, only: Any) -> tuple[Vectors, NDArray[np.int64]]:
        """Return the (q, k) inner products and ids of what the nearest clusters have."""
        faiss = _faiss()
        inner = faiss.IVFRaBitQSearchParameters(nprobe=probes, sel=only)
        factor = max(self._index.k_factor * DEPTH / k, WIDER)
        parameters = faiss.IndexRefineSearchParameters(
            k_factor=factor, base_index_params=faiss.SearchParametersPreTransform(index_params=inner)
        )
        scores, ids = self._index.search(queries, k, params=parameters)
        return scores, ids

    def _tuned(self, queries: Vectors) -> Recall:
        """Make searches wide enough for (q, d) queries, and return what they find of the exact results.

        Of equal vectors one is as good as another.
        """
        least = self._flat.search(queries, DEPTH)[0][:, -1:] - TINY
        for share, width in EFFORTS:
            self._clusters.nprobe = math.ceil(share * self._clusters.nlist)
            self._index.k_factor = width / DEPTH
            found = self._coded(queries, DEPTH, self._clusters.nprobe, None)[0]
            recall = Recall(width, float(np.mean(found >= least)), len(queries), share)
            if recall.found >= ENOUGH:
                break
        return recall

    def save(self, path: Path) -> None:
        _faiss().write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Map an index's file, which must not change from then on; raises RuntimeError when it is not one.

        So processes share it, and what no search needs can leave memory.
        """
        faiss = _faiss()
        return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC))


def _clustered(rows: Vectors) -> Any:
    """Return (n, d) rows in as many clusters as their square root: coded by how they differ from these, and whole."""
    faiss = _faiss()
    several, dimension = rows.shape
    clusters = faiss.IndexIVFRaBitQFastScan(
        faiss.IndexFlatIP(dimension), dimension, math.isqrt(several), faiss.METRIC_INNER_PRODUCT
    )
    clusters.cp.max_points_per_centroid, clusters.cp.seed = FITTED, SEED
    turned = faiss.RandomRotationMatrix(dimension, dimension)  # so that no number says more than another
    turned.init(SEED)
    coded = faiss.IndexPreTransform(turned, clusters)
    coded.train(rows)
    index = faiss.IndexRefine(coded, faiss.IndexFlatIP(dimension))
    index.add(rows)
    return index
