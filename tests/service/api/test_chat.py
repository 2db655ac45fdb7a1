"""The service as a model of OpenAI's clients: their own client, over a socket."""

from collections.abc import Iterator

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam
from starlette.testclient import TestClient

from benchmarks.loopback import serve
from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings

QUESTION: list[ChatCompletionMessageParam] = [{"role": "user", "content": "QLoRA 为什么省显存？"}]


@pytest.fixture(scope="module")
def ai(settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot) -> Iterator[openai.OpenAI]:
    with (
        serve(create_app(Service(settings, embedder))) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client,
    ):
        yield client


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
    assert any("LoRA" in citation["quote"] for citation in said["citations"])


def test_listed_questions_stay_listed(ai: openai.OpenAI) -> None:
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "什么是模型剪枝？"}]
    said = ai.chat.completions.create(model="outline-qa", messages=messages).choices[0].message.model_dump()
    assert said["status"] == "listed_unanswered"
    assert said["related"]


def test_another_model_is_not_found(ai: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        ai.chat.completions.create(model="gpt-x", messages=QUESTION)
    assert "There is no model 'gpt-x'" in refused.value.response.json()["detail"]


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "user", "content": "  "}],
        [{"role": "system", "content": "no question"}],
        [{"role": "user", "content": "长" * 2001}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}],
        [{"content": "?"}],
        [],
    ],
)
def test_messages_without_a_question(client: TestClient, messages: list[dict[str, str]]) -> None:
    reply = client.post("/v1/chat/completions", json={"model": "outline-qa", "messages": messages})
    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"
    assert "messages" in reply.json()["errors"][0]["field"]
