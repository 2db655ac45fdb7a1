"""POST /v1/ask, as JSON or as server-sent events."""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sse_starlette import EventSourceResponse, JSONServerSentEvent, ServerSentEvent

from ingest.index.snapshot import Snapshot
from service import events as pipeline
from service.api import contract, reply, stream
from service.api.keeping import keep_answer
from service.api.openapi import ASK_EVENTS
from service.api.problems import ProblemError, problem
from service.api.runtime import Admitted, Bound, Current
from service.api.search import messages, scope
from service.check.quotes import Citation
from service.serve.behind import Keeping

log = logging.getLogger(__name__)
router = APIRouter(tags=["questions"])
PING_SECONDS = 15
GRACE_SECONDS = 3600  # for streams that are open at SIGTERM; the connections' own setting ends them before
LOOK_SECONDS = 0.5  # between looks whether the reader of a reply that is not streamed has left

Event = TypeVar("Event")
Answering = AsyncGenerator[pipeline.Event, None]


@router.post(
    "/v1/ask",
    summary="Ask a question",
    response_model=contract.AskResponse,
    dependencies=[Admitted],
    responses={200: {"content": ASK_EVENTS, "description": "JSON, or events when streamed"}},
)
async def ask(body: contract.AskRequest, request: Request, runtime: Current) -> Response:
    """Answer from the documents: every sentence that states something has a mark, every mark a checked quote.

    Streamed with `"stream": true` or `Accept: text/event-stream`: events `meta`, `sources`, `delta` and
    `citation` as they are checked, `done` with the whole body, or `error` with a problem document.
    """
    bound = runtime.bound()
    # The header speaks only where the body does not.
    streamed = body.stream if "stream" in body.model_fields_set else wants_events(request.headers.get("accept", ""))
    if streamed:
        events = _stream(await begun(tell(body, bound, runtime.store)), str(request.scope.get("request_id")))
        return event_reply(events)
    whole = reply.body(await last(bound.answers.answer(_question(body, bound.snapshot)), request), bound.snapshot)
    keep_answer(runtime.store, body.question, body.session_id, whole)
    return JSONResponse(whole.model_dump())


def event_reply(events: AsyncIterator[ServerSentEvent], headers: Mapping[str, str] | None = None) -> Response:
    """Return a reply that streams; proxies do not hold it back, and SIGTERM lets it end."""
    unbuffered = {"X-Accel-Buffering": "no", **(headers or {})}
    return EventSourceResponse(events, ping=PING_SECONDS, headers=unbuffered, shutdown_grace_period=GRACE_SECONDS)


async def begun(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """Return events whose first is there, so that who is refused gets the status for it."""
    first = await anext(events)

    async def every() -> AsyncGenerator[Event, None]:
        async with aclosing(events):
            yield first
            async for event in events:
                yield event

    return every()


async def tell(body: contract.AskRequest, bound: Bound, store: Keeping) -> AsyncGenerator[stream.AskEvent, None]:
    """Yield the events of an answer as the contract has them; it is kept before the reader has it and can rate it."""
    async with aclosing(bound.answers.answer(_question(body, bound.snapshot))) as events:
        async for event in events:
            if isinstance(event, pipeline.Answer):
                keep_answer(store, body.question, body.session_id, reply.body(event, bound.snapshot))
            yield _event(event, bound.snapshot)


def _question(body: contract.AskRequest, snapshot: Snapshot) -> pipeline.Question:
    return pipeline.Question(body.question, messages(body.history), scope(body.filters, snapshot), body.language)


def wants_events(accept: str) -> bool:
    """Whether an Accept header (RFC 9110, section 12.5.1) asks for events: named, and not less wanted than JSON."""
    wanted: dict[str, float] = {}
    for part in accept.lower().split(","):
        kind, *options = (option.strip() for option in part.split(";"))
        weight = next((option[2:] for option in options if option.startswith("q=")), "1")
        wanted[kind] = float(weight) if re.fullmatch(r"[01](?:\.\d{0,3})?", weight) else 1.0
    events = wanted.get("text/event-stream", 0.0)
    return events > 0 and events >= wanted.get("application/json", 0.0)


async def last(answering: Answering, request: Request) -> pipeline.Answer:
    """Return the whole answer, the last of its events; a reader who leaves stops it."""
    making = asyncio.create_task(_whole(answering))
    try:
        while not making.done():
            await asyncio.wait({making}, timeout=LOOK_SECONDS)
            if not making.done() and await request.is_disconnected():
                raise ProblemError(408, "The reader left before the answer was there.")
        return making.result()
    finally:
        making.cancel()
        await asyncio.gather(making, return_exceptions=True)


async def _whole(answering: Answering) -> pipeline.Answer:
    async with aclosing(answering) as events:
        *_, whole = [event async for event in events]
    assert isinstance(whole, pipeline.Answer)  # the pipeline always ends with it
    return whole


async def _stream(telling: AsyncGenerator[stream.AskEvent, None], request_id: str) -> AsyncIterator[ServerSentEvent]:
    """Send the events; ids count from 1 and carry the answer's id."""
    name, number = "", 0
    try:
        async with aclosing(telling) as events:
            async for event in events:
                name = event.data.id if isinstance(event, stream.MetaEvent) else name
                number += 1
                yield JSONServerSentEvent(event.data.model_dump(), event=event.event, id=f"{name}.{number}")
    except Exception:  # the outermost layer: the status line is sent already, so the stream says it
        log.exception("request %s failed while streaming", request_id)
        failed = problem(500, "The service failed on this request; its log has the id.", request_id=request_id)
        yield ServerSentEvent(bytes(failed.body).decode(), event="error", id=f"{name}.{number + 1}")


def _event(event: pipeline.Event, snapshot: Snapshot) -> stream.AskEvent:
    match event:
        case pipeline.Meta(id, index_version, generator):
            return stream.MetaEvent(data=stream.Meta(id=id, index_version=index_version, generator=generator))
        case pipeline.Sources(passages):
            return stream.SourcesEvent(data=stream.Sources(sources=[reply.source(each) for each in passages]))
        case pipeline.Delta(text):
            return stream.DeltaEvent(data=stream.Delta(text=text))
        case Citation():
            return stream.CitationEvent(data=reply.citation(event, snapshot))
        case pipeline.Answer():
            return stream.DoneEvent(data=reply.body(event, snapshot))
