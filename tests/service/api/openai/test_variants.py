"""The surface of OpenAI's client: what their own server takes for a chat model is taken here; docs say what it does."""

import json
from typing import Any, Literal

import openai
import pytest
from pydantic import BaseModel

SYSTEM = {"role": "system", "content": "Be brief."}
USER = {"role": "user", "content": "什么是 LoRA？"}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}


def parts(*content: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": list(content)}]


TEXT = {"type": "text", "text": "什么是 LoRA？"}
MESSAGES = {
    "plain": [USER],
    "system": [SYSTEM, USER],
    "developer": [{"role": "developer", "content": "Be brief."}, USER],
    "system in parts": [{"role": "system", "content": [{"type": "text", "text": "Be brief."}]}, USER],
    "name": [{**USER, "name": "ann"}],
    "one part": parts(TEXT),
    "two parts": parts({"type": "text", "text": "请问："}, TEXT),
    "empty part": parts({"type": "text", "text": ""}, TEXT),
    "image": parts(IMAGE, TEXT),
    "audio": parts({"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}, TEXT),
    "file": parts({"type": "file", "file": {"file_id": "f"}}, TEXT),
    "input_text": parts({"type": "input_text", "text": "什么是 LoRA？"}),
    "history": [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "你好！"}, USER],
    "refusal": [{"role": "user", "content": "x"}, {"role": "assistant", "refusal": "no", "content": None}, USER],
    "refusal part": [USER, {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}, USER],
    "tool results": [
        {"role": "user", "content": "天气？"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": "晴"},
        USER,
    ],
    "function result": [{"role": "function", "name": "f", "content": "1"}, USER],
    "two questions": [{"role": "user", "content": "请看："}, USER],
    "assistant last": [USER, {"role": "assistant", "content": "LoRA 是"}],
    "system last": [USER, SYSTEM],
}
OPTIONS: dict[str, dict[str, Any]] = {
    "temperature": {"temperature": 0, "top_p": 0.5},
    "penalties": {"presence_penalty": 1.0, "frequency_penalty": -1.0},
    "limits": {"max_tokens": 10, "max_completion_tokens": 10},
    "stop": {"stop": ["。"]},
    "stop text": {"stop": "。"},
    "n": {"n": 2},
    "seed": {"seed": 3, "user": "u"},
    "logprobs": {"logprobs": True, "top_logprobs": 2},
    "logit_bias": {"logit_bias": {"50256": -100}},
    "tools": {"tools": [TOOL], "tool_choice": "auto", "parallel_tool_calls": False},
    "tool choice": {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "weather"}}},
    "functions": {"functions": [{"name": "f", "parameters": {}}], "function_call": "none"},
    "text": {"response_format": {"type": "text"}},
    "metadata": {"metadata": {"a": "b"}, "store": True},
    "tier": {"service_tier": "auto", "reasoning_effort": "low", "verbosity": "low"},
    "audio": {"modalities": ["text"], "prediction": {"type": "content", "content": "x"}},
    "search": {"web_search_options": {}},
    "cache": {"prompt_cache_key": "k", "safety_identifier": "s"},
    "nulls": {"stop": None, "temperature": None, "n": None, "stream": None, "tools": None, "response_format": None},
}


def create(ai: openai.OpenAI, **body: Any) -> Any:
    return ai.chat.completions.create(**{"model": "outline-qa", "messages": [USER], **body})


@pytest.mark.parametrize("messages", MESSAGES.values(), ids=MESSAGES)
def test_messages(ai: openai.OpenAI, messages: list[dict[str, Any]]) -> None:
    message = create(ai, messages=messages).choices[0].message
    assert message.status == "answered"
    assert "LoRA" in message.content


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("stream", [False, True])
def test_options(ai: openai.OpenAI, options: dict[str, Any], stream: bool) -> None:
    plain = create(ai).choices[0].message.content
    if stream:
        chunks = create(ai, **options | {"stream": True, "stream_options": {"include_usage": True}})
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == plain
    else:
        reply = create(ai, **options)
        assert [choice.message.content for choice in reply.choices] == [plain]
        assert reply.usage.total_tokens > 0


def test_raw_and_streamed_helpers(ai: openai.OpenAI) -> None:
    raw = ai.chat.completions.with_raw_response.create(model="outline-qa", messages=[USER])  # type: ignore[list-item]
    assert raw.headers["x-request-id"]
    assert raw.parse().choices[0].message.content
    with ai.chat.completions.stream(model="outline-qa", messages=[USER]) as stream:  # type: ignore[list-item]
        assert "content.delta" in {event.type for event in stream}
        assert stream.get_final_completion().choices[0].message.content == create(ai).choices[0].message.content


@pytest.mark.parametrize("stream", [False, True])
def test_json_object(ai: openai.OpenAI, stream: bool) -> None:
    plain = create(ai).choices[0].message
    reply = create(ai, response_format={"type": "json_object"}, stream=stream)
    content = (
        "".join(chunk.choices[0].delta.content or "" for chunk in reply) if stream else reply.choices[0].message.content
    )
    said = json.loads(content)
    assert (said["status"], said["answer"], said["citations"]) == ("answered", plain.content, plain.citations)


class Quote(BaseModel):
    quote: str
    start: int


class Form(BaseModel):
    answer: str
    status: Literal["answered", "declined", "not_in_documents", "listed_unanswered"]
    citations: list[Quote]
    degraded: str | None


class Weather(BaseModel):
    degrees: float


def test_json_schema_is_filled_in(ai: openai.OpenAI) -> None:
    messages: Any = [USER]
    said = ai.chat.completions.parse(model="outline-qa", messages=messages, response_format=Form).choices[0].message
    plain = create(ai).choices[0].message
    assert said.parsed
    assert (said.parsed.answer, said.parsed.status) == (plain.content, "answered")
    assert [each.quote for each in said.parsed.citations] == [each["quote"] for each in plain.citations]


def test_a_schema_that_no_reply_fills_in_is_refused(ai: openai.OpenAI) -> None:
    messages: Any = [USER]
    with pytest.raises(openai.BadRequestError, match="'degrees', which no reply has") as refused:
        ai.chat.completions.parse(model="outline-qa", messages=messages, response_format=Weather)
    assert (refused.value.param, refused.value.type) == ("response_format.json_schema", "invalid_request_error")
    with pytest.raises(openai.BadRequestError, match="json_schema"):
        create(ai, response_format={"type": "grammar"})


def test_what_the_service_has_not_is_said_in_their_envelope(ai: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        ai.embeddings.create(model="outline-qa", input="x")
    assert missing.value.code == "unknown_url"
    with pytest.raises(openai.BadRequestError) as wrong:
        create(ai, messages=[])
    assert wrong.value.param == "messages"
