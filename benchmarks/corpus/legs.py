"""The orders that are compared: each index alone, both by plain reciprocal ranks, ours as fused and as reranked."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.corpus.asked import Asked, relevant, result
from eval.score.figures import Ranking, rank
from ingest.chunk import Chunk
from ingest.index.bm25 import top
from ingest.index.snapshot import Snapshot
from service.bootstrap import Service
from service.search.retrieve import Query
from service.search.search import Searcher

LEGS = ("BM25", "dense", "RRF", "fused", "reranked")
CONSTANT = 60  # of reciprocal rank fusion, as first published
DEPTH = 60  # rows of each index
CANDIDATES = 30  # as many as the service retrieves


@dataclass(frozen=True, slots=True)
class Scored:
    """A question's figures by leg; `known` says that the index has a right result at all."""

    asked: Asked
    known: bool
    rankings: Mapping[str, Ranking]


def scored(service: Service, snapshot: Snapshot, questions: Sequence[Asked]) -> list[Scored]:
    """Search for every question with every leg."""
    return asyncio.run(_scored(service, snapshot, questions))


async def _scored(service: Service, snapshot: Snapshot, questions: Sequence[Asked]) -> list[Scored]:
    searcher, found = service.searcher(snapshot), []
    for asked in questions:
        (query,) = service.queries([asked.text], snapshot.pack.words)
        gold = sorted(relevant(asked, snapshot.chunks, snapshot.documents))
        orders = plain(snapshot, query) | await served(searcher, query)
        rankings = {
            leg: rank(list(dict.fromkeys(result(asked, chunk) for chunk in order)), gold)
            for leg, order in orders.items()
        }
        found.append(Scored(asked, bool(gold), rankings))
    return found


def plain(snapshot: Snapshot, query: Query) -> dict[str, list[Chunk]]:
    """Order chunks by each index alone, and by both without weights."""
    lexical = top(snapshot.postings.scores(query.terms), DEPTH).tolist()
    dense = snapshot.dense.search(query.vector, DEPTH)[0].tolist()
    orders = {"BM25": lexical, "dense": dense, "RRF": reciprocal(lexical, dense)}
    return {leg: [snapshot.chunks[row] for row in rows] for leg, rows in orders.items()}


def reciprocal(*orders: Iterable[int]) -> list[int]:
    """Fuse orders by the sum of 1 / (60 + rank), ties by number.

    Cormack, Clarke and Büttcher, Reciprocal rank fusion outperforms Condorcet, SIGIR 2009, where 60 comes from.
    """
    scores: defaultdict[int, float] = defaultdict(float)
    for order in orders:
        for place, row in enumerate(order, 1):
            scores[row] += 1 / (CONSTANT + place)
    return sorted(scores, key=lambda row: (-scores[row], row))


async def served(searcher: Searcher, query: Query) -> dict[str, list[Chunk]]:
    """Order chunks as the service does, before and after its reranker; raises RuntimeError when that is missing."""
    fused = searcher.retriever.retrieve(query, CANDIDATES)
    reranked, degraded = await searcher.reranker.rerank(query, fused)
    if degraded:
        raise RuntimeError(degraded)
    return {"fused": [c.chunk for c in fused], "reranked": [c.chunk for c in reranked]}
