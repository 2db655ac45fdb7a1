"""What searching needs of an index, whatever keeps it: legs that return raw scores, and exact scores of a few."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.index.scope import Scope

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """What is searched with: a (d,) float32 unit vector, terms, and other names for them that count `weight` times."""

    vector: Vector
    terms: Sequence[str]
    others: Sequence[str]
    weight: float

    def counts(self) -> dict[str, float]:
        """Return how often each term counts."""
        counts: dict[str, float] = {}
        for terms, each in ((self.terms, 1.0), (self.others, self.weight)):
            for term in terms:
                counts[term] = counts.get(term, 0.0) + each
        return counts


@dataclass(frozen=True, slots=True, eq=False)
class Leg:
    """What one leg has first: numbers, (n,) int64, and their raw scores, (n,), best first."""

    numbers: NDArray[np.int64]
    scores: NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class Legs:
    """Passages by their words and by their vectors, groups by their titles'; `centre` is in the midst of the nearest.

    That is the (d,) mean of the vectors of the first `ingest.fitted.FEEDBACK` of `dense`, None where that is empty.
    """

    lexical: Leg
    dense: Leg
    titles: Leg
    centre: Vector | None


@dataclass(frozen=True, slots=True, eq=False)
class ExactScores:
    """Exact scores: BM25 and cosines of passages, (rows,), cosines to a centre, and those of groups' titles, (groups,).

    Without a centre `feedback` is 0.
    """

    bm25: NDArray[np.float64]
    cosines: NDArray[np.float32]
    feedback: NDArray[np.float32]
    titles: NDArray[np.float32]


class Index(Protocol):
    """One version of the passages, searched: row i is the snapshot's chunks[i], group i its groups[i].

    BM25 is that of `Postings`, to 1e-5. What a filter leaves is all that is found, and all of it where that is little;
    what a graph finds among many is measured when it is made. Calls block, and threads may make them at once. Texts,
    entries and statistics are the snapshot's, whichever index searches it.
    """

    def find(self, probe: Probe, depth: int, scope: Scope | None = None) -> Legs:
        """Return what each leg has first, at most `depth` of it; BM25 scores are above 0."""
        ...

    def score(
        self, probe: Probe, rows: Sequence[int], groups: Sequence[int] = (), centre: Vector | None = None
    ) -> ExactScores:
        """Return the scores of a few."""
        ...

    def strongest(self, probe: Probe) -> float:
        """Return the best BM25 score of all passages, 0 where no term is known."""
        ...
