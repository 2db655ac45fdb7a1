"""Index the corpus with each chunker and compare what search finds, as a Markdown table.

    python -m benchmarks.chunkers [--golden FILE]

The settings are those of the environment but for the chunker, which has its defaults; indexes go to a
temporary folder. Search runs in this process as POST /v1/search does, follow-ups condensed alike. Figures are
by entry, over the questions with gold entries, with 95% bootstrap intervals.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import get_args

from pydantic import TypeAdapter
from rich.console import Console
from rich.progress import track

from benchmarks.figures import write
from eval.golden.question import UNSORTED, GoldenError, GoldenQuestion, load
from eval.score.figures import Ranking, rank
from eval.score.significance import bootstrap
from ingest import bootstrap as ingest
from ingest.__main__ import ensure
from ingest.index.snapshot import Snapshot
from ingest.index.versions import Versions
from ingest.models.embedder import Embedder
from ingest.settings import ChunkerSettings
from ingest.words.words import Words
from service.bootstrap import Service
from service.settings import ServiceSettings
from service.understand.follow_ups import Message, condense

DEVELOP = Path(__file__).parents[1] / "eval" / "golden" / "develop.jsonl"
DEPTH = 20


@dataclass(frozen=True)
class Row:
    chunker: str
    chunks: int
    tokens: float
    build_seconds: float
    rankings: list[Ranking]


def ranked_questions(golden: Path) -> list[GoldenQuestion]:
    """Read the questions to score, those with gold entries; exits when it cannot."""
    try:
        return [question for question in load(golden) if question.entries and question.kind != UNSORTED]
    except GoldenError as error:
        raise SystemExit(str(error)) from error


def standalone(question: GoldenQuestion, words: Words) -> str:
    history = [Message(turn["role"], turn["content"]) for turn in question.history]
    return condense(question.question, history, words)


def search(service: Service, snapshot: Snapshot, questions: Sequence[GoldenQuestion]) -> list[list[str]]:
    """Return the distinct entries found for each question, best first."""
    retriever = service.retriever(snapshot)
    words = snapshot.pack.words
    texts = [standalone(question, words) for question in questions]
    found = []
    for text in track(texts, "Searching", transient=True, console=Console(stderr=True)):
        (query,) = service.queries([text], words)
        entries = (candidate.chunk.entry_id for candidate in retriever.retrieve(query, DEPTH))
        found.append(list(dict.fromkeys(entry for entry in entries if entry)))
    return found


def measure(kind: str, settings: ServiceSettings, embedder: Embedder, questions: Sequence[GoldenQuestion]) -> Row:
    """Build an index with one chunker in a temporary folder and score it."""
    with tempfile.TemporaryDirectory() as folder:
        chunker: ChunkerSettings = TypeAdapter(ChunkerSettings).validate_python({"kind": kind})
        changed = settings.model_copy(update={"chunker": chunker, "index": Path(folder)})
        began = time.perf_counter()
        ensure(changed, embedder)
        seconds = time.perf_counter() - began
        snapshot = Versions(changed.index).open(embedder.fingerprint, packs=ingest.packs(changed))
    service = Service(changed, embedder)
    found = search(service, snapshot, questions)
    service.close()
    tokens = mean(embedder.token_counts([chunk.text for chunk in snapshot.chunks]))
    return Row(kind, len(snapshot.chunks), tokens, seconds, scored(found, questions))


def scored(found: Sequence[Sequence[str]], questions: Sequence[GoldenQuestion]) -> list[Ranking]:
    return [rank(entries, question.entries) for entries, question in zip(found, questions, strict=True)]


def kinds() -> list[str]:
    """Return the chunkers that the settings know, the default first."""
    union = get_args(ChunkerSettings)[0]
    return [get_args(group.model_fields["kind"].annotation)[0] for group in get_args(union)]


def figure(rankings: Sequence[Ranking], name: str) -> str:
    values = [float(getattr(ranking, name)) for ranking in rankings]
    low, high = bootstrap(values)
    return f"{mean(values):.3f} ({low:.3f}-{high:.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare chunkers on the golden questions.")
    parser.add_argument("--golden", type=Path, default=DEVELOP, help="questions, one JSON object a line")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    questions, means = ranked_questions(options.golden), dict[str, float]()
    settings = ServiceSettings()
    embedder = ingest.embedder(settings)
    print(f"{len(questions)} questions\n")
    print("| chunker | chunks | mean tokens | build s | hit@1 | hit@5 | MRR |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for kind in kinds():
        row = measure(kind, settings, embedder, questions)
        figures = [figure(row.rankings, name) for name in ("hit_1", "hit_5", "reciprocal_rank")]
        cells = [row.chunker, str(row.chunks), f"{row.tokens:.0f}", f"{row.build_seconds:.1f}", *figures]
        print(f"| {' | '.join(cells)} |", flush=True)
        means[f"{kind}_chunks"] = row.chunks
        for name in ("hit_1", "hit_5", "reciprocal_rank"):
            means[f"{kind}_{name}"] = mean(float(getattr(ranking, name)) for ranking in row.rankings)
    if options.json:
        write(options.json, means)


if __name__ == "__main__":
    main()
