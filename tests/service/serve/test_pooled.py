"""Answers that replicas share: two of them, and a real Redis between."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ingest.chunk.chunker import Head, Note
from ingest.parse.outline import Entry
from service.check.quotes import Citation
from service.events import Answer, Delta, Event, Meta, Question, Sources
from service.language.phrases import Missing
from service.search.passages import Passage
from service.search.retrieve import Query, Scope
from service.serve import pooled
from service.serve.pooled import NAMES, RedisPool
from service.serve.shared import Generate
from service.serve.wire import events_of, packed
from service.understand.follow_ups import Message
from tests.support.redis import RedisServer, redis_server

__all__ = ["redis_server"]

QUESTION = Question("什么是 LoRA？", [Message("user", "微调")], Scope(frozenset({5, 3})), "zh")
HEAD, NOTE = Head(0, 2, "|a|"), Note(9, 12, "[^1]: x")
PASSAGE = Passage("c-1", "5.4", "a.md", ("5. 微调", "LoRA"), 3, 9, "低秩\n😕", 0.5, HEAD, (NOTE,))
CITATION = Citation(1, PASSAGE, "低秩", 3, 5, 0.9)
ENTRY = Entry("5.4", "a.md", 5, "微调", 4, 5, "LoRA？", True, 0, 3, 9)


class Writer:
    """Says three words when it is let; counts its runs and whether they were closed."""

    def __init__(self, missing: tuple[Missing, ...] = ()) -> None:
        self.missing, self.started, self.closed = missing, 0, 0
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, question: Question) -> AsyncGenerator[Event, None]:
        self.started += 1
        try:
            yield Meta("a-0", "v", "fake")
            yield Sources((replace(PASSAGE, asked=(Query("q", np.ones(2, np.float32), (), (), "q", "q"),)),))
            await self.go.wait()
            yield Delta("低秩 ")
            yield CITATION
            yield Answer(
                "a-0", "answered", "低秩 [1]", (CITATION,), (ENTRY,), "fake", None, "v", question.text,
                {"write": 5.0, "total": 9.0}, ("model",), "rule", self.missing, 1, 2, ("微调",), {"link": 1},
                True, ("滤网",),
            )  # fmt: skip
        finally:
            self.closed += 1


@asynccontextmanager
async def replicas(server: RedisServer, count: int = 2) -> Any:
    pools = [RedisPool.at(server.address) for _ in range(count)]
    try:
        yield pools
    finally:
        for pool in pools:
            await pool.close()


async def read(answers: Generate, question: Question = QUESTION) -> list[Event]:
    async with aclosing(answers(question)) as events:
        return [event async for event in events]


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 60))


def without_times(events: list[Event]) -> list[Event]:
    return [replace(each, timings_ms={}) if isinstance(each, Answer) else each for each in events]


def test_events_come_back_as_they_were() -> None:
    async def test() -> None:
        events = [event async for event in Writer(("reranker_late",))(QUESTION)]
        assert events_of(packed(events)) == events  # what a passage was drawn for is not compared
        passages = [each.passages for each in events_of(packed(events)) if isinstance(each, Sources)]
        assert passages[0][0].asked == ()

    run(test)


@pytest.mark.parametrize("lines", [b"", b'["Odd", {}]', b'["Delta", {"txt": ""}]', b"no json"])
def test_what_another_release_wrote(lines: bytes) -> None:
    if lines:
        with pytest.raises(ValueError, match=r"release|Expecting"):
            events_of(lines)
    else:
        assert events_of(lines) == []


def test_one_makes_what_two_are_asked_for_and_it_is_kept(redis_server: RedisServer) -> None:
    async def test() -> None:
        async with replicas(redis_server) as pools:
            writers = [Writer(), Writer()]
            writers[0].go.clear()
            one, other = (p.answers(w, ("v",), 60, 10) for p, w in zip(pools, writers, strict=True))
            first = asyncio.create_task(read(one))
            while not writers[0].started:
                await asyncio.sleep(0.01)
            second = asyncio.create_task(read(other))
            await asyncio.sleep(0.2)
            writers[0].go.set()
            given, shared = await first, await second
            assert [each.started for each in writers] == [1, 0]
            assert without_times(shared) == without_times(given)
            assert isinstance(given[-1], Answer)
            assert isinstance(shared[-1], Answer)
            assert given[-1].timings_ms == {"write": 5.0, "total": 9.0}
            assert set(shared[-1].timings_ms) == {"total"}
            assert without_times(await read(other)) == without_times(given)
            await pools[1].forget()
            await read(other)
            assert [each.started for each in writers] == [1, 1]

    run(test)


@pytest.mark.parametrize(
    "other",
    [
        replace(QUESTION, text="什么是 QLoRA？"),
        replace(QUESTION, history=()),
        replace(QUESTION, scope=Scope(frozenset({5}))),
        replace(QUESTION, language="en"),
    ],
)
def test_another_question_is_another_answer(redis_server: RedisServer, other: Question) -> None:
    async def test() -> None:
        async with replicas(redis_server, 1) as (pool,):
            writer = Writer()
            answers = pool.answers(writer, ("v",), 60, 10)
            same = replace(QUESTION, scope=Scope(frozenset({3, 5})))
            for question in (QUESTION, same, other):
                await read(answers, question)
            assert writer.started == 2
            await read(pool.answers(writer, ("another index",), 60, 10))
            assert writer.started == 3

    run(test)


@pytest.mark.parametrize(("missing", "brief", "most"), [((), 10, 60), (("reranker_late",), 10, 10)])
def test_what_something_was_missing_for_is_kept_briefly(
    redis_server: RedisServer, missing: tuple[Missing, ...], brief: float, most: float
) -> None:
    async def test() -> None:
        async with replicas(redis_server, 1) as (pool,):
            await read(pool.answers(Writer(missing), ("v",), 60, brief))
            (name,) = [each async for each in pool.client.scan_iter(f"{NAMES}*")]
            assert most - 5 < await pool.client.ttl(name) <= most

    run(test)


def test_what_is_not_to_be_kept_is_made_again(redis_server: RedisServer) -> None:
    async def test() -> None:
        async with replicas(redis_server, 1) as (pool,):
            writer = Writer(("reranker_late",))
            answers = pool.answers(writer, ("v",), 60, 0)
            await read(answers)
            await read(answers)
            assert writer.started == 2

    run(test)


@pytest.mark.parametrize("killed", [False, True])
def test_another_goes_on_where_one_ends_in_the_middle(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    """One whose reader leaves says so; the lease of one that was killed ends."""

    async def test() -> None:
        monkeypatch.setattr(pooled, "LEASE", 0.5)
        monkeypatch.setattr(pooled, "BEAT", 60 if killed else 0.1)
        async with replicas(redis_server) as pools:
            writers = [Writer(), Writer()]
            writers[0].go.clear()
            one, other = (p.answers(w, ("v",), 60, 10) for p, w in zip(pools, writers, strict=True))
            leaves = one(QUESTION)
            assert isinstance(await anext(leaves), Meta)
            follower = asyncio.create_task(read(other))
            await asyncio.sleep(0.2)
            assert writers[1].started == 0
            if not killed:
                await asyncio.sleep(0.6)  # longer than the lease, which is renewed
                assert writers[1].started == 0
                await leaves.aclose()
            answer = (await follower)[-1]
            assert isinstance(answer, Answer)
            assert writers[1].started == 1
            await leaves.aclose()

    run(test)


def test_a_failure_is_nobody_elses(redis_server: RedisServer) -> None:
    async def test() -> None:
        async def fails(_: Question) -> AsyncGenerator[Event, None]:
            yield Meta("a-0", "v", "fake")
            raise RuntimeError("broken")

        async with replicas(redis_server) as pools:
            with pytest.raises(RuntimeError, match="broken"):
                await read(pools[0].answers(fails, ("v",), 60, 10))
            writer = Writer()
            await read(pools[1].answers(writer, ("v",), 60, 10))
            assert writer.started == 1

    run(test)


def test_without_redis_each_makes_its_own(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        async with replicas(redis_server) as pools:
            writers = [Writer(), Writer()]
            answers = [p.answers(w, ("v",), 60, 10) for p, w in zip(pools, writers, strict=True)]
            redis_server.stop()
            for each in answers:
                await read(each)
            assert [each.started for each in writers] == [1, 1]
            assert "answers are made in each process" in caplog.text
            await pools[0].forget()  # says so, and ends nothing
            redis_server.start()
            monkeypatch.setattr(pooled, "AGAIN", 0.0)
            for each in answers:
                each._retry = 0.0
                await read(each)
            assert [each.started for each in writers] == [2, 1]

    run(test)


def test_an_address_that_is_none() -> None:
    with pytest.raises(ValueError, match=r"answer\.storage"):
        RedisPool.at("mysql://x")
