"""Qdrant's engine against the snapshot's own arrays: what they find, and what a search costs.

    python -m benchmarks.engines [PASSAGES ...] [--json FILE]

First the index that the settings name is asked the golden questions that entries answer, without the reranker; it is
put into Qdrant where it is not. Then indexes of benchmarks/scale.py of the sizes named. CPU is that of the process,
as the engine has threads of its own, in milliseconds, the median of the searches.
"""

import argparse
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.figures import write
from benchmarks.scale import SCOPES, SEARCHES, HashedPairs, opened
from ingest.index.backend import Backend
from ingest.index.dense import DEPTH, DenseIndex
from ingest.index.embedded import Embedded
from ingest.index.index import Index, Probe
from ingest.index.qdrant.edge import FOLDER, QdrantEdge
from ingest.index.snapshot import Snapshot
from service.bootstrap import Service
from service.search.fusion import Weighted
from service.search.retrieve import Candidate, Query, Retriever, Scope
from service.settings import NoRerankSettings, ServiceSettings

GOLDEN = Path("eval/golden")
SETS = ("outline", "develop", "near", "unseen", "refusals")
K = 10


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines")
    parser.add_argument("sizes", nargs="*", type=int, metavar="PASSAGES")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    figures = golden()
    for size in options.sizes:
        figures |= {f"{name}, {size}": value for name, value in grown(opened(size), Path(f"var/scale/{size}")).items()}
    for name, value in figures.items():
        print(f"{name}: {value:.5g}")
    if options.json:
        write(options.json, figures)


def golden() -> dict[str, float]:
    """Ask both the golden questions; the share whose first result is a right entry, and where they differ."""
    lines = [json.loads(line) for each in SETS for line in (GOLDEN / f"{each}.jsonl").read_text("utf-8").splitlines()]
    asked = [line for line in lines if line["entries"]]
    service = Service(ServiceSettings(rerank=NoRerankSettings(kind="none"), index_kind="qdrant"))
    snapshot = service.open()
    queries = service.queries([line["question"] for line in asked], snapshot.pack.words)
    folder = service.index.folder(snapshot.manifest.version)
    figures, found = {"golden questions": float(len(asked))}, []
    for name, backend in _backends().items():
        retriever = _retriever(snapshot, backend.open(snapshot, folder))
        each, spent = _searched(retriever, queries)
        right = [had[0].chunk.entry_id in line["entries"] for had, line in zip(each, asked, strict=True)]
        figures |= {f"hit@1, {name}": sum(right) / len(right), f"CPU, {name}": spent}
        found.append(each)
    pairs = list(zip(*found, strict=True))
    same = [[c.chunk.id for c in a] == [c.chunk.id for c in b] for a, b in pairs]
    apart = [abs(a.score - b.score) for one, other in pairs for a, b in zip(one, other, strict=True)]
    service.close()
    return {**figures, "the same ten": float(sum(same)), "largest difference of a score": max(apart)}


def grown(snapshot: Snapshot, folder: Path) -> dict[str, float]:
    """Measure both on a larger index: what putting it in costs, and searches with and without a filter."""
    figures: dict[str, float] = {"passages": float(len(snapshot.chunks))}
    texts = [chunk.text[:60] for chunk in random.Random(0).sample(snapshot.chunks, SEARCHES)]
    vectors = HashedPairs().embed_queries(texts)
    queries = [Query.of(text, vector, snapshot.pack.words) for text, vector in zip(texts, vectors, strict=True)]
    exact = DenseIndex.build(snapshot.dense.vectors())
    for name, backend in _backends().items():
        began = time.process_time()
        backend.load(snapshot, folder)
        figures[f"CPU seconds to put it in, {name}"] = time.process_time() - began
        index = backend.open(snapshot, folder)
        for what, scope in SCOPES.items():
            figures[f"CPU, {what}, {name}"] = _searched(_retriever(snapshot, index), queries, scope)[1]
        had = [index.find(Probe(vector, (), (), 0.0), DEPTH).dense.numbers.tolist() for vector in vectors]
        wanted = [exact.search(vector, DEPTH)[0].tolist() for vector in vectors]
        both = sum(len({*a} & {*b}) for a, b in zip(had, wanted, strict=True))
        figures[f"recall@{DEPTH}, {name}"] = both / sum(map(len, wanted))
    figures["MB on disk, qdrant"] = sum(f.stat().st_blocks * 512 for f in (folder / FOLDER).rglob("*")) / 2**20
    return figures


def _backends() -> dict[str, Backend]:
    return {"embedded": Embedded(), "qdrant": QdrantEdge()}


def _retriever(snapshot: Snapshot, index: Index) -> Retriever:
    return Retriever(snapshot, Weighted(snapshot.fitted.fusion), index=index)


def _searched(
    retriever: Retriever, queries: Sequence[Query], scope: Scope | None = None
) -> tuple[list[list[Candidate]], float]:
    found, spent = [], []
    for query in queries:
        began = time.process_time()
        found.append(retriever.retrieve(query, K, scope))
        spent.append((time.process_time() - began) * 1000)
    return found, median(spent)


if __name__ == "__main__":
    main()
