"""The snapshot's own arrays as an index: nothing beside it to load, to run or to lose."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.fitted import FEEDBACK
from ingest.index.bm25 import top
from ingest.index.index import ExactScores, Index, Leg, Legs, Probe, Vector
from ingest.index.scope import Scope
from ingest.index.snapshot import Snapshot

_Words = tuple[Sequence[str], Sequence[str], float]


class EmbeddedIndex:
    """Searches a snapshot where it lies."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._dense, self._titles, self._postings = snapshot.dense, snapshot.titles, snapshot.postings
        self._register = snapshot.register
        self._scored: tuple[_Words, NDArray[np.float64]] | None = None

    def find(self, probe: Probe, depth: int, scope: Scope | None = None) -> Legs:
        bm25 = self._bm25(probe)
        allowed = groups = None
        if scope is not None:
            allowed = scope.mask(self._register.columns)
            groups = self._register.grouped(allowed)
            bm25 = np.where(allowed, bm25, 0)
        best = top(bm25, depth)
        dense = Leg(*self._dense.search(probe.vector, depth, allowed))
        nearest = self._dense.vectors()[dense.numbers[:FEEDBACK]]
        return Legs(
            Leg(best.astype(np.int64, copy=False), bm25[best]),
            dense,
            Leg(*self._titles.search(probe.vector, depth, groups)),
            nearest.mean(axis=0) if len(nearest) else None,
        )

    def score(
        self, probe: Probe, rows: Sequence[int], groups: Sequence[int] = (), centre: Vector | None = None
    ) -> ExactScores:
        return ExactScores(
            self._bm25(probe)[list(rows)],
            self._dense.similarity(probe.vector, rows),
            np.zeros(len(rows), np.float32) if centre is None else self._dense.similarity(centre, rows),
            self._titles.similarity(probe.vector, groups),
        )

    def strongest(self, probe: Probe) -> float:
        return float(self._bm25(probe).max(initial=0))

    def _bm25(self, probe: Probe) -> NDArray[np.float64]:
        """Return every chunk's BM25 score, (n,) float64; not to be changed.

        Those of the last question are kept, since retrieval, decision and drawing each ask for them.
        """
        words = (probe.terms, probe.others, probe.weight)
        kept = self._scored
        if kept is None or kept[0] != words:
            self._scored = kept = (words, self._postings.scores(*words))
        return kept[1]


class Embedded:
    """Keeps nothing beside the snapshot."""

    def load(self, snapshot: Snapshot, folder: Path) -> None:
        return None

    def open(self, snapshot: Snapshot, folder: Path) -> Index:
        return EmbeddedIndex(snapshot)
