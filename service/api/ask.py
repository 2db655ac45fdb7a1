"""POST /v1/ask, as JSON or as server-sent events."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import partial

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sse_starlette import EventSourceResponse, JSONServerSentEvent, ServerSentEvent

from ingest.outline import Entry
from ingest.snapshot import Snapshot
from service import answer as pipeline
from service import contract
from service.api.problems import problem
from service.api.search import also_at, messages, scope
from service.api.state import Admitted, Shared
from service.check import Citation
from service.store import Store

log = logging.getLogger(__name__)
router = APIRouter(tags=["questions"])
PING_SECONDS = 15


@router.post(
    "/v1/ask",
    summary="Ask a question",
    response_model=contract.AskResponse,
    dependencies=[Admitted],
    responses={200: {"content": {"text/event-stream": {}}, "description": "JSON, or events when streamed"}},
)
async def ask(body: contract.AskRequest, request: Request, state: Shared) -> Response:
    """Answer from the documents: every sentence that states something has a mark, every mark a checked quote.

    Streamed with `"stream": true` or `Accept: text/event-stream`: events `meta`, `sources`, `delta` and
    `citation` as they are checked, `done` with the whole body, or `error` with a problem document.
    """
    parts = state.parts()
    question = pipeline.Question(body.question, messages(body.history), scope(body.filters), body.language)
    keep = partial(_keep, state.store, body)
    if body.stream or "text/event-stream" in request.headers.get("accept", ""):
        events = _stream(question, parts, keep, str(request.scope.get("request_id")))
        return EventSourceResponse(events, ping=PING_SECONDS, headers={"X-Accel-Buffering": "no"})
    last: pipeline.Event | None = None
    async for event in pipeline.answer(question, parts):
        last = event
    assert isinstance(last, pipeline.Answer)  # the pipeline always ends with it
    reply = _body(last, parts.snapshot)
    await keep(reply)
    return JSONResponse(reply.model_dump())


async def _keep(store: Store, asked: contract.AskRequest, reply: contract.AskResponse) -> None:
    """Keep an answer for its feedback; one that cannot be kept is an answer all the same."""
    try:
        await asyncio.to_thread(store.keep, reply.id, asked.question, reply.model_dump_json(), asked.session_id)
    except sqlite3.Error:
        log.exception("answer %s was not kept, so it cannot be rated", reply.id)


async def _stream(
    question: pipeline.Question,
    parts: pipeline.Parts,
    keep: Callable[[contract.AskResponse], Awaitable[None]],
    request_id: str,
) -> AsyncIterator[ServerSentEvent]:
    """Turn the pipeline's events into server-sent ones; ids count from 1 and carry the answer's id."""
    name, number = "", 0
    try:
        async with aclosing(pipeline.answer(question, parts)) as events:
            async for event in events:
                if isinstance(event, pipeline.Answer):  # before the reader has it and can rate it
                    await keep(_body(event, parts.snapshot))
                kind, data = _event(event, parts.snapshot)
                name = event.id if isinstance(event, pipeline.Meta) else name
                number += 1
                yield JSONServerSentEvent(data, event=kind, id=f"{name}.{number}")
    except Exception:  # the outermost layer: the status line is sent already, so the stream says it
        log.exception("request %s failed while streaming", request_id)
        reply = problem(500, "The service failed on this request; its log has the id.", request_id=request_id)
        yield ServerSentEvent(bytes(reply.body).decode(), event="error", id=f"{name}.{number + 1}")


def _event(event: pipeline.Event, snapshot: Snapshot) -> tuple[str, object]:
    match event:
        case pipeline.Meta(id, index_version, generator):
            return "meta", {"id": id, "index_version": index_version, "generator": generator}
        case pipeline.Sources(passages):
            return "sources", {
                "sources": [
                    {
                        "chunk_id": p.chunk_id,
                        "entry_id": p.entry_id,
                        "document": p.document,
                        "heading_path": list(p.heading_path),
                        "text": p.text,
                        "start": p.start,
                        "end": p.end,
                    }
                    for p in passages
                ]
            }
        case pipeline.Delta(text):
            return "delta", {"text": text}
        case Citation():
            return "citation", _citation(event, snapshot).model_dump()
        case pipeline.Answer():
            return "done", _body(event, snapshot).model_dump()


def _body(answer: pipeline.Answer, snapshot: Snapshot) -> contract.AskResponse:
    return contract.AskResponse(
        id=answer.id,
        status=answer.status,
        answer=answer.text,
        citations=[_citation(citation, snapshot) for citation in answer.citations],
        related=[_related(entry) for entry in answer.related],
        generator=answer.generator,
        degraded=answer.degraded,
        index_version=answer.index_version,
        timings_ms=answer.timings_ms,
        query=answer.query,
    )


def _citation(citation: Citation, snapshot: Snapshot) -> contract.Citation:
    passage = citation.passage
    return contract.Citation(
        n=citation.n,
        chunk_id=passage.chunk_id,
        entry_id=passage.entry_id,
        document=passage.document,
        heading_path=list(passage.heading_path),
        quote=citation.quote,
        start=citation.start,
        end=citation.end,
        support=citation.support,
        also_at=also_at(snapshot, passage.chunk_id),
    )


def _related(entry: Entry) -> contract.Related:
    return contract.Related(entry_id=entry.id, question=entry.question, stars=entry.stars, answered=entry.answered)
