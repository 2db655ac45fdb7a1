"""Limits in memory and in a real Redis: the same contract."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest
import redis

from service.access.limits import MEMORY, Limits, OverLimitError
from service.access.principal import Allowance, Principal, open_to

NONE = Allowance()


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


class Server:
    """A Redis of the test's own."""

    def __init__(self) -> None:
        self.port = free_port()
        self.address = f"redis://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        client = redis.Redis(port=self.port)
        for _ in range(200):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.05)
        client.close()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@pytest.fixture
def server() -> Iterator[Server]:
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed")
    server = Server()
    yield server
    server.stop()


@pytest.fixture(params=["memory", "redis"])
def storage(request: pytest.FixtureRequest) -> str:
    if request.param == "memory":
        return MEMORY
    address: str = request.getfixturevalue("server").address
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


def test_two_processes_count_together(server: Server) -> None:
    async def run() -> None:
        first, second = (Limits(Allowance(per_minute=2), server.address) for _ in range(2))
        await first.take(principal("a"))
        await second.take(principal("a"))
        for limits in (first, second):
            with pytest.raises(OverLimitError):
                await limits.take(principal("a"))

    asyncio.run(run())


def test_without_redis_each_counts_for_itself(
    server: Server, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        limits = Limits(Allowance(per_minute=2), server.address)
        await limits.take(principal("a"))
        server.stop()
        await limits.take(principal("a"))
        await limits.take(principal("a"))
        with pytest.raises(OverLimitError):
            await limits.take(principal("a"))
        assert "limits are counted in each process" in caplog.text
        server.start()
        monkeypatch.setattr(limits, "_retry", 0.0)
        await limits.take(principal("a"))

    asyncio.run(run())


def test_a_storage_that_is_none() -> None:
    with pytest.raises(ValueError, match="storage"):
        Limits(Allowance(), "sqlite://x")
