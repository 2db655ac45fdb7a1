"""POST /v1/chat/completions: any OpenAI client uses the service as a model."""

import json
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sse_starlette import ServerSentEvent

from service import events as pipeline
from service.api import reply
from service.api.ask import begun, event_reply, last
from service.api.openai.answer import answer_chat
from service.api.openai.bodies import ChatCompletion, ChatMessage, ChatRequest, Form, ResponseFormat
from service.api.openai.errors import error_of
from service.api.openai.forms import check_form, filled
from service.api.openai.models import MODEL, check_model
from service.api.problems import ProblemError, problem
from service.api.runtime import Admitted, Bound, Current
from service.understand.follow_ups import Message
from service.write.budget import estimate

log = logging.getLogger(__name__)
router = APIRouter(tags=["openai"])
CHUNK = "chat.completion.chunk"
FORMAT = "response_format"
# What /v1/ask says beside the text.
EXTRAS = (
    "citations",
    "status",
    "related",
    "generator",
    "degraded",
    "degraded_codes",
    "lacks",
    "index_version",
)


@router.post(
    "/v1/chat/completions",
    summary="Ask as an OpenAI client",
    response_model=ChatCompletion,
    dependencies=[Admitted],
    responses={200: {"content": {"text/event-stream": {}}, "description": "JSON, or chunks when streamed"}},
)
async def chat(body: ChatRequest, request: Request, runtime: Current) -> Response:
    """Answer the last user message from the documents; the messages before it are the history.

    The reply of /v1/ask rides in `message.citations`, `status`, `related` and `degraded`, streamed in the last chunk.
    With a `response_format` the content is JSON. System messages and sampling parameters have no effect.
    """
    check_model(body.model)
    form, bound = form_of(body.response_format, FORMAT), runtime.bound()
    events = answer_chat(turns(body.messages), bound, runtime.store)
    prompt = sum(estimate(message.text()) for message in body.messages)
    if body.stream:
        counted = prompt if body.stream_options and body.stream_options.include_usage else None
        chunks = _stream(await begun(events), bound, form, counted, str(request.scope.get("request_id")))
        return event_reply(chunks)
    answer = await last(events, request)
    content = content_of(answer, bound, form)
    message = {"role": "assistant", "content": content, "refusal": None, **_extras(answer, bound)}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return JSONResponse(_envelope(answer.id, "chat.completion", [choice]) | {"usage": _usage(prompt, content)})


def turns(messages: Sequence[ChatMessage]) -> list[Message]:
    """What the two sides said; orders to a model, and what tools gave, are left out."""
    return [Message(turn.role, turn.text()) for turn in messages if turn.role in ("user", "assistant")]


def form_of(wanted: ResponseFormat | None, field: str) -> Form | None:
    """Return the form of the content, None for plain text; ProblemError (400) for one that no reply fills in."""
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return Form()
    if wanted.type != "json_schema" or wanted.json_schema is None:
        told = f"type {wanted.type!r} is none of 'text', 'json_object' and 'json_schema' (with its schema)."
        raise ProblemError(400, told, field=field)
    check_form(wanted.json_schema, f"{field}.json_schema")
    return wanted.json_schema


def content_of(answer: pipeline.Answer, bound: Bound, form: Form | None) -> str:
    """Return the text of an answer, or its JSON in a form."""
    if form is None:
        return answer.text
    whole = reply.body(answer, bound.snapshot).model_dump(exclude={"timings_ms"})
    return json.dumps(filled(form, whole), ensure_ascii=False)


async def _stream(
    events: AsyncGenerator[pipeline.Event, None], bound: Bound, form: Form | None, prompt: int | None, request_id: str
) -> AsyncIterator[ServerSentEvent]:
    """Turn events into chunks; JSON comes in one. `prompt` is the question's tokens where the usage is asked for."""
    name = ""
    try:
        async with aclosing(events):
            async for event in events:
                match event:
                    case pipeline.Meta(id):
                        name = id
                        yield _chunk(name, {"role": "assistant", "content": ""})
                    case pipeline.Delta(text) if form is None:
                        yield _chunk(name, {"content": text})
                    case pipeline.Answer():
                        content = content_of(event, bound, form)
                        if form is not None:
                            yield _chunk(name, {"content": content})
                        yield _chunk(name, _extras(event, bound), "stop")
                        if prompt is not None:
                            usage = _envelope(name, CHUNK, []) | {"usage": _usage(prompt, content)}
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
    return {name: body[name] for name in EXTRAS}
