"""Exact inner-product search over unit vectors, on FAISS."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


class DenseIndex:
    """A FAISS IndexFlatIP; row numbers are ids. Searching is safe from several threads at once."""

    def __init__(self, index: Any) -> None:  # faiss ships no types
        self._index = index

    @classmethod
    def build(cls, vectors: NDArray[np.float32]) -> Self:
        """Index (n, d) float32 unit-norm vectors."""
        import faiss

        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    def vectors(self) -> NDArray[np.float32]:
        """Return the (n, d) float32 vectors as they were added."""
        rows: NDArray[np.float32] = self._index.reconstruct_n(0, len(self))
        return rows

    def similarity(self, query: NDArray[np.float32], rows: Sequence[int]) -> NDArray[np.float32]:
        """Return the inner products of a (d,) query with some rows, (len(rows),) float32."""
        if not rows:
            return np.empty(0, np.float32)
        products: NDArray[np.float32] = self._index.reconstruct_batch(np.asarray(rows)) @ query
        return products

    def search(
        self, query: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the ids and inner products of the k best rows for a (d,) query, best first."""
        import faiss

        k = min(k, len(self) if allowed is None else int(allowed.sum()))
        if k < 1:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        parameters = None
        if allowed is not None:
            selector = faiss.IDSelectorBatch(np.flatnonzero(allowed))
            parameters = faiss.SearchParameters()
            parameters.sel = selector
        scores, ids = self._index.search(query.reshape(1, -1), k, params=parameters)
        return ids[0], scores[0]

    def save(self, path: Path) -> None:
        import faiss

        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read an index back; raises RuntimeError when the file is not one."""
        import faiss

        return cls(faiss.read_index(str(path)))
