"""Start the service and measure it over HTTP: time to ready, latency, throughput, memory.

    python -m benchmarks.service [--json FILE]

The index is the current one under the settings; the server listens on a free loopback port and is stopped by
its process id. Questions are those of eval/golden/develop.jsonl. The alternative to 16 clients at once, whose
questions the service embeds in batches, is one client that waits for each reply; client and server share the
machine's cores, so its figures are a lower bound. A phase ends after 20 s, whatever it has asked by then.
"""

import argparse
import asyncio
import itertools
import os
import platform
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import numpy as np
import psutil
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.figures import write
from eval.golden.question import load

QUESTIONS = Path(__file__).parents[1] / "eval" / "golden" / "develop.jsonl"
ONCE = 200  # requests of a single client
MANY = 16
SECONDS = 20.0
READY_SECONDS = 180.0


@dataclass(frozen=True)
class Phase:
    """Requests of one kind, `field` naming the question in the body."""

    name: str
    path: str
    field: str
    clients: int
    requests: int | None  # None: until the time is up


PHASES = (
    Phase("search, 1 client", "/v1/search", "query", 1, ONCE),
    Phase(f"search, {MANY} clients", "/v1/search", "query", MANY, None),
    Phase("ask, 1 client", "/v1/ask", "question", 1, ONCE),
)


@dataclass(frozen=True)
class Row:
    phase: str
    requests: int
    errors: int
    in_fused_order: int  # of those: the reranker's budget was over
    per_second: float
    p50_ms: float
    p95_ms: float


class Memory:
    """The peak of a process's resident set, sampled ten times a second."""

    def __init__(self, pid: int) -> None:
        self._process, self.peak = psutil.Process(pid), 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            try:
                self.peak = max(self.peak, self._process.memory_info().rss)
            except psutil.NoSuchProcess:
                return

    def close(self) -> None:
        self._stop.set()
        self._thread.join()


@contextmanager
def serving() -> Iterator[tuple[str, subprocess.Popen[bytes], float]]:
    """Start the server, give its address, process and seconds until ready, and stop it in the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"OUTLINE_QA_HOST": "127.0.0.1", "OUTLINE_QA_PORT": str(port)}
    environment |= {"OUTLINE_QA_LOG_LEVEL": "warning"}
    with tempfile.TemporaryFile() as log:
        began = time.perf_counter()
        command = [sys.executable, "-m", "service", "--no-build"]
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            if not _becomes_ready(address, server, began):
                log.seek(0)
                raise SystemExit(f"the service did not become ready:\n{log.read().decode()[-2000:]}")
            yield address, server, time.perf_counter() - began
        finally:
            server.terminate()
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _becomes_ready(address: str, server: subprocess.Popen[bytes], began: float) -> bool:
    with httpx.Client(base_url=address, trust_env=False, timeout=5) as client:
        while server.poll() is None and time.perf_counter() - began < READY_SECONDS:
            try:
                reply = client.get("/readyz")
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            if reply.status_code != 503:
                return True
            if "no index" in reply.text:
                return False
            time.sleep(0.05)
    return False


async def measure(address: str, phase: Phase, questions: Sequence[str], progress: Progress) -> Row:
    """Let the clients of a phase take questions in turn until these, or the time, are at an end."""
    chosen = itertools.cycle(questions) if phase.requests is None else iter(questions[: phase.requests])
    task = progress.add_task(phase.name, total=phase.requests)
    seconds: list[float] = []
    errors = late = 0
    async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=30) as client:
        began = time.perf_counter()

        async def take() -> None:
            nonlocal errors, late
            for question in chosen:
                start = time.perf_counter()
                if start - began > SECONDS:
                    return
                try:
                    reply = await client.post(phase.path, json={phase.field: question})
                    failed = reply.status_code != 200
                    late += "the fused order stands" in reply.text
                except httpx.HTTPError:
                    failed = True
                errors += failed
                seconds.append(time.perf_counter() - start)
                progress.advance(task)

        await asyncio.gather(*(take() for _ in range(phase.clients)))
        elapsed = time.perf_counter() - began
    p50, p95 = (1000 * float(np.percentile(seconds, share)) for share in (50, 95))
    return Row(phase.name, len(seconds), errors, late, (len(seconds) - errors) / elapsed, p50, p95)


def main() -> None:
    parser = argparse.ArgumentParser(description="Latency, throughput and memory of the service.")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    questions = list(dict.fromkeys(question.question for question in load(QUESTIONS)))
    with serving() as (address, server, ready_seconds):
        memory = Memory(server.pid)
        with Progress(transient=True) as progress:
            rows = [asyncio.run(measure(address, phase, questions, progress)) for phase in PHASES]
        memory.close()
    report(rows, ready_seconds, memory.peak / 1e6, options.json)


def report(rows: Sequence[Row], ready_seconds: float, memory_mb: float, file: Path | None) -> None:
    one, many = rows[:2]
    figures = {
        "ready_seconds": round(ready_seconds, 2),
        "peak_memory_mb": round(memory_mb),
        "throughput_many_to_one": round(many.per_second / one.per_second, 2),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
    table = Table(title=", ".join(f"{name} {value}" for name, value in figures.items()))
    for heading in ("phase", "requests", "errors", "fused order", "requests/s", "p50 ms", "p95 ms"):
        table.add_column(heading, justify="left" if heading == "phase" else "right")
    for row in rows:
        latencies = (f"{row.p50_ms:,.1f}", f"{row.p95_ms:,.1f}")
        table.add_row(
            row.phase, str(row.requests), str(row.errors), str(row.in_fused_order), f"{row.per_second:,.1f}", *latencies
        )
    Console().print(table)
    if file:
        named = {
            f"{phase.path.rpartition('/')[2]}_{phase.clients}_{name}": value
            for phase, row in zip(PHASES, rows, strict=True)
            for name, value in asdict(row).items()
            if name != "phase"
        }
        write(file, named | {"peak_memory_gb": memory_mb / 1000, "ready_seconds": ready_seconds}, **figures)


if __name__ == "__main__":
    main()
