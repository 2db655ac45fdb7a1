"""One generation for all who ask the same, and what ends it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any

import pytest

from service.events import Answer, Delta, Event, Meta, Question
from service.language.phrases import Missing
from service.search.retrieve import Scope
from service.serve.shared import AHEAD, SharedAnswers
from service.understand.follow_ups import Message

QUESTION = Question("什么是 LoRA？")


class Generator:
    """Says "1 ", "2 ", ... when it is let; counts its runs and whether they were closed."""

    def __init__(self, length: int = 3, missing: Missing | None = None, failure: Exception | None = None) -> None:
        self.length, self.missing, self.failure = length, missing, failure
        self.started = self.closed = self.said = 0
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, question: Question) -> AsyncGenerator[Event, None]:
        self.started += 1
        try:
            yield Meta("a-0", "v", "fake")
            for number in range(1, self.length + 1):
                await self.go.wait()
                self.said = number
                yield Delta(f"{number} ")
            if self.failure:
                raise self.failure
            text = "".join(f"{number} " for number in range(1, self.length + 1))
            timings = {"write": 5.0, "total": 9.0}
            missing = (self.missing,) if self.missing else ()
            yield Answer("a-0", "answered", text, (), (), "fake", None, "v", question.text, timings, missing=missing)
        finally:
            self.closed += 1


def shared(
    generator: Generator, size: int = 10, seconds: float = 60, brief: float = 10
) -> tuple[SharedAnswers, list[str]]:
    hits: list[str] = []
    return SharedAnswers(generator, size, seconds, brief, hits.append), hits


async def read(answers: SharedAnswers, question: Question = QUESTION) -> list[Event]:
    async with aclosing(answers.answer(question)) as events:
        return [event async for event in events]


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 30))


def whole(events: list[Event]) -> Answer:
    assert isinstance(events[-1], Answer)
    return events[-1]


async def slowly(generator: Generator, answers: SharedAnswers, events: list[Event]) -> None:
    """Read the first event, and look at it until all others are made."""
    generator.go.clear()
    async with aclosing(answers.answer(QUESTION)) as given:
        async for event in given:
            events.append(event)
            generator.go.set()
            while not generator.closed:
                await asyncio.sleep(0)
            for _ in range(5):
                await asyncio.sleep(0)


def test_who_reads_slowly_gets_all_of_what_ended_meanwhile() -> None:
    async def test() -> None:
        generator, events = Generator(), list[Event]()
        await slowly(generator, shared(generator)[0], events)
        assert whole(events).text == "1 2 3 "

    run(test)


def test_what_failed_meanwhile_is_told_after_what_was_said() -> None:
    async def test() -> None:
        generator, events = Generator(failure=ValueError("gone")), list[Event]()
        with pytest.raises(ValueError, match="gone"):
            await slowly(generator, shared(generator)[0], events)
        assert [event.text for event in events if isinstance(event, Delta)] == ["1 ", "2 ", "3 "]

    run(test)


def test_who_asks_at_once_share_one_generation_under_ids_of_their_own() -> None:
    async def test() -> None:
        generator = Generator()
        answers, hits = shared(generator)
        found = await asyncio.gather(*(read(answers) for _ in range(5)))
        assert generator.started == generator.closed == 1
        assert {"".join(e.text for e in events if isinstance(e, Delta)) for events in found} == {"1 2 3 "}
        ids = {whole(events).id for events in found}
        assert len(ids) == 5
        assert "a-0" not in ids
        for events in found:
            assert isinstance(events[0], Meta)
            assert events[0].id == whole(events).id
        assert sorted(hits) == ["new", *["shared"] * 4]

    run(test)


def test_a_finished_answer_is_kept_and_its_time_is_the_readers_own() -> None:
    async def test() -> None:
        generator = Generator()
        answers, hits = shared(generator)
        first, second = await read(answers), await read(answers)
        assert generator.started == 1
        assert whole(first).timings_ms == {"write": 5.0, "total": 9.0}
        assert set(whole(second).timings_ms) == {"total"}
        assert hits == ["new", "kept"]

    run(test)


@pytest.mark.parametrize(
    "other",
    [
        Question("什么是 QLoRA？"),
        Question("什么是 LoRA？", [Message("user", "微调")]),
        Question("什么是 LoRA？", scope=Scope(min_stars=4)),
        Question("什么是 LoRA？", language="en"),
    ],
)
def test_another_question_is_another_generation(other: Question) -> None:
    async def test() -> None:
        generator = Generator()
        answers, _ = shared(generator)
        await read(answers)
        await read(answers, other)
        assert generator.started == 2

    run(test)


@pytest.mark.parametrize(
    ("missing", "after", "made"),
    [("reranker_late", 9, 1), ("reranker_late", 11, 2), (None, 11, 1), (None, 59, 1), (None, 61, 2)],
)
def test_what_something_was_missing_for_is_kept_briefly(missing: Missing | None, after: float, made: int) -> None:
    async def test() -> None:
        now = 1000.0
        generator = Generator(missing=missing)
        answers = SharedAnswers(generator, 10, 60, 10, lambda _: None, lambda: now)
        await read(answers)
        now += after
        await read(answers)
        assert generator.started == made

    run(test)


@pytest.mark.parametrize(("size", "seconds"), [(0, 60.0), (10, 0.0)])
def test_kept_answers_are_bound_in_number_and_time(size: int, seconds: float) -> None:
    async def test() -> None:
        generator = Generator()
        answers, _ = shared(generator, size, seconds)
        await read(answers)
        await read(answers)
        assert generator.started == 2

    run(test)


def test_one_who_leaves_does_not_stop_the_others() -> None:
    async def test() -> None:
        generator = Generator()
        generator.go.clear()
        answers, _ = shared(generator)
        stays = asyncio.create_task(read(answers))
        async with aclosing(answers.answer(QUESTION)) as events:
            assert isinstance(await anext(events), Meta)
        assert generator.closed == 0
        generator.go.set()
        assert whole(await stays).text == "1 2 3 "

    run(test)


def test_the_generation_stops_before_the_last_reader_has_left() -> None:
    async def test() -> None:
        generator = Generator()
        generator.go.clear()
        answers, _ = shared(generator)
        async with aclosing(answers.answer(QUESTION)) as events:
            await anext(events)
            assert generator.closed == 0
        assert generator.closed == 1
        generator.go.set()
        assert whole(await read(answers)).text == "1 2 3 "  # and who comes next starts anew
        assert generator.started == 2

    run(test)


def test_a_failure_is_the_failure_of_all_its_readers_and_of_no_other() -> None:
    async def test() -> None:
        generator = Generator(failure=RuntimeError("broken"))
        answers, _ = shared(generator)
        found = await asyncio.gather(read(answers), read(answers), return_exceptions=True)
        assert [str(each) for each in found] == ["broken", "broken"]
        generator.failure = None
        assert whole(await read(answers)).text == "1 2 3 "

    run(test)


def test_a_generation_waits_for_slow_readers() -> None:
    async def test() -> None:
        generator = Generator(length=1000)
        answers, _ = shared(generator)
        async with aclosing(answers.answer(QUESTION)) as events:
            await anext(events)
            for _ in range(2000):
                await asyncio.sleep(0)
            assert generator.said <= AHEAD + 1
            rest = [event async for event in events]
        assert generator.said == 1000
        assert len(rest) == 1001

    run(test)
