"""Other engines against the snapshot's own arrays: what they find, and what a search costs.

    python -m benchmarks.engines [PASSAGES ...] [--engines KIND ...] [--json FILE]

First the index that the settings name is asked the golden questions that entries answer, without the reranker; it is
put into an engine where it is not. An engine whose share of right first results is another by more than `APART` is an
error. Then indexes of benchmarks/scale.py of the sizes named. CPU is that of the process, as an engine within it has
threads of its own, in milliseconds, the median of the searches. An engine is named as in OUTLINE_QA_INDEX_KIND.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.figures import write
from benchmarks.scale import SCOPES, SEARCHES, HashedPairs, opened
from ingest import bootstrap
from ingest.index.backend import Backend
from ingest.index.dense import DEPTH, DenseIndex
from ingest.index.index import Index, Probe
from ingest.index.snapshot import Snapshot
from service.bootstrap import Service
from service.search.fusion import Weighted
from service.search.retrieve import Candidate, Query, Retriever, Scope
from service.settings import NoRerankSettings, ServiceSettings

GOLDEN = Path("eval/golden")
SETS = ("outline", "develop", "near", "unseen", "refusals")
K = 10
OWN = "embedded"
APART = 0.005


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines")
    parser.add_argument("sizes", nargs="*", type=int, metavar="PASSAGES")
    parser.add_argument("--engines", nargs="+", default=["qdrant"], metavar="KIND", help="default: qdrant")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    settings = ServiceSettings(rerank=NoRerankSettings(kind="none"), index_kind=OWN)
    figures = golden(settings, options.engines)
    backends = _backends(settings, options.engines)
    for size in options.sizes:
        made = grown(opened(size), Path(f"var/scale/{size}"), backends)
        figures |= {f"{name}, {size}": value for name, value in made.items()}
    for name, value in figures.items():
        print(f"{name}: {value:.5g}")
    if options.json:
        write(options.json, figures)
    apart = [kind for kind in options.engines if abs(figures[f"hit@1, {kind}"] - figures[f"hit@1, {OWN}"]) > APART]
    if apart:
        sys.exit(f"right first results differ by more than {APART} from the snapshot's: {', '.join(apart)}")


def golden(settings: ServiceSettings, kinds: Sequence[str]) -> dict[str, float]:
    """Ask all the golden questions; the share whose first result is a right entry, and where they differ."""
    lines = [json.loads(line) for each in SETS for line in (GOLDEN / f"{each}.jsonl").read_text("utf-8").splitlines()]
    asked = [line for line in lines if line["entries"]]
    service = Service(settings)
    snapshot = service.open()
    queries = service.queries([line["question"] for line in asked], snapshot.pack.words)
    folder = service.index.folder(snapshot.manifest.version)
    figures: dict[str, float] = {"golden questions": float(len(asked))}
    found: dict[str, list[list[Candidate]]] = {}
    for name, backend in _backends(settings, kinds).items():
        backend.load(snapshot, folder)
        retriever = _retriever(snapshot, backend.open(snapshot, folder))
        each, spent = _searched(retriever, queries)
        right = [had[0].chunk.entry_id in line["entries"] for had, line in zip(each, asked, strict=True)]
        figures |= {f"hit@1, {name}": sum(right) / len(right), f"CPU, {name}": spent}
        found[name] = each
    service.close()
    own = found.pop(OWN)
    for name, each in found.items():
        pairs = list(zip(own, each, strict=True))
        figures[f"the same ten, {name}"] = sum([c.chunk.id for c in a] == [c.chunk.id for c in b] for a, b in pairs)
        apart = [abs(a.score - b.score) for one, other in pairs for a, b in zip(one, other, strict=True)]
        figures[f"largest difference of a score, {name}"] = max(apart)
    return figures


def grown(snapshot: Snapshot, folder: Path, backends: Mapping[str, Backend]) -> dict[str, float]:
    """Measure all of them on a larger index: what putting it in costs, and searches with and without a filter."""
    figures: dict[str, float] = {"passages": float(len(snapshot.chunks))}
    texts = [chunk.text[:60] for chunk in random.Random(0).sample(snapshot.chunks, SEARCHES)]
    vectors = HashedPairs().embed_queries(texts)
    queries = [Query.of(text, vector, snapshot.pack.words) for text, vector in zip(texts, vectors, strict=True)]
    exact = DenseIndex.build(snapshot.dense.vectors())
    for name, backend in backends.items():
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
        if (beside := folder / name).is_dir():
            figures[f"MB on disk, {name}"] = sum(f.stat().st_blocks * 512 for f in beside.rglob("*")) / 2**20
    return figures


def _backends(settings: ServiceSettings, kinds: Sequence[str]) -> dict[str, Backend]:
    named = dict.fromkeys((OWN, *kinds))
    return {kind: bootstrap.index(settings.model_copy(update={"index_kind": kind})).backend for kind in named}


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
