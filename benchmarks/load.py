"""The service as a process of its own under load: more than it can answer, or a steady stream for long.

python -m benchmarks.load overload     256 clients with questions that nobody asked before, for a minute
python -m benchmarks.load soak         5 answers a second for ten minutes
"""

import argparse
import asyncio
import json
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

from benchmarks.caller import Caller

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


async def ask(caller: Caller, number: int, seen: Seen) -> float:
    """Ask what nobody asked; return the seconds after which to come back, 0 at once."""
    body = json.dumps({"question": f"{QUESTIONS[number % len(QUESTIONS)]} {number}"}).encode()
    began = time.perf_counter()
    reply = await caller.send(b"POST /v1/ask", body)
    spent = time.perf_counter() - began
    if reply.status == 200:
        seen.answered.append(spent)
    elif reply.status == 429:
        seen.refused.append(spent)
        seen.untold += reply.later is None
        return reply.later or 1.0
    else:
        seen.others.append(reply.status)
    return 0.0


async def look(url: str, until: float, alive: list[float]) -> None:
    """Note how long /healthz takes, ten times a second: at least as long as the event loop was held up."""
    async with Caller(url, MODEST) as caller:
        while time.monotonic() < until:
            began = time.perf_counter()
            await caller.send(b"GET /healthz")
            alive.append(time.perf_counter() - began)
            await asyncio.sleep(0.1)


async def crowd(
    url: str, clients: int, seconds: float, numbers: "count[int]", arrival: float = 0.0
) -> tuple[Seen, Seen, list[float]]:
    """Let clients, who come within `arrival` seconds, ask one question after the other.

    Return what most saw, what the modest one saw, and /healthz.
    """
    greedy, modest, alive = Seen(), Seen(), list[float]()
    until = time.monotonic() + seconds

    async def one(address: str, seen: Seen, first: float) -> None:
        await asyncio.sleep(first)
        number = next(numbers)
        async with Caller(url, address) as caller:
            while time.monotonic() < until:
                later = await ask(caller, number, seen)
                number = number if later else next(numbers)  # who is refused asks it again
                await asyncio.sleep(min(later, max(0.0, until - time.monotonic())))

    asking = [one(GREEDY, greedy, arrival * n / clients) for n in range(clients - 1)]
    await asyncio.gather(*asking, one(MODEST, modest, 0.0), look(url, until, alive))
    return greedy, modest, alive


def overload(clients: int, seconds: float, arrival: float) -> None:
    """Print what a fitting load and one too large give."""
    numbers = count()
    with service() as (url, process):
        asyncio.run(crowd(url, 4, 10, numbers))  # warm
        best = max((_told(url, process, n, 30.0, numbers) for n in (4, 16)), default=0.0)
        goodput = _told(url, process, clients, seconds, numbers, arrival)
    print(f"goodput at {clients} clients: {goodput / best:.2f} of the best")


def _told(
    url: str, process: psutil.Process, clients: int, seconds: float, numbers: "count[int]", arrival: float = 0.0
) -> float:
    began, worked = time.monotonic(), _worked(process)
    greedy, modest, alive = asyncio.run(crowd(url, clients, seconds, numbers, arrival))
    answered = greedy.answered + modest.answered
    refused = greedy.refused + modest.refused
    pace = len(answered) / (time.monotonic() - began)
    print(f"{clients} clients, {seconds:g} s: {pace:.1f} answers a second, {_times(answered)}")
    spent = (_worked(process) - worked) * 1000 / max(1, len(answered))
    print(f"  {spent:.0f} ms of the processor an answer; load of the machine {os.getloadavg()[0]:.1f}")
    print(f"  429: {len(refused)}, {_times(refused)}, {greedy.untold + modest.untold} without Retry-After")
    print(f"  others: {greedy.others + modest.others}; healthz {_times(alive)}, at most {max(alive) * 1000:.0f} ms")
    print(f"  the modest one: {len(modest.answered)} answered, {len(modest.refused)} refused")
    return pace


def _worked(process: psutil.Process) -> float:
    """Seconds that a process has had the processor."""
    times = process.cpu_times()
    return float(times.user + times.system)


def soak(pace: float, seconds: float) -> None:
    """Print memory, descriptors and times over a long while."""
    with service() as (url, process):
        asyncio.run(_soak(url, process, pace, seconds))


async def _soak(url: str, process: psutil.Process, pace: float, seconds: float) -> None:
    seen, tasks, alive = Seen(), set[asyncio.Task[None]](), list[float]()
    looking = asyncio.create_task(look(url, time.monotonic() + seconds, alive))
    memory: list[int] = []
    descriptors: list[int] = []

    async def one(number: int) -> None:
        async with Caller(url) as caller:
            await ask(caller, number, seen)

    for number in range(int(pace * seconds)):
        tasks.add(task := asyncio.create_task(one(number)))
        task.add_done_callback(tasks.discard)
        if number % max(1, int(pace)) == 0:
            memory.append(process.memory_info().rss)
            descriptors.append(process.num_fds())
        await asyncio.sleep(1 / pace)
    await asyncio.gather(*tasks, looking)
    first = memory[int(SETTLED * len(memory))]
    settled, growth = descriptors[int(SETTLED * len(descriptors))], memory[-1] / first - 1
    print(f"{seconds:g} s at {pace:g} a second: {len(seen.answered)} answered, {_times(seen.answered)}")
    print(f"  {len(seen.refused)} refused, others {seen.others}; descriptors {settled} to {descriptors[-1]}")
    print(
        f"  healthz {_times(alive)}, at most {max(alive) * 1000:.0f} ms; load of the machine {os.getloadavg()[0]:.1f}"
    )
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
    parser.add_argument("--arrival", type=float, default=2, help="seconds within which all clients of a load are there")
    parser.add_argument("--pace", type=float, default=5, help="answers a second of a soak")
    parser.add_argument("--seconds", type=float, help="a minute of overload, ten of a soak")
    options = parser.parse_args()
    if options.what == "overload":
        overload(options.clients, options.seconds or 60, options.arrival)
    else:
        soak(options.pace, options.seconds or 600)


if __name__ == "__main__":
    main()
