"""How many are let in, how many wait, and what the others are told."""

import asyncio
import heapq
import random
from contextlib import AsyncExitStack

import pytest

from service.serve.admission import FIRST, LEAST, LONGEST, LOOKING, Admission, OverloadedError, looked


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def answers(admission: Admission, clock: Clock, count: int, pace: float) -> None:
    """Two at a time, one of them done every `pace` seconds."""
    async with AsyncExitStack() as held:
        await held.enter_async_context(admission.place("a"))
        for _ in range(count):
            async with admission.place("a"):
                clock.now += pace


def test_places_are_given_and_given_back_and_as_many_may_wait() -> None:
    async def run() -> None:
        admission, order, release = Admission(2, 60.0), list[int](), asyncio.Event()

        async def ask(number: int) -> None:
            async with admission.place("a"):
                order.append(number)
                await release.wait()

        tasks = [asyncio.create_task(ask(number)) for number in range(4)]
        await settle()
        assert (order, admission.queue.running, admission.queue.waiting) == ([0, 1], 2, 2)
        with pytest.raises(OverloadedError):
            await ask(4)
        release.set()
        await asyncio.gather(*tasks)
        assert order == [0, 1, 2, 3]
        assert admission.queue.running == admission.queue.waiting == 0

    asyncio.run(run())


@pytest.mark.parametrize(("pace", "places"), [(0.05, 20), (0.1, 10), (0.25, 4), (4.0, LEAST), (0.001, 64)])
def test_as_many_have_a_place_and_wait_as_are_answered_in_time(pace: float, places: int) -> None:
    """Two seconds at 4 a second are 8 questions: 4 are worked at and 4 wait."""
    clock = Clock()
    admission = Admission(64, 2.0, clock)
    asyncio.run(answers(admission, clock, 200, pace))
    assert admission.queue.places == pytest.approx(places, abs=1)
    assert admission.queue.most == admission.queue.places


def test_what_one_alone_takes_says_nothing_of_how_many_can_be_answered() -> None:
    clock = Clock()
    admission = Admission(64, 2.0, clock)

    async def run() -> None:
        for _ in range(100):
            async with admission.place("a"):
                clock.now += 1.5

    asyncio.run(run())
    assert admission.queue.places == FIRST


def test_each_who_is_refused_gets_a_turn_of_their_own() -> None:
    clock = Clock()
    admission = Admission(64, 1.0, clock)
    asyncio.run(answers(admission, clock, 200, 0.5))
    waits = [admission.wait() for _ in range(200)]
    assert waits[:3] == pytest.approx([0.5, 1.0, 1.5], rel=0.01)
    assert max(waits) == LONGEST


def test_who_comes_too_many_is_refused_before_anything_is_done_for_them() -> None:
    """All at once, before the first of them has a place: as many pass as have room, and some to see what is kept."""
    admission = Admission(4, 60.0)
    with pytest.raises(OverloadedError):
        _all_look(admission, 100)
    passed = 4 + 4 + LOOKING
    _all_look(admission, passed)


def _all_look(admission: Admission, count: int) -> None:
    if count:
        with admission.look("a"):
            _all_look(admission, count - 1)


def test_who_found_an_answer_looks_no_more() -> None:
    admission = Admission(4, 60.0)

    async def run() -> None:
        async def reads() -> None:
            with admission.look("a"):
                looked()
                await asyncio.sleep(0)

        await asyncio.gather(*(reads() for _ in range(100)))
        assert not admission.crowded("a")

    asyncio.run(run())


def test_a_crowd_of_one_does_not_shut_the_others_out() -> None:
    admission = Admission(4, 60.0)
    held = [admission.look("greedy") for _ in range(4 + 4 + LOOKING)]
    for each in held:
        each.__enter__()
    assert admission.crowded("greedy")
    assert not admission.crowded("modest")
    for each in reversed(held):
        each.__exit__(None, None, None)
    assert not admission.crowded("greedy")


def test_more_than_can_be_done_is_met_by_refusals_not_by_lateness() -> None:
    """A machine that does 20 a second, one after the other, and 256 who ask again and again as they are told."""
    clock, dice = Clock(), random.Random(5)
    admission = Admission(64, 1.5, clock)
    busy, answered, late = clock.now, 0, 0
    events: list[tuple[float, int, str]] = [(clock.now + dice.random(), n, "ask") for n in range(256)]
    heapq.heapify(events)
    asked: dict[int, tuple[float, asyncio.Event, asyncio.Task[None]]] = {}

    async def hold(client: int, done: asyncio.Event) -> None:
        nonlocal busy
        async with admission.place("a"):
            busy = max(busy, clock.now) + 0.05
            heapq.heappush(events, (busy, client, "done"))
            await done.wait()

    async def run() -> None:
        nonlocal answered, late
        while events and events[0][0] < 160:
            clock.now, client, what = heapq.heappop(events)
            if what == "ask":
                done = asyncio.Event()
                task = asyncio.create_task(hold(client, done))
                await settle()
                if task.done():
                    refused = task.exception()
                    assert isinstance(refused, OverloadedError)
                    heapq.heappush(events, (clock.now + refused.seconds, client, "ask"))
                else:
                    asked[client] = clock.now, done, task
            else:
                began, done, task = asked.pop(client)
                done.set()
                await task
                await settle()
                answered += 1
                late += clock.now - began > 3
                heapq.heappush(events, (clock.now + 0.01, client, "ask"))
        for _, _, task in asked.values():
            task.cancel()
        await asyncio.gather(*(task for _, _, task in asked.values()), return_exceptions=True)

    asyncio.run(run())
    assert answered >= 0.9 * 60 * 20
    assert late <= 0.05 * answered
    assert admission.queue.running == admission.queue.waiting == 0
