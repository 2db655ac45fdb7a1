"""Queries a second of the service's BM25 against rank-bm25 and bm25s, on the same terms and one thread.

    python -m benchmarks.bm25 [--passages 100000] [--queries 200] [--corpus FOLDER] [--no-memory] [--json FILE]

Passages are the outline's paragraphs (and those of more Markdown files under --corpus), repeated with one
term in five drawn anew from all terms, so that term frequencies stay as skewed as they are. Queries are the
outline's questions, then runs of terms from passages. The engines take turns, round by round, and CPU time
is counted, so that a busy machine slows them alike. Ours is what the service calls for a question without other
names: every passage's score, and the best of them as far as the fusion looks. Nothing is reported unless every
engine's best scores equal rank-bm25's; bm25s ignores a term in more than half of the passages, so data with such a
term fails.
"""

import argparse
import gc
import importlib.util
import platform
import random
import re
import statistics
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import bm25s
import numpy as np
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi
from rich.console import Console
from rich.progress import Progress, track
from rich.table import Table

from benchmarks.figures import write
from ingest.index.bm25 import Postings, top
from ingest.words.words import Words
from service.settings import RetrievalSettings

K = RetrievalSettings().depth
WORDS = Words()
CORPUS = Path(__file__).parents[1] / "ingest" / "corpus"
Terms = Sequence[str]
Search = Callable[[Terms], NDArray[np.floating]]  # query -> (K,) scores, best first


@dataclass(frozen=True)
class Engine:
    name: str
    build: Callable[[Sequence[Terms]], Search]
    tolerance: float  # of a score against rank-bm25's; bm25s keeps float32


@dataclass(frozen=True)
class Row:
    engine: str
    queries_per_second: float
    build_seconds: float
    memory_mb: float  # allocated by the build and still held after it; 0 where it was not weighed


def served(passages: Sequence[Terms]) -> Search:
    index = Postings.build(passages)

    def search(query: Terms) -> NDArray[np.floating]:
        scores = index.scores(query)
        best: NDArray[np.floating] = scores[top(scores, K)]
        return best

    return search


def rank_bm25(passages: Sequence[Terms]) -> Search:
    index = BM25Okapi(passages)

    def search(query: Terms) -> NDArray[np.floating]:
        # Its get_top_n sorts all documents; partitioning is kinder, and the scoring dominates either way.
        best: NDArray[np.floating] = np.sort(np.partition(index.get_scores(query), -K)[-K:])[::-1]
        return best

    return search


def bm25s_with(backend: str) -> Callable[[Sequence[Terms]], Search]:
    def build(passages: Sequence[Terms]) -> Search:
        index = bm25s.BM25(k1=1.5, b=0.75, method="atire", idf_method="robertson", backend=backend)
        index.index(passages, show_progress=False)

        def search(query: Terms) -> NDArray[np.floating]:
            found = index.retrieve([query], k=K, show_progress=False, n_threads=0)
            scores: NDArray[np.floating] = found.scores[0]
            return scores

        return search

    return build


def available() -> list[Engine]:
    """Return the engines to compare, rank-bm25 last."""
    found = [Engine("service", served, 1e-9), Engine("bm25s numpy", bm25s_with("numpy"), 1e-3)]
    if importlib.util.find_spec("numba"):
        found.append(Engine("bm25s numba", bm25s_with("numba"), 1e-3))
    return [*found, Engine("rank-bm25", rank_bm25, 0)]


def read_paragraphs(folders: Sequence[Path]) -> list[list[str]]:
    """Return the terms of every paragraph of at least 40 characters in the folders' Markdown files."""
    files = [file for folder in folders for file in sorted(folder.rglob("*.md"))]
    if not files:
        raise SystemExit(f"no Markdown files under {', '.join(map(str, folders))}")
    paragraphs = [part for file in files for part in re.split(r"\n\s*\n", file.read_text("utf-8"))]
    found = [WORDS.terms(part) for part in track(paragraphs, "terms", transient=True) if len(part) >= 40]
    return [paragraph for paragraph in found if len(paragraph) >= 5]


def make_passages(paragraphs: Sequence[Terms], n: int) -> list[list[str]]:
    generator = random.Random(7)
    pool = [term for paragraph in paragraphs for term in paragraph]
    return [
        [generator.choice(pool) if generator.random() < 0.2 else term for term in paragraphs[i % len(paragraphs)]]
        for i in track(range(n), "passages", transient=True)
    ]


def make_queries(passages: Sequence[Terms], n: int) -> list[list[str]]:
    """Return the outline's questions (its lines with stars), then ten terms in a row from random passages."""
    lines = [line for file in sorted(CORPUS.glob("*.md")) for line in file.read_text("utf-8").splitlines()]
    questions = [WORDS.terms(line) for line in lines if "★" in line][:n]
    generator = random.Random(11)
    while len(questions) < n:
        passage = generator.choice(passages)
        start = generator.randrange(max(1, len(passage) - 10))
        questions.append(list(passage[start : start + 10]))
    return questions


def measure(
    engines: Sequence[Engine], passages: Sequence[Terms], queries: Sequence[Terms], rounds: int, weigh: bool
) -> tuple[list[Row], list[list[NDArray[np.floating]]]]:
    """Build and time the engines; return a row for each, and its (K,) scores for every query."""
    searches, built, memory = [], [], []
    for engine in track(engines, "build", transient=True):
        start = time.process_time()
        searches.append(engine.build(passages))
        built.append(time.process_time() - start)
        memory.append(held_mb(engine, passages) if weigh else 0.0)
    rates: list[list[float]] = [[] for _ in engines]
    scores: list[list[NDArray[np.floating]]] = [[] for _ in engines]
    with Progress(transient=True) as progress:
        task = progress.add_task("queries", total=rounds * len(engines))
        for _ in range(rounds):
            for i, search in enumerate(searches):
                start = time.process_time()
                scores[i] = [search(query) for query in queries]
                rates[i].append(len(queries) / (time.process_time() - start))
                progress.advance(task)
    names = [engine.name for engine in engines]
    rows = [Row(*cells) for cells in zip(names, map(statistics.median, rates), built, memory, strict=True)]
    return rows, scores


def held_mb(engine: Engine, passages: Sequence[Terms]) -> float:
    """Build once more, counting allocations; a resident set would hide what is reused from earlier builds."""
    gc.collect()
    tracemalloc.start()
    kept = engine.build(passages)
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return held / 1e6


def check(engine: Engine, scores: Sequence[NDArray[np.floating]], exact: Sequence[NDArray[np.floating]]) -> None:
    """Compare the best scores with rank-bm25's, query by query; exit where they differ."""
    for number, (found, expected) in enumerate(zip(scores, exact, strict=True)):
        # Where fewer passages match, engines fill up with zeros or stop.
        found, expected = found[found > 0], expected[expected > 0]
        near = found.shape == expected.shape and np.allclose(found, expected, rtol=0, atol=engine.tolerance)
        if not near:
            raise SystemExit(f"{engine.name} differs on query {number}: {found!r} for {expected!r}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Queries a second of BM25 engines on the same terms.")
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3, help="report the median of so many; the first warms up")
    parser.add_argument("--no-memory", action="store_true", help="do not build all once more to weigh it")
    parser.add_argument("--corpus", type=Path, help="folder of more Markdown files")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()

    paragraphs = read_paragraphs([CORPUS, options.corpus] if options.corpus else [CORPUS])
    passages = make_passages(paragraphs, options.passages)
    queries = make_queries(passages, options.queries)
    engines = available()
    rows, scores = measure(engines, passages, queries, options.rounds, not options.no_memory)
    for engine, found in zip(engines, scores, strict=True):
        check(engine, found, scores[-1])
    report(rows, passages, len(paragraphs), queries, options.json)


def report(
    rows: Sequence[Row],
    passages: Sequence[Terms],
    paragraphs: int,
    queries: Sequence[Terms],
    file: Path | None,
) -> None:
    sizes = {
        "passages": len(passages),
        "paragraphs": paragraphs,
        "terms_per_passage": round(statistics.mean(map(len, passages)), 1),
        "queries": len(queries),
        "terms_per_query": round(statistics.mean(map(len, queries)), 1),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }
    table = Table(title=", ".join(f"{key} {value}" for key, value in sizes.items()))
    for heading in ("engine", "queries/s (CPU)", "times rank-bm25", "build s", "memory MB"):
        table.add_column(heading, justify="left" if heading == "engine" else "right")
    for row in rows:
        table.add_row(
            row.engine,
            f"{row.queries_per_second:,.1f}",
            f"{row.queries_per_second / rows[-1].queries_per_second:,.0f}",
            f"{row.build_seconds:.1f}",
            f"{row.memory_mb:,.0f}",
        )
    Console().print(table)
    if file:
        ours = rows[0].queries_per_second
        times = {
            f"times_{row.engine.replace(' ', '_').replace('-', '_')}": ours / row.queries_per_second for row in rows[1:]
        }
        write(file, times, sizes=sizes, engines=[asdict(row) for row in rows])


if __name__ == "__main__":
    main()
