"""Inner-product search over unit vectors, on FAISS: exact, or by clusters and coarse codes where there are many."""

from __future__ import annotations

import math
import shutil
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
# Bits of a number's code, and candidates of each result that are compared exactly. With two bits five are enough where
# one bit took forty: 0.98 of the 60 nearest titles of 112,000 passages in 0.9 ms instead of 2.4, for twice the bytes.
BITS, WIDER = 2, 5
SHARES = tuple(1 / parts for parts in (64, 32, 16, 8, 4, 2, 1))  # of the clusters that a search looks into
DEPTH, SAMPLE, ENOUGH = 60, 100, 0.98  # results compared with the exact ones, queries, and the share to be found
SEED, TINY = 1, 1e-6
CODES = ".codes.faiss"


def _faiss() -> Any:
    """Import FAISS when it is needed; its own types know half of it."""
    import faiss

    return faiss


@dataclass(frozen=True, slots=True)
class Recall:
    """What a `share` of the clusters has of the `DEPTH` nearest rows, measured at the build: `found` of 1."""

    found: float
    queries: int
    share: float


class _Rows:
    """The memory of an index for NumPy; an array of it keeps the index alive."""

    def __init__(self, flat: Any) -> None:
        self._flat = flat
        shape, address = (int(flat.ntotal), int(flat.d)), int(flat.get_xb())
        self.__array_interface__ = {"shape": shape, "typestr": "<f4", "data": (address, True), "version": 3}


class DenseIndex:
    """A FAISS IndexFlatIP, alone or behind clusters of coded rows; row numbers are ids. Threads may search at once.

    `recall` is what clusters were found to find when they were made, None for an exact index and for one read back.

    Codes: Gao and others, Practical and Asymptotically Optimal Quantization of High-Dimensional Vectors in Euclidean
    Space for Approximate Nearest Neighbor Search, 2025 (RaBitQ of several bits). What they find is compared exactly.
    """

    def __init__(self, flat: Any, coded: Any = None) -> None:
        """Raises RuntimeError for indexes of other kinds."""
        faiss = _faiss()
        self._flat, self._coded = flat, coded
        self._clusters: Any = None
        self._refined: Any = None
        self._mapped: Path | None = None  # the file of the codes
        self.recall: Recall | None = None
        if not isinstance(flat, faiss.IndexFlat):
            raise RuntimeError(f"{type(flat).__name__} is no index of vectors that this version reads")
        if coded is not None:
            if not isinstance(coded, faiss.IndexPreTransform) or coded.ntotal != flat.ntotal:
                raise RuntimeError(f"{type(coded).__name__} has no codes of these {flat.ntotal:,} vectors")
            self._clusters = faiss.downcast_index(coded.index)
            self._refined = faiss.IndexRefine(coded, flat)

    @classmethod
    def build(cls, vectors: Vectors, queries: Vectors | None = None, many: int = MANY) -> Self:
        """Index (n, d) float32 unit-norm vectors.

        With (q, d) `queries` and from `many` rows on they are clustered, and looked for as widely as those need; else
        it is exact.
        """
        faiss = _faiss()
        rows = np.ascontiguousarray(vectors, dtype=np.float32)
        if queries is None or len(rows) < many:
            return cls(_flat(rows))
        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)  # equal vectors, equal clusters
        try:
            coded = _clustered(rows)
        finally:
            faiss.omp_set_num_threads(threads)
        made = cls(_flat(rows), coded)
        made.recall = made._tuned(np.ascontiguousarray(queries))
        return made

    def __len__(self) -> int:
        return int(self._flat.ntotal)

    @property
    def dimension(self) -> int:
        return int(self._flat.d)

    @property
    def exact(self) -> bool:
        return self._clusters is None

    def vectors(self) -> Vectors:
        """Return the (n, d) float32 vectors as they were added: FAISS's own memory, not to be written to."""
        return np.asarray(_Rows(self._flat)) if len(self) else np.empty((0, self.dimension), np.float32)

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
            scores, ids = self._nearest(query.reshape(1, -1), k, min(probes, self._clusters.nlist), only)
        found = ids[0] >= 0  # clusters may hold fewer
        return ids[0][found], scores[0][found]

    def _nearest(self, queries: Vectors, k: int, probes: int, only: Any) -> tuple[Vectors, NDArray[np.int64]]:
        """Return the (q, k) inner products and ids of what the nearest clusters have."""
        faiss = _faiss()
        inner = faiss.IVFRaBitQSearchParameters(nprobe=probes, sel=only)
        parameters = faiss.IndexRefineSearchParameters(
            k_factor=WIDER, base_index_params=faiss.SearchParametersPreTransform(index_params=inner)
        )
        scores, ids = self._refined.search(queries, k, params=parameters)
        return scores, ids

    def _tuned(self, queries: Vectors) -> Recall:
        """Make searches wide enough for (q, d) queries, and return what they find of the exact results.

        Of equal vectors one is as good as another.
        """
        least = self._flat.search(queries, DEPTH)[0][:, -1:] - TINY
        for share in SHARES:
            self._clusters.nprobe = math.ceil(share * self._clusters.nlist)
            found = self._nearest(queries, DEPTH, self._clusters.nprobe, None)[0]
            recall = Recall(float(np.mean(found >= least)), len(queries), share)
            if recall.found >= ENOUGH:
                break
        return recall

    def save(self, path: Path) -> None:
        """Write the vectors to a file, and their codes, where there are any, to another one beside it."""
        _faiss().write_index(self._flat, str(path))
        if self._mapped:  # FAISS would write where they lie
            shutil.copyfile(self._mapped, path.with_suffix(CODES))
        elif self._coded is not None:
            _faiss().write_index(self._coded, str(path.with_suffix(CODES)))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Map an index's files, which must not change from then on; raises RuntimeError when they are not ones.

        So processes share them, and what no search needs can leave memory.
        """
        faiss = _faiss()
        flat, codes = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC), path.with_suffix(CODES)
        if not codes.exists():
            return cls(flat)
        coded = faiss.read_index(str(codes), faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY)
        index = cls(flat, coded)
        # The pages of a list are read as it is: threads that ask for them beforehand cost more than they save.
        faiss.downcast_InvertedLists(index._clusters.invlists).prefetch_nthread = 0
        index._mapped = codes
        return index


def _flat(rows: Vectors) -> Any:
    index = _faiss().IndexFlatIP(rows.shape[1])
    index.add(rows)
    return index


def _clustered(rows: Vectors) -> Any:
    """Return (n, d) rows in as many clusters as their square root, coded by how they differ from these."""
    faiss = _faiss()
    several, dimension = rows.shape
    clusters = faiss.IndexIVFRaBitQ(
        faiss.IndexFlatIP(dimension), dimension, math.isqrt(several), faiss.METRIC_INNER_PRODUCT, True, BITS
    )
    clusters.cp.max_points_per_centroid, clusters.cp.seed = FITTED, SEED
    turned = faiss.RandomRotationMatrix(dimension, dimension)  # so that no number says more than another
    turned.init(SEED)
    coded = faiss.IndexPreTransform(turned, clusters)
    coded.train(rows)
    coded.add(rows)
    return coded
