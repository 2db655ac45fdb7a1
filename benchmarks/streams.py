"""Two hundred open streams against the fault-injecting server: errors, memory, and how late the event loop runs."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psutil

from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings, StoreSettings, VllmSettings
from tests.service.faulty_llm import MODEL, faulty_llm
from tests.service.test_sse import serve

STREAMS = 200
ANSWER = "由于存在动态的反量化操作，QLoRA 的训练速度可能会比标准 LoRA 稍慢。[1]" + "这句话没有依据，长度大致相同。" * 4


async def lag(stop: asyncio.Event, found: list[float]) -> None:
    """Note how much later than asked the loop wakes a sleeper up."""
    while not stop.is_set():
        began = time.perf_counter()
        await asyncio.sleep(0.01)
        found.append((time.perf_counter() - began - 0.01) * 1000)


async def one(client: httpx.AsyncClient, n: int) -> str:
    async with client.stream(
        "POST", "/v1/ask", json={"question": f"QLoRA 的训练速度比 LoRA 慢吗？{n}", "stream": True}
    ) as r:
        text = "".join([line async for line in r.aiter_lines()])
    return "done" if r.status_code == 200 and "event: done" in text else f"{r.status_code}"


async def measure(address: str) -> None:
    process = psutil.Process()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=address, timeout=600, trust_env=False, limits=limits) as client:
        for round_ in range(3):
            began = time.perf_counter()
            ends = await asyncio.gather(*(one(client, n + STREAMS * round_) for n in range(STREAMS)))
            spent, memory = time.perf_counter() - began, process.memory_info().rss >> 20
            print(f"{STREAMS} streams in {spent:.1f} s: {ends.count('done')} done, {memory} MiB")


def main() -> None:
    lags: list[float] = []
    with TemporaryDirectory() as folder, faulty_llm(answer=ANSWER, pause=0.05) as llm:
        service = Service(
            ServiceSettings(
                in_flight=STREAMS,
                writer=VllmSettings(
                    kind="vllm", base_urls=[llm.url], model=MODEL, first_token_seconds=120, stall_seconds=120
                ),
                store=StoreSettings(path=Path(folder) / "store.sqlite"),
            )
        )
        app = create_app(service)
        lifespan = app.router.lifespan_context
        stop = asyncio.Event()

        @asynccontextmanager
        async def watched(app_: object) -> AsyncIterator[None]:
            task = asyncio.create_task(lag(stop, lags))
            async with lifespan(app_):  # type: ignore[arg-type]
                yield
            stop.set()
            await task

        app.router.lifespan_context = watched
        with serve(app) as address:
            asyncio.run(measure(address))
    p99 = sorted(lags)[len(lags) * 99 // 100]
    print(f"event loop late by {statistics.median(lags):.1f} ms at the median, {p99:.0f} ms at p99")


if __name__ == "__main__":
    main()
