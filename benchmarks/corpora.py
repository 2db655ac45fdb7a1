"""Search over every development set, each leg and stage in one run, as one table.

    python -m benchmarks.corpora [NAME ...] [--json FILE]

The sets are labelled passages outside the repository (benchmarks/corpus/labelled.py), documentation of packages
(benchmarks/corpus/sources.toml) and a corpus beside the repository. Each is indexed as `python -m ingest build` does,
without a pack, and kept under var/corpora, so that a second run embeds only what is new. Search is what POST /v1/search
does, on this index; the plain orders are of its own BM25 and vectors. A set that is not there is named and left out.
"""

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from statistics import mean

from benchmarks.corpus.asked import Collection
from benchmarks.corpus.legs import LEGS, Scored, scored
from benchmarks.corpus.sets import FOLDER, MissingError, collection, names
from benchmarks.figures import write
from ingest import bootstrap as ingest
from ingest.__main__ import console, ensure
from service.bootstrap import Service
from service.settings import ServiceSettings, ShippedSettings

FIGURES = {"hit_1": "hit@1", "hit_5": "hit@5", "ndcg_10": "nDCG@10"}
PLAIN = ("BM25", "dense", "RRF")
PATIENCE = 600_000  # ms for the reranker: a busy machine must not change what is measured
Means = Mapping[str, Mapping[str, float]]  # by leg and figure


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpora")
    parser.add_argument("names", nargs="*", metavar="NAME", help="sets; all of them when none is named")
    parser.add_argument("--json", type=Path, help="write the figures here too, by question as well")
    parser.add_argument("--rebuild", action="store_true", help="cut and embed everything anew")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names()):
        parser.error(f"no set is called {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    measured: dict[str, list[Scored]] = {}
    began = time.perf_counter()
    for name, one, service in served(options.names or names(), options.rebuild):
        measured[name] = scored(service, service.open(), one.answerable)
        print(f"{line(name, measured[name])}; {time.perf_counter() - began:.0f} s", flush=True)
        print(row(name, means(measured[name])), flush=True)
        if options.json:
            write(options.json, figures(measured), questions=by_question(measured))
        began = time.perf_counter()
    if measured:
        print("\n" + "\n".join(table({name: means(rows) for name, rows in measured.items()})))


def served(wanted: Sequence[str], rebuild: bool = False) -> Iterator[tuple[str, Collection, Service]]:
    """Yield the sets that are there, each with a service over its index, brought up to date; the others are named."""
    console.quiet = True  # it would name every passage that has no heading
    settings = ServiceSettings(pack="none", rerank=ShippedSettings(budget_ms=PATIENCE))
    embedder = ingest.embedder(settings)
    for name in wanted:
        try:
            one = collection(name)
        except MissingError as error:
            print(f"{name}: left out; {error}", flush=True)
            continue
        own = settings.model_copy(update={"corpus": [one.folder], "index": FOLDER / name / "index"})
        ensure(own, embedder, rebuild)
        with closing(Service(own, embedder)) as service:
            yield name, one, service


def line(name: str, rows: Sequence[Scored]) -> str:
    lost = [row.asked.id for row in rows if not row.known]
    return f"{name}: {len(rows)} questions" + (f"; nothing in the index answers {', '.join(lost)}" if lost else "")


def means(rows: Sequence[Scored]) -> Means:
    return {leg: {name: mean(getattr(row.rankings[leg], name) for row in rows) for name in FIGURES} for leg in LEGS}


def table(sets: Mapping[str, Means]) -> Iterator[str]:
    """Yield the lines of a Markdown table, a cell being hit@1, hit@5 and nDCG@10."""
    head = ["set", *LEGS, "fused - best plain", "reranked - fused"]
    yield f"hit@1 hit@5 nDCG@10; differences are of nDCG@10\n\n| {' | '.join(head)} |"
    yield "|---" + "|--:" * (len(head) - 1) + "|"
    for name, legs in sets.items():
        yield row(name, legs)
    average = {leg: {f: mean(legs[leg][f] for legs in sets.values()) for f in FIGURES} for leg in LEGS}
    gains = [mean(difference(legs)[place] for legs in sets.values()) for place in (0, 1)]
    worst = [min(difference(legs)[place] for legs in sets.values()) for place in (0, 1)]
    yield row("average", average, gains)
    yield f"| lowest |{' |' * len(LEGS)} {' | '.join(f'{each:+.3f}' for each in worst)} |"


def row(name: str, legs: Means, differences: Sequence[float] | None = None) -> str:
    cells = [" ".join(f"{legs[leg][figure]:.3f}" for figure in FIGURES) for leg in LEGS]
    return f"| {' | '.join([name, *cells, *(f'{d:+.3f}' for d in differences or difference(legs))])} |"


def difference(legs: Means) -> tuple[float, float]:
    """Return nDCG@10 of fused above the best of the plain orders, and of reranked above fused."""
    ndcg = {leg: legs[leg]["ndcg_10"] for leg in LEGS}
    return ndcg["fused"] - max(ndcg[leg] for leg in PLAIN), ndcg["reranked"] - ndcg["fused"]


def figures(measured: Mapping[str, Sequence[Scored]]) -> dict[str, float]:
    return {
        f"{name}_{leg.lower()}_{figure}": value
        for name, rows in measured.items()
        for leg, values in means(rows).items()
        for figure, value in values.items()
    }


def by_question(measured: Mapping[str, Sequence[Scored]]) -> dict[str, dict[str, dict[str, object]]]:
    """Return every question's figures by set, question and leg, for paired comparisons of two runs."""
    return {
        name: {row.asked.id: {leg: asdict(ranking) for leg, ranking in row.rankings.items()} for row in rows}
        for name, rows in measured.items()
    }


if __name__ == "__main__":
    main()
