"""Limits in memory and in a real Redis: the same contract."""

import asyncio

import pytest

from service.access.limits import MEMORY, Limits, OverLimitError
from service.access.principal import Allowance, Principal, open_to
from tests.support.redis import RedisServer, redis_server

__all__ = ["redis_server"]

NONE = Allowance()


@pytest.fixture(params=["memory", "redis"])
def storage(request: pytest.FixtureRequest) -> str:
    if request.param == "memory":
        return MEMORY
    address: str = request.getfixturevalue("redis_server").address
    return address


def principal(name: str, allowance: Allowance = NONE) -> Principal:
    return Principal(name, "key", allowance=allowance)


def test_requests_a_minute(storage: str) -> None:
    async def run() -> None:
        limits = Limits(Allowance(per_minute=3), storage)
        left = []
        for _ in range(3):
            standing = await limits.take(principal("a"))
            assert standing is not None
            left.append(standing.left)
            assert 0 < standing.wait <= 60
        assert left == [2, 1, 0]
        with pytest.raises(OverLimitError) as over:
            await limits.take(principal("a"))
        assert over.value.standing is not None
        assert over.value.standing.headers["RateLimit-Policy"] == '"minute";q=3;w=60'
        assert await limits.take(principal("b"))
        assert await limits.take(principal("c", Allowance(per_minute=1)))
        with pytest.raises(OverLimitError):
            await limits.take(principal("c", Allowance(per_minute=1)))
        for _ in range(5):
            assert await limits.take(open_to("127.0.0.1")) is None

    asyncio.run(run())


def test_tokens_a_day(storage: str) -> None:
    async def run() -> None:
        limits = Limits(Allowance(tokens_a_day=100), storage)
        for tokens in (60, 60):
            await limits.take(principal("a"))
            await limits.spend(principal("a"), tokens)
        with pytest.raises(OverLimitError, match="100 tokens"):
            await limits.take(principal("a"))
        await limits.take(principal("b"))

    asyncio.run(run())


def test_at_once() -> None:
    limits, who = Limits(Allowance(at_once=2)), principal("a")
    with limits.at_once(who), limits.at_once(who):
        with pytest.raises(OverLimitError), limits.at_once(who):
            pass
        with limits.at_once(principal("b")):
            pass
    with limits.at_once(who):
        pass
    assert not limits._at_once


def test_two_processes_count_together(redis_server: RedisServer) -> None:
    async def run() -> None:
        first, second = (Limits(Allowance(per_minute=2), redis_server.address) for _ in range(2))
        await first.take(principal("a"))
        await second.take(principal("a"))
        for limits in (first, second):
            with pytest.raises(OverLimitError):
                await limits.take(principal("a"))

    asyncio.run(run())


def test_without_redis_each_counts_for_itself(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        limits = Limits(Allowance(per_minute=2), redis_server.address)
        await limits.take(principal("a"))
        redis_server.stop()
        await limits.take(principal("a"))
        await limits.take(principal("a"))
        with pytest.raises(OverLimitError):
            await limits.take(principal("a"))
        assert "limits are counted in each process" in caplog.text
        redis_server.start()
        monkeypatch.setattr(limits, "_retry", 0.0)
        await limits.take(principal("a"))

    asyncio.run(run())


def test_a_storage_that_is_none() -> None:
    with pytest.raises(ValueError, match="storage"):
        Limits(Allowance(), "sqlite://x")
