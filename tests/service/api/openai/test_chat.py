"""The service as a model of OpenAI's clients: their own client, over a socket."""

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam
from starlette.testclient import TestClient

from ingest.index.snapshot import Snapshot
from service.api.ask import wants_events
from service.api.openai.conversation import asked
from service.understand.follow_ups import Message

QUESTION: list[ChatCompletionMessageParam] = [{"role": "user", "content": "QLoRA 为什么省显存？"}]


def test_models(ai: openai.OpenAI, snapshot: Snapshot) -> None:
    (model,) = ai.models.list().data
    assert (model.id, model.object) == ("outline-qa", "model")
    assert model.created > 1_700_000_000


def test_a_question_is_answered_with_citations(ai: openai.OpenAI, snapshot: Snapshot) -> None:
    reply = ai.chat.completions.create(model="outline-qa", messages=QUESTION, temperature=0.2, max_tokens=100)
    (choice,) = reply.choices
    assert (choice.finish_reason, choice.message.role) == ("stop", "assistant")
    said = choice.message.model_dump()
    assert said["status"] == "answered"
    assert "[1]" in said["content"]
    for citation in said["citations"]:
        assert snapshot.documents[citation["document"]][citation["start"] : citation["end"]] == citation["quote"]


def test_a_stream_says_the_same_and_ends_with_the_citations(ai: openai.OpenAI) -> None:
    plain = ai.chat.completions.create(model="outline-qa", messages=QUESTION).choices[0].message.model_dump()
    chunks = list(ai.chat.completions.create(model="outline-qa", messages=QUESTION, stream=True))
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == plain["content"]
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    last = chunks[-1].choices[0].delta.model_dump()
    assert last["citations"] == plain["citations"] != []
    assert last["status"] == "answered"


def test_messages_before_the_last_question_are_its_history(ai: openai.OpenAI) -> None:
    messages: list[ChatCompletionMessageParam] = [
        {"role": "system", "content": "Answer like a pirate."},
        {"role": "user", "content": [{"type": "text", "text": "什么是 LoRA？"}]},
        {"role": "assistant", "content": "LoRA 是低秩适配。"},
        {"role": "user", "content": "它有什么缺点？"},
    ]
    said = ai.chat.completions.create(model="outline-qa", messages=messages).choices[0].message.model_dump()
    assert said["status"] == "answered"
    assert any("LoRA" in heading for citation in said["citations"] for heading in citation["heading_path"])


def test_listed_questions_stay_listed(ai: openai.OpenAI) -> None:
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "什么是模型剪枝？"}]
    said = ai.chat.completions.create(model="outline-qa", messages=messages).choices[0].message.model_dump()
    assert said["status"] == "listed_unanswered"
    assert said["related"]


def test_another_model_is_not_found(ai: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        ai.chat.completions.create(model="gpt-x", messages=QUESTION)
    assert "There is no model 'gpt-x'" in refused.value.response.json()["detail"]
    assert "There is no model 'gpt-x'" in refused.value.message
    assert (refused.value.type, refused.value.code) == ("invalid_request_error", "model_not_found")
    with pytest.raises(openai.NotFoundError, match="There is no model 'gpt-x'"):
        ai.models.retrieve("gpt-x")
    assert ai.models.retrieve("outline-qa").id == "outline-qa"


@pytest.mark.parametrize("messages", [[{"content": "?"}], [], "x", [{"role": "user", "content": 3}]])
def test_messages_that_are_none(client: TestClient, messages: list[dict[str, str]]) -> None:
    reply = client.post("/v1/chat/completions", json={"model": "outline-qa", "messages": messages})
    assert reply.status_code == 400
    assert reply.headers["content-type"] == "application/problem+json"
    assert "messages" in reply.json()["errors"][0]["field"]
    assert reply.json()["error"]["message"] == reply.json()["detail"]
    assert reply.json()["error"]["type"] == "invalid_request_error"
    assert reply.json()["error"]["param"] == reply.json()["errors"][0]["field"]


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "user", "content": "  "}],
        [{"role": "system", "content": "no question"}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}],
        [{"role": "assistant", "content": "你好"}],
    ],
)
def test_who_asks_nothing_is_told_what_to_ask(client: TestClient, messages: list[dict[str, str]]) -> None:
    """OpenAI's own server takes such messages."""
    reply = client.post("/v1/chat/completions", json={"model": "outline-qa", "messages": messages})
    message = reply.json()["choices"][0]["message"]
    assert (message["status"], message["citations"]) == ("not_in_documents", [])
    assert "\n- " in message["content"]


@pytest.mark.parametrize(
    "content",
    ["背景说明。" * 500 + "\n什么是 LoRA？", "什么是 LoRA？\n" + "背景说明。" * 500],
)
def test_of_a_long_question_the_part_that_asks_is_read(client: TestClient, content: str) -> None:
    messages = [{"role": "user", "content": content}]
    message = client.post("/v1/chat/completions", json={"model": "outline-qa", "messages": messages}).json()["choices"][
        0
    ]["message"]
    assert message["status"] == "answered"
    assert "LoRA" in message["content"]
    assert message["degraded"] == "消息太长，只读了其末尾或提问的部分。"


def test_tokens_are_counted_and_streamed_when_asked_for(ai: openai.OpenAI) -> None:
    usage = ai.chat.completions.create(model="outline-qa", messages=QUESTION).usage
    assert usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert min(usage.prompt_tokens, usage.completion_tokens) > 10
    chunks = list(
        ai.chat.completions.create(
            model="outline-qa", messages=QUESTION, stream=True, stream_options={"include_usage": True}
        )
    )
    assert (chunks[-1].choices, chunks[-1].usage) == ([], usage)
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert all(chunk.usage is None for chunk in chunks[:-1])


@pytest.mark.parametrize(
    "more",
    [
        {"stream": None, "stream_options": None, "max_tokens": None, "temperature": None},
        {"n": 3, "temperature": 7.5, "max_completion_tokens": 1, "logprobs": True, "user": "x", "seed": 1},
        {"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "auto"},
        {"response_format": {"type": "text"}, "parallel_tool_calls": None},
    ],
)
def test_what_the_service_has_no_use_for_does_no_harm(client: TestClient, more: dict[str, object]) -> None:
    reply = client.post("/v1/chat/completions", json={"model": "outline-qa", "messages": QUESTION, **more})
    assert reply.status_code == 200
    assert len(reply.json()["choices"]) == 1
    assert reply.json()["choices"][0]["message"]["status"] == "answered"


@pytest.mark.parametrize(
    "turns",
    [
        [{"role": "user", "content": [{"type": "text", "text": None}, {"type": "text", "text": "什么是 LoRA？"}]}],
        [{"role": "user", "content": [{"type": "image_url"}, {"type": "text", "text": "LoRA 是什么？"}]}],
        [{"role": "developer", "content": ""}, {"role": "system", "content": None}, *QUESTION],
        [
            {"role": "user", "content": ""},
            {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
            {"role": "tool", "content": "x", "tool_call_id": "1"},
            {"role": "user", "content": "什么是 LoRA？"},
            {"role": "assistant", "content": "LoRA"},
        ],
    ],
)  # fmt: skip
def test_messages_of_every_form(client: TestClient, turns: list[dict[str, object]]) -> None:
    reply = client.post("/v1/chat/completions", json={"model": "outline-qa", "messages": turns})
    assert reply.json()["choices"][0]["message"]["status"] == "answered"


def test_of_a_long_chat_the_oldest_messages_are_left_out(client: TestClient) -> None:
    turns = [
        turn
        for n in range(150)
        for turn in (
            {"role": "user", "content": f"第 {n} 个问题是什么？"},
            {"role": "assistant", "content": "残差连接让梯度更顺畅。" * 120},
        )
    ]
    turns[1]["content"] = "长" * 30_000
    body = {"model": "outline-qa", "messages": [*turns, *QUESTION]}
    reply = client.post("/v1/chat/completions", json=body)
    assert reply.status_code == 200
    assert reply.json()["choices"][0]["message"]["status"] == "answered"
    said = [("user", "一？"), ("assistant", "甲" * 30_000), ("user", "二？"), ("assistant", "乙" * 50_000)]
    said += [("user", "三？"), ("assistant", "丙" * 19_999), ("user", "四？")]
    question = asked([Message(*turn) for turn in said]).question
    assert [(m.role, len(m.content)) for m in question.history] == [
        ("user", 2), ("assistant", 20_000), ("user", 2), ("assistant", 19_999)
    ]  # fmt: skip


def test_a_body_that_is_too_large_is_an_error_that_clients_show(ai: openai.OpenAI) -> None:
    with pytest.raises(openai.APIStatusError, match="The body is over") as refused:
        ai.chat.completions.create(model="outline-qa", messages=[{"role": "user", "content": "长" * (3 << 20)}])
    assert refused.value.status_code == 413
    assert refused.value.code == "request_too_large"


def test_a_title_is_the_first_question_cut(ai: openai.OpenAI) -> None:
    messages: list[ChatCompletionMessageParam] = [
        {"role": "user", "content": "请比较全量微调、LoRA、QLoRA 与前缀微调在显存、速度、效果和部署四个方面的差别？"},
        {"role": "assistant", "content": "……"},
        {"role": "user", "content": "Provide a concise, 5-word-or-less title for the conversation"},
    ]
    title = ai.chat.completions.create(model="outline-qa", messages=messages).choices[0].message.content
    assert title == "请比较全量微调、LoRA、QLoRA 与前缀微调在显存、速度、效果和部署四个方…"
    assert len(title) == 40


@pytest.mark.parametrize(
    ("accept", "events"),
    [
        ("text/event-stream", True),
        ("application/json, text/event-stream", True),
        ("text/event-stream;q=0, application/json", False),
        ("Text/Event-Stream; q=0.5, application/json;q=0.4", True),
        ("text/event-stream;q=0.1, application/json;q=0.9", False),
        ("text/event-stream; q=0.000", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_events_are_for_those_who_want_them(accept: str, events: bool) -> None:
    assert wants_events(accept) == events
