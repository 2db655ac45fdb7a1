"""What a number of passages and of questions a second need: memory, disk, cores, time to build, GPUs, and money.

    python -m benchmarks.capacity                            the table of docs/capacity.md
    python -m benchmarks.capacity PASSAGES QUESTIONS [--writer model] [--price CORE GPU GB]
    python -m benchmarks.capacity --check [PASSAGES ...]     held against indexes of benchmarks/scale.py

Costs are measured constants (benchmarks/capacity.toml says where). Cores are counted by a simulated queue: questions
come at random (Poisson), each takes its CPU on one core, and there must be so many cores that 95 of 100 are answered in
twice their CPU and a fifth of the cores is idle. A price is of a month of a core, a GPU and a GB of memory, in whatever
currency.
"""

import argparse
import heapq
import math
import random
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal, Self

import psutil

from benchmarks.processes import apart
from benchmarks.scale import FOLDER, SEARCHES, HashedPairs, opened
from ingest.index.dense import MANY, DenseIndex
from ingest.index.versions import Versions
from ingest.pack import Packs, none
from service.search.fusion import Weighted
from service.search.retrieve import Query, Retriever

CONSTANTS = Path(__file__).with_name("capacity.toml")
SIZES, RATES = (10_000, 100_000, 1_000_000, 10_000_000), (1.0, 10.0, 100.0, 1000.0)
CHECKED = (5_000, 60_000)  # passages at which it is held against measurements; the constants are of others
PATIENCE, AT = 2.0, 0.95  # an answer may take so many times its CPU, in this share of cases
BUSY = 0.8  # of the cores at most: traffic has hours and peaks that a Poisson stream has not
QUESTIONS = 20_000  # that are simulated
REPLICA = 2  # cores of one process: as many as the constants were measured with

Writer = Literal["search", "extractive", "model"]


@dataclass(frozen=True, slots=True)
class Costs:
    """Measured constants; milliseconds and seconds are of one core."""

    question_ms: float  # read and embedded, over HTTP
    search_ms: float  # whatever the size
    scan_ms: float  # beside it, a thousand passages that are all compared
    clusters_ms: float  # beside it, where they lie in clusters
    coded_ms: float  # beside that, a thousand passages, of which some are looked into
    words_ms: float  # beside it, a thousand passages
    answer_ms: float  # reranked, written, checked
    base_mb: float  # a process without an index
    passage_kb: float  # of memory
    disk_kb: float  # of a passage, on disk
    embed_s: float  # a passage
    build_s: float  # a passage, without embedding
    model_tokens: float  # that a GPU writes a second
    answer_tokens: float

    @classmethod
    def read(cls) -> Self:
        return cls(**{name: float(each["value"]) for name, each in tomllib.loads(CONSTANTS.read_text("utf-8")).items()})

    def search(self, passages: int) -> float:
        """Return the CPU of a search in an index, in ms."""
        thousands = passages / 1000
        clustered = self.clusters_ms + self.coded_ms * thousands
        near = clustered if passages >= MANY else self.scan_ms * thousands
        return self.search_ms + near + self.words_ms * thousands

    def index_mb(self, passages: int) -> float:
        return passages * self.passage_kb / 1024


@dataclass(frozen=True, slots=True)
class Need:
    """What one load takes."""

    cpu_ms: float  # of a question
    cores: int
    replicas: int
    memory_gb: float  # of each replica
    disk_gb: float
    build_hours: float  # on two cores
    gpus: int

    def price(self, core: float, gpu: float, gigabyte: float) -> float:
        return self.cores * core + self.gpus * gpu + self.replicas * self.memory_gb * gigabyte


def need(costs: Costs, passages: int, questions: float, writer: Writer = "extractive") -> Need:
    """Say what so many passages and questions a second need."""
    cpu = costs.question_ms + costs.search(passages) + (0.0 if writer == "search" else costs.answer_ms)
    cores = enough(questions, cpu / 1000)
    replicas = math.ceil(cores / REPLICA)
    return Need(
        cpu,
        cores,
        replicas,
        (costs.base_mb + costs.index_mb(passages)) / 1024,
        passages * costs.disk_kb / 2**20,
        passages * (costs.embed_s + costs.build_s) / 2 / 3600,
        math.ceil(questions * costs.answer_tokens / costs.model_tokens) if writer == "model" else 0,
    )


def enough(questions: float, seconds: float) -> int:
    """Return the fewest cores with which AT of the questions are answered in PATIENCE times their CPU, BUSY at most."""
    cores = max(1, math.ceil(questions * seconds / BUSY))
    while sorted(queued(questions, seconds, cores))[int(AT * QUESTIONS)] > PATIENCE * seconds:
        cores += 1
    return cores


def queued(questions: float, seconds: float, cores: int) -> list[float]:
    """Simulate a queue before some cores; return how long each question takes, in seconds.

    Arrivals are Poisson, service times equal: M/D/c (Kendall, 1953).
    """
    drawn, now = random.Random(0), 0.0
    free, took = [0.0] * cores, []
    for _ in range(QUESTIONS):
        now += drawn.expovariate(questions)
        end = max(now, heapq.heappop(free)) + seconds
        heapq.heappush(free, end)
        took.append(end - now)
    return took


def table(costs: Costs) -> str:
    """Return docs/capacity.md's table."""
    names = ["passages", "a second", "cores", "replicas", "cores, searches alone", "GPUs, where a model writes"]
    names += ["GB of memory, each", "GB of disk", "hours to build"]
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    for size in SIZES:
        for rate in RATES:
            each, search, model = (need(costs, size, rate, writer) for writer in ("extractive", "search", "model"))
            lines.append(
                f"| {size:,} | {rate:,.0f} | {each.cores:,} | {each.replicas:,} | {search.cores:,} | {model.gpus:,} | "
                f"{each.memory_gb:,.1f} | {each.disk_gb:,.1f} | {each.build_hours:,.1f} |"
            )
    return "\n".join(lines)


def measured(size: int) -> tuple[int, float, float]:
    """Return passages, the MB of an index after searches and the CPU of one in ms, the least of three medians."""
    none().words.warm()
    DenseIndex.build(HashedPairs().embed_queries(["what any index needs"]))
    process = psutil.Process()
    before = process.memory_info().rss
    snapshot = Versions(FOLDER / str(size) / "index").open(HashedPairs().fingerprint, packs=Packs("none"))
    retriever = Retriever(snapshot, Weighted(snapshot.fitted.fusion))
    texts = [chunk.text[:60] for chunk in random.Random(0).sample(snapshot.chunks, SEARCHES)]
    pairs = zip(texts, HashedPairs().embed_queries(texts), strict=True)
    queries = [Query.of(text, vector, snapshot.pack.words) for text, vector in pairs]

    def spent(query: Query) -> float:
        began = time.thread_time()
        retriever.retrieve(query, 10)
        return (time.thread_time() - began) * 1000

    took = min(median(map(spent, queries)) for _ in range(3))
    return len(snapshot.chunks), (process.memory_info().rss - before) / 2**20, took


def built(size: int) -> None:
    opened(size)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capacity")
    parser.add_argument("numbers", nargs="*", type=float, metavar="PASSAGES QUESTIONS")
    parser.add_argument("--writer", choices=("search", "extractive", "model"), default="extractive")
    parser.add_argument("--price", nargs=3, type=float, metavar=("CORE", "GPU", "GB"))
    parser.add_argument("--check", action="store_true", help="hold it against indexes that are built and measured")
    options = parser.parse_args()
    costs = Costs.read()
    if options.check:
        for size in map(int, options.numbers or CHECKED):
            apart(built, size)
            passages, memory, cpu = apart(measured, size)
            print(f"{passages:,} passages: {memory:.0f} MB, said {costs.index_mb(passages):.0f}", end="; ")
            print(f"a search {cpu:.1f} ms, said {costs.search(passages):.1f}", flush=True)
    elif options.numbers:
        if len(options.numbers) != 2:
            parser.error("give PASSAGES and QUESTIONS a second")
        asked = need(costs, int(options.numbers[0]), options.numbers[1], options.writer)
        print(asked)
        if options.price:
            print(f"a month: {asked.price(*options.price):,.0f}")
    else:
        print(table(costs))


if __name__ == "__main__":
    main()
