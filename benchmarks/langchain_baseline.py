"""A stock LangChain retrieval pipeline beside ours, on the same questions.

    python -m benchmarks.langchain_baseline [--golden FILE] [--ours FILE.json]

Stock: RecursiveCharacterTextSplitter(chunk_size=500, chunk_overlap=50) over the outline's text, the same e5
model through sentence-transformers without prefixes, InMemoryVectorStore. A chunk stands for the entry it
shares most characters with, so one over several lines of unanswered entries stands for one of these; an entry
counts once. Both get the follow-ups condensed by our service, which stock LangChain would leave as they are.
Ours is searched in this process on the current index, or read from the JSON that `python -m eval golden --out`
wrote. Differences are paired by question, with 95% bootstrap intervals.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_text_splitters import RecursiveCharacterTextSplitter
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sentence_transformers import SentenceTransformer

from benchmarks.chunkers import DEPTH, DEVELOP, ranked_questions, scored, search, standalone
from benchmarks.figures import write
from eval.golden.question import GoldenQuestion
from eval.score.figures import Ranking
from eval.score.significance import bootstrap
from ingest.bootstrap import packs
from ingest.index.snapshot import SnapshotError
from ingest.models.offline import resolve
from ingest.parse import outline
from ingest.parse.outline import Entry
from service.bootstrap import Service
from service.settings import ServiceSettings

FIGURES = {"hit_1": "hit@1", "hit_5": "hit@5", "reciprocal_rank": "MRR"}
CHUNKS = 200  # enough for 20 distinct entries


class Plain(Embeddings):
    """A sentence-transformers model as it comes; with unit norm, the store's cosine is the inner product."""

    def __init__(self, model: str) -> None:
        self._model = SentenceTransformer(model)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._model.encode(texts, normalize_embeddings=True).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def stock(settings: ServiceSettings, questions: Sequence[GoldenQuestion]) -> list[list[str]]:
    """Return the distinct entries that the stock pipeline finds for each question, best first."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=500, chunk_overlap=50, add_start_index=True)
    store = InMemoryVectorStore(Plain(str(resolve(settings.embedder.model, settings.models))))
    entries: dict[str, Sequence[Entry]] = {}
    for path in (file for folder in settings.corpus for file in sorted(Path(folder).glob("*.md"))):
        text = path.read_text("utf-8")
        entries[path.name] = outline.parse(path.name, text)[1]
        chunks = splitter.create_documents([text], [{"document": path.name}])
        store.add_documents(chunks)
    words = packs(settings).choose(list(entries)).words
    found = []
    for question in track(questions, "LangChain", transient=True):
        names = (
            entry_of(entries[d.metadata["document"]], d.metadata["start_index"], len(d.page_content))
            for d in store.similarity_search(standalone(question, words), k=CHUNKS)
        )
        found.append(list(dict.fromkeys(name for name in names if name))[:DEPTH])
    return found


def entry_of(entries: Sequence[Entry], start: int, length: int) -> str | None:
    """Return the entry that shares most characters with text[start : start + length], None without any."""
    shared = {e.id: min(e.end, start + length) - max(e.start, start) for e in entries}
    best = max(shared, key=shared.__getitem__)
    return best if shared[best] > 0 else None


def ours(settings: ServiceSettings, questions: Sequence[GoldenQuestion]) -> list[list[str]]:
    service = Service(settings)
    try:
        snapshot = service.open()
    except SnapshotError as error:
        raise SystemExit(str(error)) from error
    found = search(service, snapshot, questions)
    service.close()
    return found


def read(file: Path, questions: Sequence[GoldenQuestion]) -> list[list[str]]:
    """Read the entries found for each question from a report; exits when it is of other questions."""
    try:
        told = json.loads(file.read_text("utf-8"))
        results: dict[str, list[str]] = {each["id"]: each["got"]["ranked"] for each in told["questions"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{file} is no report of `python -m eval golden --out`: {error!r}") from error
    if missing := [question.id for question in questions if question.id not in results]:
        raise SystemExit(f"{file} lacks {len(missing)} of the questions, first {missing[0]!r}")
    return [results[question.id] for question in questions]


def main() -> None:
    parser = argparse.ArgumentParser(description="A stock LangChain pipeline beside ours.")
    parser.add_argument("--golden", type=Path, default=DEVELOP, help="questions, one JSON object a line")
    parser.add_argument("--ours", type=Path, help="our results, from `python -m eval golden --out`")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    questions = ranked_questions(options.golden)
    settings = ServiceSettings()
    own = read(options.ours, questions) if options.ours else ours(settings, questions)
    baseline = stock(settings, questions)
    systems = {"langchain": scored(baseline, questions), "ours": scored(own, questions)}
    report(systems["langchain"], systems["ours"], [question.kind for question in questions])
    if options.json:
        means = {
            f"{system}_{name}": mean(float(getattr(each, name)) for each in rankings)
            for system, rankings in systems.items()
            for name in FIGURES
        }
        write(options.json, means)


def report(baseline: Sequence[Ranking], ours: Sequence[Ranking], kinds: Sequence[str]) -> None:
    """Print each figure as LangChain's -> ours by kind, and the paired differences over all kinds."""
    table = Table("kind", title="LangChain -> ours")
    for heading in ("n", *FIGURES.values()):
        table.add_column(heading, justify="right", no_wrap=True)
    for kind in [*dict.fromkeys(kinds), "all"]:
        rows = [row for row, own in enumerate(kinds) if kind in (own, "all")]
        means = [
            [mean(float(getattr(system[row], name)) for row in rows) for system in (baseline, ours)] for name in FIGURES
        ]
        table.add_row(kind, str(len(rows)), *(f"{theirs:.3f} -> {own:.3f}" for theirs, own in means))
    console = Console()
    console.print(table)
    for name, heading in FIGURES.items():
        pairs = zip(baseline, ours, strict=True)
        gains = [float(getattr(own, name) - getattr(theirs, name)) for theirs, own in pairs]
        low, high = bootstrap(gains)
        console.print(f"{heading}: {mean(gains):+.3f}, 95% interval {low:+.3f} to {high:+.3f}")


if __name__ == "__main__":
    main()
