"""Places by turns: what one asks for does not keep the others from theirs."""

import asyncio

import pytest

from service.access.fair import FairQueue, NoPlaceError


async def hold(queue: FairQueue, who: str, order: list[str], release: asyncio.Event) -> None:
    async with queue.place(who):
        order.append(who)
        await release.wait()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_one_cannot_starve_the_others() -> None:
    """40 questions of one wait for two places when another asks: the other is next."""

    async def run() -> list[str]:
        queue, order, release = FairQueue(2, 64, 60), list[str](), asyncio.Event()

        async def short(who: str) -> None:
            async with queue.place(who):
                order.append(who)
                await release.wait()

        tasks = [asyncio.create_task(short("greedy")) for _ in range(40)]
        await settle()
        tasks += [asyncio.create_task(short(who)) for who in ("modest", "other", "modest")]
        await settle()
        release.set()
        await asyncio.gather(*tasks)
        assert queue.running == queue.waiting == 0
        return order

    order = asyncio.run(run())
    assert len(order) == 43
    assert set(order[2:5]) >= {"modest", "other"}
    assert order[2:8].count("modest") == 2


def test_no_more_wait_than_may_and_the_longest_line_gives_way() -> None:
    async def run() -> None:
        queue, order, release = FairQueue(1, 3, 60), list[str](), asyncio.Event()
        tasks = [asyncio.create_task(hold(queue, "greedy", order, release)) for _ in range(4)]
        await settle()
        assert (queue.running, queue.waiting) == (1, 3)
        with pytest.raises(NoPlaceError) as refused:
            await hold(queue, "greedy", order, release)
        assert refused.value.seconds >= 1
        modest = asyncio.create_task(hold(queue, "modest", order, release))
        await settle()
        assert queue.waiting == 3
        with pytest.raises(NoPlaceError):  # the last of the long line went
            await tasks[-1]
        release.set()
        await asyncio.gather(*tasks[:-1], modest)
        assert order[1] == "modest"
        assert queue.running == queue.waiting == 0

    asyncio.run(run())


def test_waiting_ends() -> None:
    async def run() -> None:
        queue, order, release = FairQueue(1, 5, 0.01), list[str](), asyncio.Event()
        first = asyncio.create_task(hold(queue, "a", order, release))
        await settle()
        with pytest.raises(NoPlaceError):
            await hold(queue, "b", order, release)
        assert queue.waiting == 0
        release.set()
        await first
        await hold(queue, "b", order, release)
        assert order == ["a", "b"]

    asyncio.run(run())


def test_who_leaves_frees_the_place() -> None:
    """Left while waiting, while served, and in the very turn in which the place was given."""

    async def run() -> None:
        queue, order, release = FairQueue(1, 5, 60), list[str](), asyncio.Event()
        tasks = [asyncio.create_task(hold(queue, who, order, release)) for who in "abcd"]
        await settle()
        tasks[1].cancel()
        await settle()
        assert queue.waiting == 2
        tasks[0].cancel()
        tasks[0].add_done_callback(lambda _: tasks[2].cancel())
        await settle()
        await settle()
        assert order == ["a", "d"]
        release.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert queue.running == queue.waiting == 0

    asyncio.run(run())
