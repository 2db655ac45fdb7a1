"""The stream from the model's server by itself: whose patience holds, and that many at once leave others a turn."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from benchmarks.faulty_llm import MODEL, faulty_llm
from service.write.replicas import Replicas
from service.write.vllm import ChatModel


def chat(url: str) -> ChatModel:
    return ChatModel(Replicas([url], "EMPTY", MODEL), MODEL, 100, 0, 10, 10, {})


async def text_of(stream: AsyncIterator[str]) -> str:
    return "".join([text async for text in stream])


def test_no_patience_but_the_settings_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGCHAIN_OPENAI_STREAM_CHUNK_TIMEOUT_S", "0.1")
    with faulty_llm(answer="它在写，只是很慢。", size=4, pause=0.4) as llm:
        assert asyncio.run(text_of(chat(llm.url).stream("system", "question"))) == "它在写，只是很慢。"


def test_many_answers_begin_one_a_turn_of_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    turns, begun = 0, list[int]()

    async def started(*_: Any) -> AsyncIterator[str]:
        begun.append(turns)
        yield "x"

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def many() -> None:
        counting = asyncio.create_task(count())
        await asyncio.gather(*(text_of(model.stream("system", "question")) for _ in range(20)))
        counting.cancel()

    model = chat("http://127.0.0.1:9/v1")
    monkeypatch.setattr(model, "_from", started)
    asyncio.run(many())
    assert len(set(begun)) == len(begun) == 20
