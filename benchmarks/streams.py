"""Two hundred open streams against the fault-injecting server: errors, memory, and how late the event loop runs.

The service is alone in this process; the server that it asks and the readers run in processes of their own.
"""

import asyncio
import multiprocessing
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psutil
from fastapi import FastAPI

from benchmarks.faulty_llm import MODEL, faulty_llm
from benchmarks.loopback import serve
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings, StoreSettings, VllmSettings

STREAMS, ROUNDS = 200, 3
ANSWER = "由于存在动态的反量化操作，QLoRA 的训练速度可能会比标准 LoRA 稍慢。[1]" + "这句话没有依据，长度大致相同。" * 4
SPAWN = multiprocessing.get_context("spawn")


def answer(pipe: Connection) -> None:
    """The fault server's process: it tells its address and runs until the pipe says so."""
    with faulty_llm(answer=ANSWER, size=16, pause=0.2) as llm:
        pipe.send(llm.url)
        pipe.recv()


def read(address: str, pipe: Connection) -> None:
    """The readers' process: for each round number that comes, all streams at once; their ends go back."""
    while (round_ := pipe.recv()) is not None:
        pipe.send(asyncio.run(_round(address, round_)))


async def _round(address: str, round_: int) -> list[str]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=address, timeout=600, trust_env=False, limits=limits) as client:
        return await asyncio.gather(*(_one(client, n + STREAMS * round_) for n in range(STREAMS)))


async def _one(client: httpx.AsyncClient, n: int) -> str:
    async with client.stream(
        "POST", "/v1/ask", json={"question": f"QLoRA 的训练速度比 LoRA 慢吗？{n}", "stream": True}
    ) as r:
        text = "".join([line async for line in r.aiter_lines()])
    return "done" if r.status_code == 200 and "event: done" in text else f"{r.status_code}"


@contextmanager
def beside(run: Callable[..., None], *arguments: object) -> Iterator[Connection]:
    """Run a function in a process of its own; yield the pipe to it, and end it by sending None."""
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=run, args=(*arguments, there), daemon=True)
    process.start()
    yield here
    here.send(None)
    process.join(10)


async def lag(stop: asyncio.Event, found: list[float]) -> None:
    """Note how much later than asked the loop wakes a sleeper up, in ms."""
    while not stop.is_set():
        began = time.perf_counter()
        await asyncio.sleep(0.01)
        found.append((time.perf_counter() - began - 0.01) * 1000)


def watched(service: Service, lags: list[float]) -> FastAPI:
    app = create_app(service)
    lifespan, stop = app.router.lifespan_context, asyncio.Event()

    @asynccontextmanager
    async def around(app_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(lag(stop, lags))
        async with lifespan(app_):
            yield
        stop.set()
        await task

    app.router.lifespan_context = around
    return app


def main() -> None:
    lags: list[float] = []
    with TemporaryDirectory() as folder, beside(answer) as llm:
        writer = VllmSettings(
            kind="vllm", base_urls=[llm.recv()], model=MODEL, first_token_seconds=120, stall_seconds=120
        )
        store = StoreSettings(path=Path(folder) / "store.sqlite")
        service = Service(ServiceSettings(in_flight=STREAMS, writer=writer, store=store))
        with serve(watched(service, lags)) as address, beside(read, address) as readers:
            for round_ in range(ROUNDS):
                began, seen = time.perf_counter(), len(lags)
                readers.send(round_)
                ends = readers.recv()
                spent, memory = time.perf_counter() - began, psutil.Process().memory_info().rss >> 20
                print(
                    f"{STREAMS} streams in {spent:.1f} s: {ends.count('done')} done, {memory} MiB, {late(lags[seen:])}"
                )


def late(lags: list[float]) -> str:
    p99 = sorted(lags)[len(lags) * 99 // 100]
    return f"event loop late by {statistics.median(lags):.1f} ms at the median, {p99:.0f} ms at p99"


if __name__ == "__main__":
    main()
