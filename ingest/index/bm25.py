"""BM25 over term lists: weights computed at build, so a query adds up the postings of its own terms."""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ingest.index.records import mapped_array
from ingest.index.terms import MappedTerms, write_terms

_FORMAT = 2
EPSILON = 0.25  # rank_bm25's
_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Postings:
    """An immutable BM25 index, stored by term; threads may share it.

    The score is rank_bm25.BM25Okapi's, with its defaults of k1, b and epsilon: ATIRE BM25, a term of negative
    idf raised to epsilon times the average idf (Trotman, Puurula and Burgess, Improvements to BM25 and
    Language Models Examined, ADCS 2014). It differs only where BM25Okapi fails; every match scores above 0:
    - a term in exactly half of the documents has idf 0 there; here it is raised like the negative ones;
    - where the average idf is not positive, as in a handful of documents, such terms score 0 or less there;
      here each gets epsilon * log(1 + (n - df + 0.5) / (df + 0.5)), epsilon times Lucene's idf;
    - no documents, or only empty ones, divide by zero there; here nothing matches.
    """

    documents: int
    vocabulary: Mapping[str, int]  # term -> its row in offsets
    offsets: NDArray[np.int64]  # (terms + 1,): the postings of row i are [offsets[i], offsets[i + 1])
    ids: NDArray[np.int32]  # (postings,) document numbers, ascending within a term
    weights: NDArray[np.float64]  # (postings,) what one occurrence in the query adds to the document's score

    @classmethod
    def build(
        cls, documents: Sequence[Sequence[str]], k1: float = 1.5, b: float = 0.75, epsilon: float = EPSILON
    ) -> "Postings":
        """Index documents by their terms; their order gives their numbers.

        Raises ValueError for k1 < 0, b outside [0, 1] or epsilon <= 0.
        """
        if not (k1 >= 0 and 0 <= b <= 1 and epsilon > 0):
            raise ValueError(f"{k1=!r}, {b=!r}, {epsilon=!r}: give k1 >= 0, 0 <= b <= 1 and epsilon > 0")
        n = len(documents)
        rows: defaultdict[str, int] = defaultdict()
        rows.default_factory = rows.__len__
        lengths = np.fromiter(map(len, documents), np.int64, n)
        tokens = np.fromiter(map(rows.__getitem__, chain.from_iterable(documents)), np.int64, lengths.sum())
        # One sort of (row, document) pairs gives the postings in order and the term frequencies.
        pairs, tf = np.unique(tokens * n + np.repeat(np.arange(n), lengths), return_counts=True)
        row, ids = np.divmod(pairs, max(n, 1))
        df = np.bincount(row, minlength=len(rows))
        relative = lengths[ids] * n / max(lengths.sum(), 1)
        weights = _idf(df, n, epsilon)[row] * (tf * (k1 + 1) / (tf + k1 * (1 - b + b * relative)))
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(df)])
        return cls(n, dict(rows), offsets, ids.astype(np.int32), weights)

    def scores(self, query: Sequence[str], others: Sequence[str] = (), weight: float = 0.0) -> NDArray[np.float64]:
        """Return every document's score, (n,) float64; a term counts as often as the query repeats it.

        `others` are other names for what is asked, worth `weight` of it.
        """
        own = self._scores(query)
        return own + weight * self._scores(others) if others else own

    def _scores(self, query: Sequence[str]) -> NDArray[np.float64]:
        counts = {self.vocabulary[term]: c for term, c in Counter(query).items() if term in self.vocabulary}
        if not counts:
            return np.zeros(self.documents)
        spans = [(slice(self.offsets[row], self.offsets[row + 1]), c) for row, c in counts.items()]
        ids = np.concatenate([self.ids[span] for span, _ in spans])
        # Multiplying by 1 would cost a tenth of the query.
        weights = np.concatenate([self.weights[s] * c if c > 1 else self.weights[s] for s, c in spans])
        return np.bincount(ids, weights, self.documents).astype(np.float64, copy=False)

    def factors(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Split the weights: what each term is worth, (terms,), and what its frequency makes of it, (postings,).

        Their product is `weights`, whatever epsilon they were built with.
        """
        counts = np.diff(self.offsets)
        worth = _idf(counts, self.documents, EPSILON)
        return worth, self.weights / np.repeat(worth, counts)

    def idf(self, term: str) -> float:
        """Return log(1 + n / df), Robertson's without the negative values; 0 for a term no document has."""
        row = self.vocabulary.get(term)
        return 0.0 if row is None else math.log1p(self.documents / int(self.offsets[row + 1] - self.offsets[row]))

    def specificity(self, term: str) -> float:
        """Return a term's idf by that of a term in one document alone, log(1 + n / df) / log(1 + n).

        It is 1 for such a term, 0 for one that no document has, and means the same in a corpus of any size
        (Sparck Jones, A statistical interpretation of term specificity, 1972).
        """
        return self.idf(term) / self.rarest if self.documents else 0.0

    @property
    def rarest(self) -> float:
        """The idf of a term in one document alone, log(1 + n)."""
        return math.log1p(self.documents)

    def holding(self, term: str) -> NDArray[np.int32]:
        """Return the numbers of the documents that hold a term, (n,), ascending."""
        row = self.vocabulary.get(term)
        return self.ids[:0] if row is None else self.ids[self.offsets[row] : self.offsets[row + 1]]

    def save(self, folder: Path) -> None:
        """Write postings.json, the terms, offsets.npy, ids.npy and weights.npy; equal indexes, equal bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        head = {"format": _FORMAT, "documents": self.documents}
        (folder / "postings.json").write_text(json.dumps(head), encoding="utf-8")
        write_terms(folder, self.vocabulary)
        np.save(folder / "offsets.npy", self.offsets, allow_pickle=False)
        np.save(folder / "ids.npy", self.ids, allow_pickle=False)
        np.save(folder / "weights.npy", self.weights, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, trusted: bool = False) -> "Postings":
        """Map what `save` wrote, checking all of it unless it is `trusted`, which takes a pass over all postings.

        Raises FileNotFoundError for a missing file, ValueError for one that `save` would not have written.
        """
        documents = _read_head(folder / "postings.json")
        offsets = _read_array(folder / "offsets.npy", np.int64)
        ids = _read_array(folder / "ids.npy", np.int32)
        weights = _read_array(folder / "weights.npy", np.float64)
        try:
            terms = MappedTerms(folder)
        except ValueError as error:
            raise _damaged(folder / "terms", str(error)) from error
        loaded = cls(documents, terms, offsets, ids, weights)
        if not trusted:
            loaded._check(folder)
        return loaded

    def _check(self, folder: Path) -> None:
        offsets, ids, weights, terms = self.offsets, self.ids, self.weights, len(self.vocabulary)
        if (often := _most_common(folder, self.vocabulary)) and often[1] > 1:
            raise _damaged(folder / "terms", f"{often[0]!r} is there more than once")
        if len(offsets) != terms + 1 or offsets[0] != 0 or (np.diff(offsets) < 1).any():
            raise _damaged(folder / "offsets.npy", f"{len(offsets)} offsets do not fit {terms} terms")
        if not offsets[-1] == len(ids) == len(weights):
            raise _damaged(folder, f"{offsets[-1]} postings, {len(ids)} ids, {len(weights)} weights")
        if len(ids) and not 0 <= ids.min() <= ids.max() < self.documents:
            raise _damaged(folder / "ids.npy", f"a document number lies outside 0 to {self.documents - 1}")
        ascending = np.diff(ids) > 0
        ascending[offsets[1:-1] - 1] = True  # from one term to the next the numbers start again
        if not ascending.all():
            raise _damaged(folder / "ids.npy", "the document numbers of a term do not ascend")
        if not (np.isfinite(weights) & (weights > 0)).all():
            raise _damaged(folder / "weights.npy", "a weight is not a positive number")


def _idf(df: NDArray[np.int64], n: int, epsilon: float) -> NDArray[np.float64]:
    """Return Robertson's idf, (terms,), with values up to 0 raised as the docstring of Postings says."""
    idf = np.log(n - df + 0.5) - np.log(df + 0.5)
    average = math.fsum(idf) / max(len(idf), 1)  # exact, so that its sign does not hang on rounding
    floor = average if average > 0 else np.log1p((n - df + 0.5) / (df + 0.5))
    return np.where(idf > 0, idf, epsilon * floor)


def top(scores: NDArray[np.float64], k: int) -> NDArray[np.intp]:
    """Return the indices, (<= k,), of the highest of those scores that are above 0, best first, ties by lower index.

    The k-th highest of block maxima is a lower bound of the k-th highest score, and leaves a few to sort;
    argpartition over all scores takes several times as long as scoring, so many of them being equal (0). Raises
    ValueError for k < 1.
    """
    if k < 1:
        raise ValueError(f"k is {k!r}: ask for at least one document")
    if not len(scores):
        return np.empty(0, np.intp)
    width = max(1, len(scores) // (16 * k))
    maxima = np.maximum.reduceat(scores, np.arange(0, len(scores), width))
    bound = np.partition(maxima, -k)[-k] if k < len(maxima) else 0.0
    candidates = np.flatnonzero(scores >= bound) if bound > 0 else np.flatnonzero(scores)
    order = np.argsort(-scores[candidates], kind="stable")
    return candidates[order[:k]]


def _read_head(path: Path) -> int:
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(head, dict) or head.get("format") != _FORMAT:
        raise _damaged(path, f"it is not of format {_FORMAT}")
    documents = head.get("documents")
    if type(documents) is not int or documents < 0:
        raise _damaged(path, f"documents is {documents!r}")
    return documents


def _most_common(folder: Path, terms: Mapping[str, int]) -> tuple[str, int] | None:
    try:
        return next(iter(Counter(terms.keys()).most_common(1)), None)
    except ValueError as error:
        raise _damaged(folder / "terms", str(error)) from error


def _read_array(path: Path, scalar: type[_Scalar]) -> NDArray[_Scalar]:
    """Map a file, which must not change from then on."""
    try:
        return mapped_array(path, scalar)
    except ValueError as error:
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, what: str) -> ValueError:
    return ValueError(f"{path} is no usable BM25 index: {what}; build the index again")
