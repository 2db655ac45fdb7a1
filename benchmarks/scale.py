"""Search as the corpus grows: CPU, recall, memory and the time to open at 1,000 to 100,000 passages, without a model.

    python -m benchmarks.scale [PASSAGES ...] [--json FILE]

The corpus is the outline and the project's own pages recombined, one word in eight replaced by one of another place, so
that any size has words and headings like real ones; vectors are hashed character pairs, harder for a graph than a
model's. Indexes are built as `python -m ingest build` does and kept under var/scale. A figure is CPU time of one
thread, in milliseconds, and says in brackets how many times that of the smallest corpus it is; `scanned` is the same
search with every vector compared. What a service over the index takes is measured in a process of its own: `memory` is
its own, which no file backs.
"""

import argparse
import asyncio
import random
import re
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import write
from benchmarks.processes import apart, own_memory
from ingest.build import build_index
from ingest.chunk.recursive import RecursiveChunker
from ingest.clean import CleanSteps
from ingest.index.dense import DEPTH, DenseIndex
from ingest.index.snapshot import Snapshot, read
from ingest.index.versions import Versions
from ingest.pack import Packs, none
from service.bootstrap import Service
from service.search.fusion import Weighted
from service.search.retrieve import Query, Retriever, Scope
from service.settings import NoRerankSettings, ServiceSettings, StoreSettings

FOLDER = Path("var/scale")
SIZES = (1_000, 10_000, 100_000)
SOURCES = ("ingest/corpus", "docs")
SECTIONS, REPLACED = 10, 8  # of a file; one word in so many is replaced
PIECE = 500  # tokens of a passage at most
SEARCHES = 200
WORD = re.compile(r"[A-Za-z]{3,}|[\u4e00-\u9fff]{2}")
SCOPES = {
    "search": None,
    "search, four stars": Scope(min_stars=4),
    "search, one document": Scope(documents=frozenset({"0.md"})),
}


@dataclass(frozen=True)
class HashedPairs:
    """An embedder without weights: character pairs, hashed into 384 dimensions."""

    name: str = "hashed pairs"
    fingerprint: str = "hashed-pairs-1"
    dimension: int = 384
    max_tokens: int = 500

    def embed_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            places = [zlib.crc32(text[at : at + 2].encode()) % self.dimension for at in range(len(text) - 1)]
            vectors[row] = np.bincount(places, minlength=self.dimension) if places else 1.0
        np.sqrt(vectors, out=vectors)
        vectors -= vectors.mean(axis=1, keepdims=True)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(norms, 1e-6), np.float32)

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.embed_passages(texts)

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return [sum(not char.isspace() for char in text) for text in texts]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="PASSAGES")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    figures: dict[str, float] = {}
    for size in options.sizes:
        passages = apart(built, size)
        print(f"{passages:,} passages", flush=True)
        for name, value in (apart(served, size) | apart(searched, size)).items():
            first = figures.setdefault(f"{name} {options.sizes[0]}", value)
            print(f"  {name}: {value:.2f} ({value / max(first, 1e-9):.1f})", flush=True)
            figures[f"{name} {size}"] = value
    if options.json:
        write(options.json, figures)


def opened(size: int) -> Snapshot:
    """Open the index of a size, built first where it is not there."""
    packs, versions = Packs("none"), Versions(FOLDER / str(size) / "index")
    folder = FOLDER / str(size) / "documents"
    if not folder.is_dir():
        recombine(size, folder)
    build_index([folder], versions, HashedPairs(), RecursiveChunker(PIECE), CleanSteps(), packs, near_threshold=None)
    return versions.open(embedder=HashedPairs().fingerprint, packs=packs)


def built(size: int) -> int:
    """Build the index of a size where it is not there; return how many passages it has."""
    return len(opened(size).chunks)


def served(size: int) -> dict[str, float]:
    """Return what a service takes to be ready over an index, in seconds and MB, and what a second version adds."""
    folder, fingerprint = FOLDER / str(size) / "index", HashedPairs().fingerprint
    settings = ServiceSettings(
        index=folder, pack="none", rerank=NoRerankSettings(kind="none"), store=StoreSettings(enabled=False)
    )
    service = Service(settings, HashedPairs())
    versions, packs = Versions(folder), Packs("none")
    none().words.warm()
    before, laps = own_memory(), [time.perf_counter()]
    first = service.index.open(fingerprint, packs=packs)
    laps.append(time.perf_counter())
    parts = service.parts(first)
    laps.append(time.perf_counter())
    asyncio.run(parts.warm())
    once = own_memory()
    second = service.parts(service.index.open(fingerprint, packs=packs))
    asyncio.run(second.warm())
    twice = own_memory()
    laps.append(time.perf_counter())
    read(versions.folder(first.manifest.version), fingerprint, packs)
    return {
        "seconds to open": laps[1] - laps[0],
        "seconds to bind": laps[2] - laps[1],
        "seconds to open and verify": time.perf_counter() - laps[3],
        "memory of the service, MB": once,
        "of the index, MB": once - before,
        "of a second version, MB": twice - once,
    }


def searched(size: int) -> dict[str, float]:
    """Measure the searches of an index that is built."""
    return measured(opened(size))


def recombine(size: int, folder: Path, sections_each: int = SECTIONS) -> None:
    """Write files with about `size` passages; a section of a page with some of its words replaced makes one or two."""
    drawn = random.Random(size)
    sections = [s for root in SOURCES for path in sorted(Path(root).glob("*.md")) for s in _sections(path)]
    words = [word for section in sections for word in WORD.findall(section)]
    folder.mkdir(parents=True)
    count = 0
    for number in range(size):
        made: list[str] = []
        while len(made) < sections_each and count < size:
            text = WORD.sub(
                lambda match: drawn.choice(words) if drawn.randrange(REPLACED) == 0 else match[0],
                drawn.choice(sections),
            )
            made.append(text)
            count += 1 + len(text) // PIECE
        if not made:
            return
        (folder / f"{number}.md").write_text("\n\n".join(made), "utf-8")


def _sections(path: Path) -> list[str]:
    return [part for part in re.split(r"\n(?=#{2,4} )", path.read_text("utf-8")) if len(part) > 100]


def measured(snapshot: Snapshot) -> dict[str, float]:
    """Return the CPU of searches, with and without filters, and the graphs' recall."""
    drawn = random.Random(0)
    texts = [chunk.text[:60] for chunk in drawn.sample(snapshot.chunks, min(SEARCHES, len(snapshot.chunks)))]
    vectors = HashedPairs().embed_queries(texts)
    queries = [Query.of(text, vector, snapshot.pack.words) for text, vector in zip(texts, vectors, strict=True)]
    fusion = Weighted(snapshot.fitted.fusion)
    retriever = Retriever(snapshot, fusion)
    figures: dict[str, float] = {}
    for name, scope in SCOPES.items():
        spent = [_cpu(retriever, query, scope) for query in queries]
        figures[name] = median(spent)
        figures[f"{name}, p95"] = float(np.quantile(spent, 0.95))
    if not snapshot.dense.exact:
        flat = DenseIndex.build(snapshot.dense.vectors())
        titles = DenseIndex.build(snapshot.titles.vectors())
        scanning = Retriever(replace(snapshot, dense=flat, titles=titles), fusion)
        figures["search, scanned"] = median(_cpu(scanning, query, None) for query in queries)
        exact = [set(flat.search(vector, DEPTH)[0].tolist()) for vector in vectors]
        found = [set(snapshot.dense.search(vector, DEPTH)[0].tolist()) for vector in vectors]
        figures[f"recall@{DEPTH}"] = sum(len(a & b) for a, b in zip(exact, found, strict=True)) / sum(map(len, exact))
    return figures


def _cpu(retriever: Retriever, query: Query, scope: Scope | None) -> float:
    began = time.thread_time()
    retriever.retrieve(query, 10, scope)
    return (time.thread_time() - began) * 1000


if __name__ == "__main__":
    main()
