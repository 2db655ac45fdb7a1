"""Candidates for a question: BM25 and dense search over passages and titles, fused entry by entry."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ingest.chunk import Chunk
from ingest.index.columns import Mask
from ingest.index.embedded import EmbeddedIndex
from ingest.index.index import Index, Probe
from ingest.index.nearness import relative
from ingest.index.scope import Scope as Scope
from ingest.index.snapshot import Snapshot
from ingest.words.words import Words
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
    """Hybrid search over one snapshot, through whichever index searches it."""

    def __init__(
        self,
        snapshot: Snapshot,
        fusion: Fusion,
        depth: int = 60,
        per_entry: int = 1,
        expansion: float | None = None,
        index: Index | None = None,
    ) -> None:
        """`expansion` is the weight of a question's other names in BM25; None: as fitted. `index` None: the snapshot's
        own.
        """
        fitted = snapshot.fitted
        self._snapshot, self._fusion, self._match = snapshot, fusion, fitted.match
        self._index = EmbeddedIndex(snapshot) if index is None else index
        self._expansion = fitted.fusion.expansion if expansion is None else expansion
        self._depth, self._per_entry = depth, per_entry
        self._register, self._group = snapshot.register, snapshot.numbers()
        self._ways = snapshot.ways.dense.vectors()
        self._way_groups, self._way_places = np.unique(np.array(snapshot.ways.groups, np.int64), return_inverse=True)
        self.spread = snapshot.spread

    @property
    def name(self) -> str:
        """Name how candidates are scored: what was fitted to their scores holds for this alone."""
        return f"{self._fusion.name} expansion={self._expansion:g}"

    def retrieve(self, query: Query, k: int, scope: Scope | None = None) -> list[Candidate]:
        """Return up to k candidates, best first, at most `per_entry` passages of one entry."""
        found = self._find(query, max(self._depth, k), scope)
        scores = self._fusion.score(self._evidence(found), self.spread)
        match = dict(zip(found.cosines, self._matched(found.bm25, found.cosines), strict=True))
        candidates: list[Candidate] = []
        for group in sorted(scores, key=lambda g: (-scores[g], g))[:k]:
            best = sorted(found.members[group], key=lambda row: (-match[row], row))
            candidates += [
                found.candidate(self._snapshot, row, group, scores[group]) for row in best[: self._per_entry]
            ]
        return candidates[:k]

    def nearness(self, query: Query, rows: Sequence[int]) -> NDArray[np.float64]:
        """Return BM25 and cosine of passages, by their rows, beside one another, (n, 2); see `relative`."""
        scores = self._index.score(self._probe(query), rows)
        return relative(scores.bm25, scores.cosines, self.spread)

    def matches(self, query: Query, rows: Sequence[int]) -> list[float]:
        """Return how well passages, by their rows, match a question beside one another, in nats."""
        return self._weighed(self.nearness(query, rows))

    def within(self, query: Query, chunk: Chunk, places: Sequence[tuple[int, int]]) -> list[float]:
        """Return how near places of a passage's text are to a question, in spreads; [] where that is not known."""
        snapshot = self._snapshot
        if snapshot.pieces is None:
            return []
        row = snapshot.row(chunk)
        near = snapshot.pieces.within(row, chunk.text, query.vector, places)
        near = near or [float(self._index.score(self._probe(query), [row]).cosines[0])] * len(places)
        return [cosine / self.spread for cosine in near]

    def strongest(self, query: Query) -> float:
        """Return the best BM25 score of all passages."""
        return self._index.strongest(self._probe(query))

    def evidence(self, query: Query) -> dict[int, Evidence]:
        """Return what the indexes say of each entry found, by the number of its group; for fitting."""
        return self._evidence(self._find(query, self._depth, None))

    def _matched(self, bm25: Mapping[int, float], cosines: Mapping[int, float]) -> list[float]:
        return self._weighed(relative(list(bm25.values()), list(cosines.values()), self.spread))

    def _weighed(self, nearness: NDArray[np.float64]) -> list[float]:
        matched: list[float] = (nearness @ np.array((self._match.bm25, self._match.dense))).tolist()
        return matched

    def _probe(self, query: Query) -> Probe:
        return Probe(query.vector, query.terms, query.synonyms, self._expansion)

    def _best_way(self, scores: NDArray[np.floating[Any]], least: float) -> dict[int, float]:
        """Return the best score of a group's other ways to ask, by its number; at least `least`."""
        best = np.full(len(self._way_groups), least)
        np.maximum.at(best, self._way_places, scores)
        return dict(zip(self._way_groups.tolist(), best.tolist(), strict=True))

    def _find(self, query: Query, depth: int, scope: Scope | None) -> "_Found":
        probe = self._probe(query)
        legs = self._index.find(probe, depth, scope)
        lexical, dense, titles = (_ranks(leg.numbers) for leg in (legs.lexical, legs.dense, legs.titles))
        asked_cosine = self._best_way(self._ways @ query.vector, -1.0)
        ways = self._snapshot.ways.postings
        asked_bm25 = self._best_way(ways.scores(probe.terms, probe.others, probe.weight), 0.0)
        listed = {int(self._group[row]) for row in (*lexical, *dense)} | set(titles)
        listed |= {group for best in (asked_cosine, asked_bm25) for group in _first(best, depth)}
        allowed = None if scope is None else scope.mask(self._register.columns)
        members = {group: rows for group in sorted(listed) if (rows := self._members(group, allowed))}
        rows = [row for inside in members.values() for row in inside]
        scores = self._index.score(probe, rows, list(members), legs.centre)
        return _Found(
            members=members,
            bm25=dict(zip(rows, scores.bm25.tolist(), strict=True)),
            cosines=dict(zip(rows, scores.cosines.tolist(), strict=True)),
            pieces=dict(zip(rows, self._nearest(query, rows, scores.cosines), strict=True)),
            feedback=dict(zip(rows, scores.feedback.tolist(), strict=True)),
            titles={
                group: max(title, asked_cosine.get(group, -1.0))
                for group, title in zip(members, scores.titles.tolist(), strict=True)
            },
            asked=asked_bm25,
            lexical=lexical,
            dense=dense,
        )

    def _nearest(self, query: Query, rows: Sequence[int], cosines: NDArray[np.floating[Any]]) -> list[float]:
        """Return how near each passage's nearest piece is, the passage itself where none are kept."""
        pieces = self._snapshot.pieces
        near: list[float] = (pieces.nearest(rows, query.vector, cosines) if pieces else cosines).tolist()
        return near

    def _members(self, group: int, allowed: Mask | None) -> Sequence[int]:
        """Return the chunks of a group that may be found."""
        rows = self._register.members(group)
        return rows if allowed is None else [row for row in rows if allowed[row]]

    def _evidence(self, found: "_Found") -> dict[int, Evidence]:
        lexical, dense = (_ranks(self._group[list(ranks)]) for ranks in (found.lexical, found.dense))
        return {
            group: Evidence(
                bm25=max(found.bm25[row] for row in rows),
                cosine=max(found.cosines[row] for row in rows),
                piece=max(found.pieces[row] for row in rows),
                feedback=max(found.feedback[row] for row in rows),
                title_cosine=found.titles[group],
                asked_bm25=found.asked.get(group, 0.0),
                bm25_rank=lexical.get(group),
                dense_rank=dense.get(group),
                listed=not self._register.columns.answered[rows[0]],
            )
            for group, rows in found.members.items()
        }


@dataclass(frozen=True, slots=True)
class _Found:
    """What the indexes gave, chunk by chunk, and the groups those are in."""

    members: dict[int, Sequence[int]]
    bm25: dict[int, float]
    cosines: dict[int, float]
    pieces: dict[int, float]
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


def _first(scores: Mapping[int, float], k: int) -> list[int]:
    """Return the keys of the k best scores, ties by lower key."""
    return nsmallest(k, scores, key=lambda group: (-scores[group], group))


def _ranks(items: Iterable[np.integer]) -> dict[int, int]:
    """Map each item to the rank of its first appearance, from 1."""
    ranks: dict[int, int] = {}
    for item in items:
        ranks.setdefault(int(item), len(ranks) + 1)
    return ranks
