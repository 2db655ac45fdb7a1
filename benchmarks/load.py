"""The service as a process of its own under load: more than it can answer, or a steady stream for long.

python -m benchmarks.load overload     256 clients with questions that nobody asked before, for a minute
python -m benchmarks.load soak         5 answers a second for ten minutes
"""

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from tempfile import TemporaryDirectory

import httpx
import psutil

QUESTIONS = (
    "什么是 QLoRA？", "LoRA 的秩怎么选？", "KV Cache 占多少显存？", "怎么缓解灾难性遗忘？", "什么是 PagedAttention？",
    "RAG 怎么评测？", "混合检索怎么融合？", "什么是温度系数？", "为什么要重排？", "What is speculative decoding?",
)  # fmt: skip
GREEDY, MODEST = "127.0.0.1", "127.0.0.2"  # one address with all clients but one, and one with the last
SETTLED = 0.2  # of a soak, after which memory is compared


@dataclass
class Seen:
    """What clients saw: seconds of answers and refusals, refusals without a time to come back, and other statuses."""

    answered: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    untold: int = 0
    others: list[int] = field(default_factory=list)


@contextmanager
def service() -> Iterator[tuple[str, psutil.Process]]:
    """Run the service with the settings of the environment and a store of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with TemporaryDirectory() as folder:
        own = {
            "OUTLINE_QA_PORT": str(port),
            "OUTLINE_QA_STORE__PATH": f"{folder}/store.sqlite",
            "OUTLINE_QA_ACCESS__PATH": f"{folder}/access.sqlite",
            "OUTLINE_QA_ACCESS__PER_MINUTE": "1000000",
            "OUTLINE_QA_ACCESS__AT_ONCE": "1000",
            "OUTLINE_QA_LOG_LEVEL": "warning",
        }
        with subprocess.Popen([sys.executable, "-m", "service", "--no-build"], env={**os.environ, **own}) as process:
            try:
                url = f"http://127.0.0.1:{port}"
                _await(url, process)
                yield url, psutil.Process(process.pid)
            finally:
                process.terminate()


def _await(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError("the service did not start; its log says why")
        try:
            if httpx.get(f"{url}/readyz", trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise TimeoutError("the service is not ready after five minutes")


def client(url: str, address: str = GREEDY) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    transport = httpx.AsyncHTTPTransport(local_address=address, limits=limits)
    return httpx.AsyncClient(base_url=url, timeout=120, trust_env=False, transport=transport)


async def ask(http: httpx.AsyncClient, number: int, seen: Seen) -> float:
    """Ask what nobody asked; return the seconds after which to come back, 0 at once."""
    began = time.perf_counter()
    reply = await http.post("/v1/ask", json={"question": f"{QUESTIONS[number % len(QUESTIONS)]} {number}"})
    spent = time.perf_counter() - began
    if reply.status_code == 200:
        seen.answered.append(spent)
    elif reply.status_code == 429:
        seen.refused.append(spent)
        seen.untold += "retry-after" not in reply.headers
        return float(reply.headers.get("retry-after", "1"))
    else:
        seen.others.append(reply.status_code)
    return 0.0


async def crowd(url: str, clients: int, seconds: float, numbers: "count[int]") -> tuple[Seen, Seen, list[float]]:
    """Let clients ask one question after the other; return what most saw, what the modest one saw, and /healthz."""
    greedy, modest, alive = Seen(), Seen(), list[float]()
    until = time.monotonic() + seconds

    async def one(http: httpx.AsyncClient, seen: Seen) -> None:
        while time.monotonic() < until:
            later = await ask(http, next(numbers), seen)
            await asyncio.sleep(min(later, max(0.0, until - time.monotonic())))

    async def look(http: httpx.AsyncClient) -> None:
        while time.monotonic() < until:
            began = time.perf_counter()
            await http.get("/healthz")
            alive.append(time.perf_counter() - began)
            await asyncio.sleep(0.1)

    async with client(url) as many, client(url, MODEST) as few:
        await asyncio.gather(*(one(many, greedy) for _ in range(clients - 1)), one(few, modest), look(few))
    return greedy, modest, alive


def overload(clients: int, seconds: float) -> None:
    """Print what a fitting load and one too large give."""
    numbers = count()
    with service() as (url, _):
        asyncio.run(crowd(url, 4, 10, numbers))  # warm
        best = max((_told(url, n, 15.0, numbers) for n in (4, 16)), default=0.0)
        goodput = _told(url, clients, seconds, numbers)
    print(f"goodput at {clients} clients: {goodput / best:.2f} of the best")


def _told(url: str, clients: int, seconds: float, numbers: "count[int]") -> float:
    began = time.monotonic()
    greedy, modest, alive = asyncio.run(crowd(url, clients, seconds, numbers))
    answered = greedy.answered + modest.answered
    refused = greedy.refused + modest.refused
    pace = len(answered) / (time.monotonic() - began)
    print(f"{clients} clients, {seconds:g} s: {pace:.1f} answers a second, {_times(answered)}")
    print(f"  429: {len(refused)}, {_times(refused)}, {greedy.untold + modest.untold} without Retry-After")
    print(f"  others: {greedy.others + modest.others}; healthz {_times(alive)}, at most {max(alive) * 1000:.0f} ms")
    print(f"  the modest one: {len(modest.answered)} answered, {len(modest.refused)} refused")
    return pace


def soak(pace: float, seconds: float) -> None:
    """Print memory, descriptors and times over a long while."""
    with service() as (url, process):
        asyncio.run(_soak(url, process, pace, seconds))


async def _soak(url: str, process: psutil.Process, pace: float, seconds: float) -> None:
    seen, tasks = Seen(), set[asyncio.Task[float]]()
    memory: list[int] = []
    descriptors: list[int] = []
    async with client(url) as http:
        for number in range(int(pace * seconds)):
            tasks.add(task := asyncio.create_task(ask(http, number, seen)))
            task.add_done_callback(tasks.discard)
            if number % max(1, int(pace)) == 0:
                memory.append(process.memory_info().rss)
                descriptors.append(process.num_fds())
            await asyncio.sleep(1 / pace)
        await asyncio.gather(*tasks)
    first = memory[int(SETTLED * len(memory))]
    settled, growth = descriptors[int(SETTLED * len(descriptors))], memory[-1] / first - 1
    print(f"{seconds:g} s at {pace:g} a second: {len(seen.answered)} answered, {_times(seen.answered)}")
    print(f"  {len(seen.refused)} refused, others {seen.others}; descriptors {settled} to {descriptors[-1]}")
    print(
        f"  memory {first >> 20} MB settled, {memory[-1] >> 20} at the end ({growth:+.1%}), {max(memory) >> 20} at most"
    )


def _times(seconds: Sequence[float]) -> str:
    if len(seconds) < 2:
        return "none"
    cuts = statistics.quantiles(seconds, n=100)
    return f"p50 {cuts[49] * 1000:.0f}, p95 {cuts[94] * 1000:.0f}, p99 {cuts[98] * 1000:.0f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("overload", "soak"))
    parser.add_argument("--clients", type=int, default=256)
    parser.add_argument("--pace", type=float, default=5, help="answers a second of a soak")
    parser.add_argument("--seconds", type=float, help="a minute of overload, ten of a soak")
    options = parser.parse_args()
    if options.what == "overload":
        overload(options.clients, options.seconds or 60)
    else:
        soak(options.pace, options.seconds or 600)


if __name__ == "__main__":
    main()
