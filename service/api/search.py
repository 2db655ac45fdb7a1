"""POST /v1/search."""

import time
from collections.abc import Sequence

from fastapi import APIRouter

from ingest.index.snapshot import Snapshot
from service.api import contract
from service.api.runtime import Admitted, Current
from service.language import phrases
from service.search.retrieve import Candidate, Scope
from service.understand.follow_ups import Message

router = APIRouter(tags=["questions"])


@router.post("/v1/search", summary="Find passages", dependencies=[Admitted])
async def search(body: contract.SearchRequest, runtime: Current) -> contract.SearchResponse:
    """Find the passages that come nearest to a query: BM25 and dense search, fused, reranked where set."""
    parts, began = runtime.bound().parts, time.perf_counter()
    text = await parts.conversation.standalone(body.query, messages(body.history))
    async with runtime.place():
        hits = await parts.searcher.find(text, body.k, scope(body.filters, parts.snapshot))
    missing = [hits.missing] if hits.missing else []
    runtime.metrics.lacked(missing)
    total = round((time.perf_counter() - began) * 1000, 2)
    return contract.SearchResponse(
        query=hits.query.text,
        index_version=parts.snapshot.manifest.version,
        timings_ms={**hits.timings_ms, "total": total},
        degraded=phrases.degraded(missing[0], phrases.language(text, "auto")) if missing else None,
        degraded_codes=missing,
        results=[_result(parts.snapshot, c) for c in hits.candidates[: body.k]],
    )


def messages(history: Sequence[contract.Turn]) -> list[Message]:
    return [Message(turn.role, turn.content) for turn in history]


def scope(filters: contract.Filters | None, snapshot: Snapshot) -> Scope | None:
    """Return what filters let through of a snapshot's chunks; what documents say of themselves are its documents."""
    if filters is None:
        return None
    documents = None if filters.documents is None else frozenset(filters.documents)
    if filters.tags is not None or filters.since or filters.until:
        told = snapshot.told.within(filters.tags, filters.since, filters.until)
        documents = told if documents is None else documents & told
    return Scope(
        None if filters.sections is None else frozenset(filters.sections),
        filters.min_stars,
        documents,
        filters.answered,
    )


def also_at(snapshot: Snapshot, id: str, document: str, end: int) -> list[contract.Passage]:
    """The other places of a passage: all but the one that ends there."""
    places = {(c.document, c.start, c.end): c for c in snapshot.places(id) if (c.document, c.end) != (document, end)}
    return [
        contract.Passage(
            document=c.document,
            start=c.start,
            end=c.end,
            pages=pages(snapshot, c.document, c.start, c.end),
            parts=parts(snapshot, c.document, c.start, c.end),
        )
        for c in places.values()
    ]


def pages(snapshot: Snapshot, document: str, start: int, end: int) -> list[contract.PageBoxes]:
    """The pages and boxes of a text, [] where its document was no PDF."""
    found = snapshot.origin(document).pages(start, end)
    return [contract.PageBoxes(page=each.page, boxes=[list(box) for box in each.boxes], ocr=each.ocr) for each in found]


def parts(snapshot: Snapshot, document: str, start: int, end: int) -> list[contract.FilePart]:
    """The slides, cells and anchors that a text belongs to."""
    found = snapshot.origin(document).within(start, end)
    return [contract.FilePart(kind=part.kind, name=part.name) for part in found]


def _result(snapshot: Snapshot, candidate: Candidate) -> contract.Result:
    chunk = candidate.shown
    return contract.Result(
        chunk_id=chunk.id,
        entry_id=chunk.entry_id,
        document=chunk.document,
        heading_path=list(chunk.heading_path),
        text=chunk.text,
        start=chunk.start,
        end=chunk.end,
        score=candidate.score,
        bm25_rank=candidate.bm25_rank,
        dense_rank=candidate.dense_rank,
        rerank_score=candidate.rerank_score,
        stars=chunk.stars,
        answered=None if chunk.entry_id is None else chunk.kind == "text",
        also_at=also_at(snapshot, chunk.id, chunk.document, chunk.end),
        pages=pages(snapshot, chunk.document, chunk.start, chunk.end),
        parts=parts(snapshot, chunk.document, chunk.start, chunk.end),
    )
