import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.workers.batching import Batcher


class Doubler:
    """Notes its batches and threads; holds each until `gate` opens, so that a burst gathers behind it."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.threads: set[int] = set()
        self.started, self.gate = threading.Event(), threading.Event()

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        self.threads.add(threading.get_ident())
        self.started.set()
        assert self.gate.wait(10)
        if any(item < 0 for item in items):
            raise ValueError(f"negative in {list(items)!r}")
        return [2 * item for item in items]


@pytest.fixture
def double() -> Doubler:
    return Doubler()


@pytest.fixture
def batcher(double: Doubler) -> Iterator[Batcher[int, int]]:
    batcher = Batcher(double, limit=4)
    yield batcher
    double.gate.set()
    batcher.close()


async def burst(batcher: Batcher[int, int], double: Doubler, items: Sequence[int]) -> list[asyncio.Task[int]]:
    """Have the first item under way and all others waiting."""
    first = asyncio.create_task(batcher(items[0]))
    await asyncio.to_thread(double.started.wait, 10)
    rest = [asyncio.create_task(batcher(item)) for item in items[1:]]
    await asyncio.sleep(0)
    return [first, *rest]


def test_callers_get_their_own_results_in_full_batches(batcher: Batcher[int, int], double: Doubler) -> None:
    async def ask() -> list[int]:
        tasks = await burst(batcher, double, range(50))
        double.gate.set()
        return await asyncio.gather(*tasks)

    assert asyncio.run(ask()) == [2 * item for item in range(50)]
    assert [len(batch) for batch in double.batches] == [1, *[4] * 12, 1]
    assert sorted(item for batch in double.batches for item in batch) == list(range(50))
    assert len(double.threads) == 1
    assert threading.get_ident() not in double.threads


def test_an_exception_reaches_its_batch_alone(batcher: Batcher[int, int], double: Doubler) -> None:
    async def ask() -> list[int | BaseException]:
        tasks = await burst(batcher, double, [1, 2, -3, 4, 5, 6, 7])
        double.gate.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    replies = asyncio.run(ask())
    assert replies[0] == 2
    assert all(isinstance(reply, ValueError) for reply in replies[1:5])
    assert str(replies[1]) == "negative in [2, -3, 4, 5]"
    assert replies[5:] == [12, 14]


def test_a_cancelled_caller_disturbs_nobody(batcher: Batcher[int, int], double: Doubler) -> None:
    async def ask() -> list[int | BaseException]:
        tasks = await burst(batcher, double, range(5))
        tasks[0].cancel()  # its batch is under way
        tasks[2].cancel()  # it still waits
        await asyncio.sleep(0)
        double.gate.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    replies = asyncio.run(ask())
    assert isinstance(replies[0], asyncio.CancelledError)
    assert isinstance(replies[2], asyncio.CancelledError)
    assert [replies[1], *replies[3:]] == [2, 6, 8]
    assert double.batches == [[0], [1, 3, 4]]


def test_a_wrong_number_of_results_is_an_error_not_a_hang() -> None:
    batcher: Batcher[int, int] = Batcher(lambda items: list(items)[:-1] if len(items) < 2 else items)

    async def ask() -> list[int | BaseException]:
        first = await asyncio.gather(batcher(1), return_exceptions=True)
        return [*first, *await asyncio.gather(batcher(2), batcher(3), return_exceptions=True)]

    replies = asyncio.run(asyncio.wait_for(ask(), 10))
    assert isinstance(replies[0], ValueError)
    batcher.close()


def test_serves_several_event_loops_at_once(batcher: Batcher[int, int], double: Doubler) -> None:
    double.gate.set()

    async def ask(item: int) -> int:
        return await batcher(item)

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda item: asyncio.run(ask(item)), range(40))) == list(range(0, 80, 2))
    assert len(double.threads) == 1


def test_closing_cancels_who_waits(batcher: Batcher[int, int], double: Doubler) -> None:
    async def ask() -> list[int | BaseException]:
        tasks = await burst(batcher, double, [1, 2, 3])
        closing = asyncio.create_task(asyncio.to_thread(batcher.close))
        await asyncio.sleep(0.05)
        double.gate.set()
        await closing
        return await asyncio.gather(*tasks, return_exceptions=True)

    replies = asyncio.run(asyncio.wait_for(ask(), 10))
    assert replies[0] == 2
    assert all(isinstance(reply, asyncio.CancelledError) for reply in replies[1:])


def test_what_would_be_late_is_not_begun_so_that_others_are_in_time() -> None:
    """A run takes 50 ms, callers wait 120 ms: of ten at once the first is served, and whoever comes later."""
    begun: list[int] = []

    def slow(items: Sequence[int]) -> list[int]:
        begun.extend(items)
        time.sleep(0.05)
        return [2 * item for item in items]

    batcher: Batcher[int, int] = Batcher(slow, limit=1, patience=0.12)

    async def ask() -> list[int | BaseException]:
        first = await asyncio.gather(*(batcher(item) for item in range(10)), return_exceptions=True)
        return [*first, await batcher(10)]

    replies = asyncio.run(ask())
    batcher.close()
    served = [reply for reply in replies if isinstance(reply, int)]
    assert served == [2 * item for item in begun]
    assert replies[0] == 0
    assert replies[10] == 20
    assert all(isinstance(reply, int | TimeoutError) for reply in replies)
    assert len(served) < 10
