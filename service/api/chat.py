"""POST /v1/chat/completions and GET /v1/models: any OpenAI client uses the service as a model."""

import json
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from sse_starlette import EventSourceResponse, ServerSentEvent

from service import events as pipeline
from service.api import contract, reply
from service.api.ask import PING_SECONDS, last
from service.api.problems import ProblemError, problem
from service.api.runtime import Admitted, Bound, Current
from service.api.search import messages

log = logging.getLogger(__name__)
router = APIRouter(tags=["openai"])
MODEL = "outline-qa"


@router.get("/v1/models", summary="The model that chat completions name")
async def models(runtime: Current) -> contract.ModelList:
    """List the one model: this service over its documents."""
    created = int(datetime.fromisoformat(runtime.snapshot().manifest.created).timestamp())
    return contract.ModelList(data=[contract.ModelCard(id=MODEL, created=created)])


@router.post(
    "/v1/chat/completions",
    summary="Ask as an OpenAI client",
    response_model=contract.ChatCompletion,
    dependencies=[Admitted],
    responses={200: {"content": {"text/event-stream": {}}, "description": "JSON, or chunks when streamed"}},
)
async def chat(body: contract.ChatRequest, request: Request, runtime: Current) -> Response:
    """Answer the last user message from the documents; the messages before it are the history.

    The reply of /v1/ask rides in `message.citations`, `status`, `related` and `degraded`, streamed in the last chunk.
    System messages and sampling parameters have no effect.
    """
    if body.model != MODEL:
        raise ProblemError(404, f"There is no model {body.model!r}; the name is {MODEL!r}.")
    question, bound = _question(body.messages), runtime.bound()
    if body.stream:
        events = _stream(question, bound, str(request.scope.get("request_id")))
        return EventSourceResponse(events, ping=PING_SECONDS, headers={"X-Accel-Buffering": "no"})
    answer = await last(question, bound, request)
    message = {"role": "assistant", "content": answer.text, **_extras(answer, bound)}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return JSONResponse(_envelope(answer.id, "chat.completion", choice))


def _question(turns: Sequence[contract.ChatMessage]) -> pipeline.Question:
    said = [(turn.role, turn.text()) for turn in turns if turn.role in ("user", "assistant")]
    while said and said[-1][0] != "user":
        said.pop()
    try:  # the limits of /v1/ask hold here too
        asked = contract.AskRequest.model_validate(
            {
                "question": said[-1][1] if said else "",
                "history": [{"role": role, "content": text} for role, text in said[:-1][-50:]],
            }
        )
    except ValidationError as error:
        raise RequestValidationError(
            [{**fault, "loc": ("body", "messages", *fault["loc"])} for fault in error.errors()]
        ) from error
    return pipeline.Question(asked.question, messages(asked.history))


async def _stream(question: pipeline.Question, bound: Bound, request_id: str) -> AsyncIterator[ServerSentEvent]:
    name = ""
    try:
        async with aclosing(bound.answers.answer(question)) as events:
            async for event in events:
                match event:
                    case pipeline.Meta(id):
                        name = id
                        yield _chunk(name, {"role": "assistant", "content": ""})
                    case pipeline.Delta(text):
                        yield _chunk(name, {"content": text})
                    case pipeline.Answer():
                        yield _chunk(name, _extras(event, bound), "stop")
        yield ServerSentEvent("[DONE]")
    except Exception:  # the outermost layer: the status line is sent already, so the stream says it
        log.exception("request %s failed while streaming", request_id)
        failed = problem(500, "The service failed on this request; its log has the id.", request_id=request_id)
        told = json.loads(bytes(failed.body))
        # OpenAI's clients raise on a chunk with `error`.
        yield ServerSentEvent(json.dumps({"error": {**told, "message": told["detail"]}}))


def _chunk(name: str, delta: dict[str, Any], finish_reason: str | None = None) -> ServerSentEvent:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
    return ServerSentEvent(json.dumps(_envelope(name, "chat.completion.chunk", choice), ensure_ascii=False))


def _envelope(name: str, kind: str, choice: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "object": kind, "created": int(time.time()), "model": MODEL, "choices": [choice]}


def _extras(answer: pipeline.Answer, bound: Bound) -> dict[str, Any]:
    """What /v1/ask says beside the text."""
    body = reply.body(answer, bound.snapshot).model_dump()
    return {name: body[name] for name in ("citations", "status", "related", "generator", "degraded", "index_version")}
