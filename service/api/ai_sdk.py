"""POST /v1/ask?format=ai-sdk: the AI SDK's UI message stream, so that its useChat asks without code of its own."""

import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from sse_starlette import ServerSentEvent

from service.api import contract, stream
from service.api.ask import begun, event_reply, tell
from service.api.formats import FormatRoute
from service.api.openai.conversation import asked, spoken
from service.api.places import address, title
from service.api.runtime import Admitted, Current
from service.understand.follow_ups import Message

log = logging.getLogger(__name__)
router = APIRouter(tags=["questions"], route_class=FormatRoute)
HEADERS = {"x-vercel-ai-ui-message-stream": "v1"}
TEXT = "text-1"  # the one text part's id
Json = dict[str, Any]


class UIPart(BaseModel):
    """A part of a message; only text is read."""

    type: str
    text: str | None = None


class UIMessage(BaseModel):
    """A message as useChat keeps it."""

    role: str
    parts: list[UIPart]

    def text(self) -> str:
        return "\n".join(part.text for part in self.parts if part.type == "text" and part.text)


class UIRequest(BaseModel):
    """What useChat sends; fields that are not known here are ignored."""

    id: str | None = None
    messages: list[UIMessage]


@router.post("/v1/ask", dependencies=[Admitted], include_in_schema=False)
async def ask(body: UIRequest, request: Request, runtime: Current) -> Response:
    """Answer the last message; the text streams, then a source for each citation, and the whole reply as data."""
    turns = [Message(each.role, each.text()) for each in body.messages if each.role in ("user", "assistant")]
    wanted = asked(spoken(turns)).question
    history = [contract.Turn.model_validate({"role": m.role, "content": m.content}) for m in wanted.history]
    try:
        question = contract.AskRequest(question=wanted.text, history=history, session_id=(body.id or "")[:100] or None)
    except ValidationError as error:
        raise RequestValidationError([{**fault, "loc": ("body", "messages")} for fault in error.errors()]) from error
    events = await begun(tell(question, runtime.bound(), runtime.store))
    return event_reply(_stream(events, str(request.base_url), str(request.scope.get("request_id"))), HEADERS)


async def _stream(
    telling: AsyncGenerator[stream.AskEvent, None], base: str, request_id: str
) -> AsyncIterator[ServerSentEvent]:
    try:
        async with aclosing(_parts(telling, base)) as parts:
            async for part in parts:
                yield ServerSentEvent(json.dumps(part, ensure_ascii=False))
    except Exception:  # the outermost layer: the status line is sent already, so the stream says it
        log.exception("request %s failed while streaming", request_id)
        told = f"The service failed on this request; its log has the id {request_id}."
        yield ServerSentEvent(json.dumps({"type": "error", "errorText": told}))
    yield ServerSentEvent("[DONE]")


async def _parts(telling: AsyncGenerator[stream.AskEvent, None], base: str) -> AsyncGenerator[Json, None]:
    """Yield the parts of one message: its text, a source for each citation, the reply."""
    speaking = False
    async with aclosing(telling) as events:
        async for event in events:
            match event:
                case stream.MetaEvent(data=meta):
                    yield {"type": "start", "messageId": meta.id}
                case stream.DeltaEvent(data=delta):
                    if not speaking:
                        yield {"type": "text-start", "id": TEXT}
                    speaking = True
                    yield {"type": "text-delta", "id": TEXT, "delta": delta.text}
                case stream.CitationEvent(data=citation):
                    yield _source(citation, base)
                case stream.DoneEvent(data=reply):
                    if speaking:
                        yield {"type": "text-end", "id": TEXT}
                    yield {"type": "data-answer", "id": reply.id, "data": reply.model_dump(mode="json")}
                    yield {"type": "finish"}


def _source(citation: contract.Citation, base: str) -> Json:
    """A source that opens the passage; the quote and its offsets are its metadata."""
    return {
        "type": "source-url",
        "sourceId": str(citation.n),
        "url": address(base, citation),
        "title": f"[{citation.n}] {title(citation)}",
        "providerMetadata": {"outline-qa": citation.model_dump(mode="json")},
    }
