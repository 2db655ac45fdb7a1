"""POST /v1/chat/completions and GET /v1/models: any OpenAI client uses the service as a model."""

import json
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from sse_starlette import EventSourceResponse, ServerSentEvent

from service import events as pipeline
from service.api import contract, reply
from service.api.ask import PING_SECONDS, last
from service.api.chores import chore, done
from service.api.openai_errors import error_of
from service.api.problems import ProblemError, problem
from service.api.runtime import Admitted, Bound, Current
from service.api.search import messages
from service.write.budget import estimate

log = logging.getLogger(__name__)
router = APIRouter(tags=["openai"])
MODEL = "outline-qa"
CHUNK = "chat.completion.chunk"
# Of what was said before: messages, characters of each, and of all of them.
MESSAGES, CHARACTERS, HISTORY = 50, 20_000, 60_000


@router.get("/v1/models", summary="The model that chat completions name")
async def models(runtime: Current) -> contract.ModelList:
    """List the one model: this service over its documents."""
    created = int(datetime.fromisoformat(runtime.snapshot().manifest.created).timestamp())
    return contract.ModelList(data=[contract.ModelCard(id=MODEL, created=created)])


@router.get("/v1/models/{id}", summary="A model by its name")
async def model(
    id: Annotated[str, Path(description="As GET /v1/models lists it.")], runtime: Current
) -> contract.ModelCard:
    """Describe the one model; 404 for any other."""
    if id != MODEL:
        raise ProblemError(404, f"There is no model {id!r}; the name is {MODEL!r}.")
    return (await models(runtime)).data[0]


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
    said = _said(body.messages)
    first = next((text for role, text in said if role == "user"), "")
    own = chore(said[-1][1], first if len(said) > 1 else "") if said else None
    question, bound = pipeline.Question(said[-1][1]) if own is not None else _question(said), runtime.bound()
    prompt = sum(estimate(message.text()) for message in body.messages)
    if body.stream:
        events = done(own, question.text, bound) if own is not None else bound.answers.answer(question)
        counted = prompt if body.stream_options and body.stream_options.include_usage else None
        chunks = _stream(events, bound, counted, str(request.scope.get("request_id")))
        return EventSourceResponse(chunks, ping=PING_SECONDS, headers={"X-Accel-Buffering": "no"})
    if own is not None:
        *_, answer = [event async for event in done(own, question.text, bound)]
        assert isinstance(answer, pipeline.Answer)
    else:
        answer = await last(question, bound, request)
    message = {"role": "assistant", "content": answer.text, **_extras(answer, bound)}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return JSONResponse(_envelope(answer.id, "chat.completion", [choice]) | {"usage": _usage(prompt, answer.text)})


def _said(turns: Sequence[contract.ChatMessage]) -> list[tuple[str, str]]:
    """What the two sides said, up to the last question."""
    said = [(turn.role, turn.text()) for turn in turns if turn.role in ("user", "assistant")]
    while said and said[-1][0] != "user":
        said.pop()
    return said


def _question(said: Sequence[tuple[str, str]]) -> pipeline.Question:
    """The last question with as much of what was said before as /v1/ask takes; the oldest is left out."""
    history: list[dict[str, str]] = []
    room = HISTORY
    for role, text in reversed(said[:-1][-MESSAGES:]):
        room -= len(text[:CHARACTERS])
        if room < 0:
            break
        history.insert(0, {"role": role, "content": text[:CHARACTERS]})
    # An answer without its question would be read as the start of the conversation.
    while history and history[0]["role"] == "assistant":
        history.pop(0)
    try:  # the limits of /v1/ask hold here too
        asked = contract.AskRequest.model_validate({"question": said[-1][1] if said else "", "history": history})
    except ValidationError as error:
        raise RequestValidationError(
            [{**fault, "loc": ("body", "messages", *fault["loc"])} for fault in error.errors()]
        ) from error
    return pipeline.Question(asked.question, messages(asked.history))


async def _stream(
    answering: AsyncGenerator[pipeline.Event, None], bound: Bound, prompt: int | None, request_id: str
) -> AsyncIterator[ServerSentEvent]:
    """Turn events into chunks; `prompt` is the tokens of the question where the usage is asked for."""
    name = ""
    try:
        async with aclosing(answering) as events:
            async for event in events:
                match event:
                    case pipeline.Meta(id):
                        name = id
                        yield _chunk(name, {"role": "assistant", "content": ""})
                    case pipeline.Delta(text):
                        yield _chunk(name, {"content": text})
                    case pipeline.Answer():
                        yield _chunk(name, _extras(event, bound), "stop")
                        if prompt is not None:
                            usage = _envelope(name, CHUNK, []) | {"usage": _usage(prompt, event.text)}
                            yield ServerSentEvent(json.dumps(usage))
        yield ServerSentEvent("[DONE]")
    except Exception:  # the outermost layer: the status line is sent already, so the stream says it
        log.exception("request %s failed while streaming", request_id)
        failed = problem(500, "The service failed on this request; its log has the id.", request_id=request_id)
        told = json.loads(bytes(failed.body))
        # OpenAI's clients raise on a chunk with `error`.
        yield ServerSentEvent(json.dumps({"error": {**told, **error_of(told)}}))


def _chunk(name: str, delta: dict[str, Any], finish_reason: str | None = None) -> ServerSentEvent:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
    return ServerSentEvent(json.dumps(_envelope(name, CHUNK, [choice]), ensure_ascii=False))


def _envelope(name: str, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": name, "object": kind, "created": int(time.time()), "model": MODEL, "choices": choices}


def _usage(prompt: int, said: str) -> dict[str, int]:
    completion = estimate(said)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _extras(answer: pipeline.Answer, bound: Bound) -> dict[str, Any]:
    """What /v1/ask says beside the text."""
    body = reply.body(answer, bound.snapshot).model_dump()
    return {name: body[name] for name in ("citations", "status", "related", "generator", "degraded", "index_version")}
