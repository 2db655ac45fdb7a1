"""POST /v1/responses: OpenAI's newer protocol, with annotations that span the answer's sentences."""

import json
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sse_starlette import ServerSentEvent

from service import events as pipeline
from service.api import contract, reply
from service.api.ask import begun, event_reply, last
from service.api.openai.answer import answer_chat
from service.api.openai.bodies import ChatMessage, Form, ResponseFormat, ResponsesRequest
from service.api.openai.chat import content_of, form_of, turns
from service.api.openai.models import MODEL, check_model
from service.api.places import address, title
from service.api.problems import ProblemError
from service.api.runtime import Admitted, Bound, Current
from service.api.spans import cited_spans
from service.write.budget import estimate

log = logging.getLogger(__name__)
router = APIRouter(tags=["openai"])
Json = dict[str, Any]


@router.post(
    "/v1/responses",
    summary="Ask as an OpenAI client, by responses",
    response_model=None,
    dependencies=[Admitted],
    responses={200: {"content": {"text/event-stream": {}}, "description": "A response, or its events when streamed"}},
)
async def responses(body: ResponsesRequest, request: Request, runtime: Current) -> Response:
    """Answer the last user message of `input` from the documents.

    Each citation is a `url_citation` whose `start_index` and `end_index` span the sentence that it supports and whose
    `url` opens the passage; `quote`, `document`, `start` and `end` stand beside them. `status`, `generator` and
    `degraded` of /v1/ask are in `metadata`.
    """
    check_model(body.model)
    for name in ("previous_response_id", "conversation"):
        if getattr(body, name) is not None:
            raise ProblemError(400, "Nothing is kept here; send the earlier messages in `input`.", field=name)
    messages, bound = _messages(body), runtime.bound()
    prompt = sum(estimate(message.text()) for message in messages)
    whole = _Whole(bound, str(request.base_url), _form(body), prompt)
    events = answer_chat(turns(messages), bound, runtime.store)
    if body.stream:
        return event_reply(_stream(await begun(events), whole, str(request.scope.get("request_id"))))
    return JSONResponse(whole.completed(await last(events, request)))


def _messages(body: ResponsesRequest) -> list[ChatMessage]:
    if isinstance(body.input, str):
        return [ChatMessage(role="user", content=body.input)]
    return [ChatMessage(role=item.role, content=item.content) for item in body.input if item.role]


def _form(body: ResponsesRequest) -> Form | None:
    wanted = body.text.format if body.text else None
    if wanted is None:
        return None
    whole = {"type": wanted.get("type", "text"), "json_schema": wanted if "schema" in wanted else None}
    return form_of(ResponseFormat.model_validate(whole), "text.format")


@dataclass
class _Whole:
    """A response in the making: what its events and its end have in common."""

    bound: Bound
    base: str
    form: Form | None
    prompt: int
    created: int = field(default_factory=lambda: int(time.time()))

    def begun(self, id: str) -> Json:
        return self._response(id, "in_progress", [], None, {})

    def completed(self, answer: pipeline.Answer) -> Json:
        body = reply.body(answer, self.bound.snapshot)
        text = content_of(answer, self.bound, self.form)
        used = estimate(text)
        usage = {
            "input_tokens": self.prompt,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": used,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": self.prompt + used,
        }
        told = {"status": body.status, "generator": body.generator, "index_version": body.index_version}
        told |= {"degraded": body.degraded} if body.degraded else {}
        return self._response(answer.id, "completed", [self.item(answer.id, text, self.notes(body))], usage, told)

    def notes(self, body: contract.AskResponse) -> list[Json]:
        """The annotations of a text; JSON has its citations within."""
        if self.form is not None:
            return []
        return [
            {
                "type": "url_citation",
                "start_index": each.start,
                "end_index": each.end,
                "title": title(each.citation),
                "url": address(self.base, each.citation),
                **each.citation.model_dump(),
            }
            for each in cited_spans(body.answer, body.citations)
        ]

    def item(self, id: str, text: str | None, notes: list[Json]) -> Json:
        content = [] if text is None else [self.part(text, notes)]
        status = "in_progress" if text is None else "completed"
        return {"id": f"msg-{id}", "type": "message", "role": "assistant", "status": status, "content": content}

    def part(self, text: str, notes: list[Json]) -> Json:
        return {"type": "output_text", "text": text, "annotations": notes, "logprobs": []}

    def _response(self, id: str, status: str, output: list[Json], usage: Json | None, told: Json) -> Json:
        return {
            "id": id, "object": "response", "created_at": self.created, "status": status, "model": MODEL,
            "output": output, "usage": usage, "metadata": told, "error": None, "incomplete_details": None,
            "instructions": None, "parallel_tool_calls": False, "tool_choice": "none", "tools": [],
            "temperature": None, "top_p": None, "previous_response_id": None, "store": False,
        }  # fmt: skip


async def _stream(
    answering: AsyncGenerator[pipeline.Event, None], whole: _Whole, request_id: str
) -> AsyncIterator[ServerSentEvent]:
    """Number the events and send them."""
    number = 0
    try:
        async with aclosing(_events(answering, whole)) as events:
            async for kind, data in events:
                event = {"type": kind, "sequence_number": number, **data}
                yield ServerSentEvent(json.dumps(event, ensure_ascii=False), event=kind)
                number += 1
    except Exception:  # the outermost layer: the status line is sent already, so the stream says it
        log.exception("request %s failed while streaming", request_id)
        told = f"The service failed on this request; its log has the id {request_id}."
        failed = {"type": "error", "sequence_number": number, "code": "server_error", "message": told, "param": None}
        yield ServerSentEvent(json.dumps(failed), event="error")


async def _events(
    answering: AsyncGenerator[pipeline.Event, None], whole: _Whole
) -> AsyncGenerator[tuple[str, Json], None]:
    """Yield kind and data of each event; the text is one part of one message."""
    at: Json = {}
    async with aclosing(answering) as events:
        async for event in events:
            match event:
                case pipeline.Meta(id):
                    at = {"item_id": f"msg-{id}", "output_index": 0, "content_index": 0}
                    yield "response.created", {"response": whole.begun(id)}
                    yield "response.in_progress", {"response": whole.begun(id)}
                    yield "response.output_item.added", {"output_index": 0, "item": whole.item(id, None, [])}
                    yield "response.content_part.added", {**at, "part": whole.part("", [])}
                case pipeline.Delta(text) if whole.form is None:
                    yield "response.output_text.delta", {**at, "delta": text, "logprobs": []}
                case pipeline.Answer():
                    for ending in _endings(event, whole, at):
                        yield ending


def _endings(answer: pipeline.Answer, whole: _Whole, at: Json) -> list[tuple[str, Json]]:
    """What follows the text: its annotations, and each thing that was begun, whole."""
    response = whole.completed(answer)
    (item,) = response["output"]
    (part,) = item["content"]
    first: list[tuple[str, Json]] = []
    if whole.form is not None:
        first.append(("response.output_text.delta", {**at, "delta": part["text"], "logprobs": []}))
    return [
        *first,
        *(
            ("response.output_text.annotation.added", {**at, "annotation_index": n, "annotation": note})
            for n, note in enumerate(part["annotations"])
        ),
        ("response.output_text.done", {**at, "text": part["text"], "logprobs": []}),
        ("response.content_part.done", {**at, "part": part}),
        ("response.output_item.done", {"output_index": 0, "item": item}),
        ("response.completed", {"response": response}),
    ]
