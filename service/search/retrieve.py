"""Candidates for a question: BM25 and dense search over passages and titles, fused entry by entry."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from itertools import islice
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ingest.chunk import Chunk
from ingest.fitted import FEEDBACK
from ingest.index.bm25 import Postings, top
from ingest.index.nearness import relative
from ingest.index.snapshot import Snapshot
from ingest.words.words import Words
from service.search.columns import Columns, Mask
from service.search.fusion import Evidence, Fusion


@dataclass(frozen=True, slots=True)
class Query:
    """A question as searched: its text, its (d,) float32 unit vector, its terms, and other names for them.

    `read` is what models read: the text, with what an English question mentions in Chinese behind it. `asked` is the
    question in full, with the wishes of form that a writer may heed. `said` is a follow-up by itself, without what the
    conversation adds; None for any other question.
    """

    text: str
    vector: NDArray[np.float32]
    terms: tuple[str, ...]
    synonyms: tuple[str, ...]
    read: str
    asked: str
    said: "Query | None" = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, text: str, vector: NDArray[np.float32], words: Words) -> Self:
        """Read a question with the words of an index."""
        return cls(text, vector, tuple(words.terms(text)), words.expand(text), words.bilingual(text), text)

    def following(self, said: str, words: Words) -> Self:
        """Return the question with what a follow-up says itself beside it."""
        own = replace(self, text=said, read=said, terms=tuple(words.terms(said)))
        return replace(self, said=own)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which chunks may be found; None does not restrict."""

    sections: frozenset[int] | None = None
    min_stars: int | None = None
    documents: frozenset[str] | None = None
    answered: bool | None = None

    def mask(self, columns: Columns) -> Mask:
        """Say of each indexed chunk whether it, or an equal one that is indexed with it, may be found; (n,) bool."""
        allowed = np.ones(len(columns.rows), np.bool_)
        if self.sections is not None:
            allowed &= np.isin(columns.sections, sorted(self.sections))
        if self.min_stars is not None:
            allowed &= columns.stars >= self.min_stars
        if self.documents is not None:
            allowed &= columns.within(self.documents)
        if self.answered is not None:
            allowed &= columns.answered == self.answered
        return columns.indexes(allowed)

    def allows(self, chunk: Chunk) -> bool:
        return (
            (self.sections is None or chunk.section in self.sections)
            and (self.min_stars is None or (chunk.stars or 0) >= self.min_stars)
            and (self.documents is None or chunk.document in self.documents)
            and (self.answered is None or (chunk.kind == "text") == self.answered)
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk found; ranks are among passages, from 1, None where that index did not find it.

    `place` is where it is shown: the chunk, or an equal one that is indexed with it, under the chunk's id. `outdone`
    says that a nearly equal one has what the question names and this one lacks.
    """

    chunk: Chunk
    score: float
    bm25_rank: int | None
    dense_rank: int | None
    cosine: float
    title_cosine: float
    rerank_score: float | None = None
    outdone: bool = False
    place: Chunk | None = None

    @property
    def shown(self) -> Chunk:
        return self.place or self.chunk


class Retriever:
    """Hybrid search over one snapshot."""

    def __init__(
        self, snapshot: Snapshot, fusion: Fusion, depth: int = 60, per_entry: int = 1, expansion: float | None = None
    ) -> None:
        """`expansion` is the weight of a question's other names in BM25; None: as fitted."""
        fitted = snapshot.fitted
        self._snapshot, self._fusion, self._match = snapshot, fusion, fitted.match
        self._expansion = fitted.fusion.expansion if expansion is None else expansion
        self._depth, self._per_entry = depth, per_entry
        self._group = snapshot.numbers()
        self._ways = snapshot.ways.dense.vectors()
        self._way_groups, self._way_places = np.unique(np.array(snapshot.ways.groups, np.int64), return_inverse=True)
        self._columns = Columns.of(snapshot.chunks, snapshot.aliases)
        self._scored: tuple[Query, NDArray[np.float64]] | None = None
        self.spread = snapshot.spread

    @property
    def name(self) -> str:
        """Name how candidates are scored: what was fitted to their scores holds for this alone."""
        return f"{self._fusion.name} expansion={self._expansion:g}"

    def retrieve(self, query: Query, k: int, scope: Scope | None = None) -> list[Candidate]:
        """Return up to k candidates, best first, at most `per_entry` passages of one entry."""
        allowed = scope.mask(self._columns) if scope else None
        if allowed is not None and not allowed.any():
            return []
        found = self._find(query, max(self._depth, k), allowed)
        scores = self._fusion.score(self._evidence(found), self.spread)
        match = dict(zip(found.cosines, self._matched(found.bm25, found.cosines), strict=True))
        candidates: list[Candidate] = []
        for group in sorted(scores, key=lambda g: (-scores[g], g))[:k]:
            best = sorted(found.members[group], key=lambda row: (-match[row], row))
            candidates += [
                found.candidate(self._snapshot, row, group, scores[group]) for row in best[: self._per_entry]
            ]
        return candidates[:k]

    def matches(self, query: Query, bm25: NDArray[np.float64], rows: Sequence[int]) -> list[float]:
        """Return how well passages, by their rows, match a question beside one another, in nats.

        `bm25` are all chunks' scores, as `bm25` returns them.
        """
        cosines = self._snapshot.dense.similarity(query.vector, rows).tolist()
        return self._matched(bm25, dict(zip(rows, cosines, strict=True)))

    def _matched(self, bm25: NDArray[np.float64], cosines: Mapping[int, float]) -> list[float]:
        both = relative(bm25[list(cosines)], list(cosines.values()), self.spread)
        matched: list[float] = (both @ np.array((self._match.bm25, self._match.dense))).tolist()
        return matched

    def evidence(self, query: Query) -> dict[int, Evidence]:
        """Return what the indexes say of each entry found, by the number of its group; for fitting."""
        return self._evidence(self._find(query, self._depth, None))

    def bm25(self, query: Query) -> NDArray[np.float64]:
        """Return every chunk's BM25 score, (n,) float64, the question's other names counting less; not to be changed.

        Those of the last question are kept, since retrieval, decision and drawing each ask for them.
        """
        kept = self._scored
        if kept is None or kept[0] is not query:
            self._scored = kept = (query, self._bm25(self._snapshot.postings, query))
        return kept[1]

    def _bm25(self, postings: Postings, query: Query) -> NDArray[np.float64]:
        return bm25_scores(postings, query.terms, query.synonyms, self._expansion)

    def _best_way(self, scores: NDArray[np.floating[Any]], least: float) -> dict[int, float]:
        """Return the best score of a group's other ways to ask, by its number; at least `least`."""
        best = np.full(len(self._way_groups), least)
        np.maximum.at(best, self._way_places, scores)
        return dict(zip(self._way_groups.tolist(), best.tolist(), strict=True))

    def _find(self, query: Query, depth: int, allowed: Mask | None) -> "_Found":
        snapshot = self._snapshot
        groups: Mask | None = None
        bm25 = self.bm25(query)
        if allowed is not None:
            groups = np.zeros(len(snapshot.groups), np.bool_)
            groups[self._group[allowed]] = True
            bm25 = np.where(allowed, bm25, 0)
        lexical = _ranks(top(bm25, depth))
        nearest = snapshot.dense.search(query.vector, depth, allowed)[0]
        dense = _ranks(nearest)
        titles = _ranks(snapshot.titles.search(query.vector, depth, groups)[0])
        asked_cosine = self._best_way(self._ways @ query.vector, -1.0)
        asked_bm25 = self._best_way(self._bm25(snapshot.ways.postings, query), 0.0)
        listed = {int(self._group[row]) for row in (*lexical, *dense)} | set(titles)
        near = {group for best in (asked_cosine, asked_bm25) for group in _first(best, depth)}
        listed |= near if groups is None else {g for g in near if groups[g]}
        members = {
            group: [row for row in snapshot.groups[group].rows if allowed is None or allowed[row]]
            for group in sorted(listed)
        }
        rows = [row for inside in members.values() for row in inside]
        return _Found(
            members=members,
            bm25=bm25,
            cosines=dict(zip(rows, snapshot.dense.similarity(query.vector, rows).tolist(), strict=True)),
            feedback=dict(zip(rows, self._feedback(nearest, rows), strict=True)),
            titles={
                group: max(title, asked_cosine.get(group, -1.0))
                for group, title in zip(
                    members, snapshot.titles.similarity(query.vector, list(members)).tolist(), strict=True
                )
            },
            asked=asked_bm25,
            lexical=lexical,
            dense=dense,
        )

    def _feedback(self, nearest: Iterable[np.integer], rows: Sequence[int]) -> list[float]:
        """Return the cosines of passages to the mean of the nearest ones."""
        dense = self._snapshot.dense
        first = dense.vectors()[[int(row) for row in islice(nearest, FEEDBACK)]]
        again: list[float] = dense.similarity(first.mean(axis=0), rows).tolist() if len(first) else [0.0] * len(rows)
        return again

    def _evidence(self, found: "_Found") -> dict[int, Evidence]:
        lexical, dense = (_ranks(self._group[list(ranks)]) for ranks in (found.lexical, found.dense))
        return {
            group: Evidence(
                bm25=max(float(found.bm25[row]) for row in rows),
                cosine=max(found.cosines[row] for row in rows),
                feedback=max(found.feedback[row] for row in rows),
                title_cosine=found.titles[group],
                asked_bm25=found.asked.get(group, 0.0),
                bm25_rank=lexical.get(group),
                dense_rank=dense.get(group),
                listed=self._snapshot.chunks[rows[0]].kind == "listing",
            )
            for group, rows in found.members.items()
        }


@dataclass(frozen=True, slots=True)
class _Found:
    """What the indexes gave, chunk by chunk, and the groups those are in."""

    members: dict[int, list[int]]
    bm25: NDArray[np.float64]
    cosines: dict[int, float]
    feedback: dict[int, float]
    titles: dict[int, float]
    asked: dict[int, float]
    lexical: dict[int, int]
    dense: dict[int, int]

    def candidate(self, snapshot: Snapshot, row: int, group: int, score: float) -> Candidate:
        return Candidate(
            snapshot.chunks[row],
            score,
            self.lexical.get(row),
            self.dense.get(row),
            self.cosines[row],
            self.titles[group],
        )


def bm25_scores(
    postings: Postings, words: Sequence[str], synonyms: Sequence[str], expansion: float
) -> NDArray[np.float64]:
    """Return every document's BM25 score, (n,) float64, for the words and, times `expansion`, other names for them."""
    scores = postings.scores(words)
    return scores + expansion * postings.scores(synonyms) if synonyms else scores


def _first(scores: Mapping[int, float], k: int) -> list[int]:
    """Return the keys of the k best scores, ties by lower key."""
    return nsmallest(k, scores, key=lambda group: (-scores[group], group))


def _ranks(items: Iterable[np.integer]) -> dict[int, int]:
    """Map each item to the rank of its first appearance, from 1."""
    ranks: dict[int, int] = {}
    for item in items:
        ranks.setdefault(int(item), len(ranks) + 1)
    return ranks
