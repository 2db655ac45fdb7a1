"""The question sets with what search takes for an answer, for whoever trains on them."""

from pathlib import Path

from ingest.fit.reranker.asked_set import asked, origins
from ingest.fit.reranker.negatives import Found, mine
from ingest.fit.reranker.recipe import DEPTH, sets
from ingest.fit.reranker.sets import QuestionSet
from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from ingest.pack import none
from ingest.progress import Report

Statements = tuple[QuestionSet, list[Found]]
Mined = list[tuple[QuestionSet, list[Found]]]

CANDIDATES = Path("var/reranker/candidates")


def known(data: Path, snapshot: Snapshot, embedder: Embedder, report: Report) -> Mined:
    """Return the outline's questions and those of the sets in a folder; raises OSError naming one that is missing."""
    words = snapshot.pack.words
    return [(s, mine(s, embedder, words, CANDIDATES, DEPTH, report)) for s in sets(data, snapshot)]


def others(data: Path, embedder: Embedder, report: Report) -> tuple[Mined, list[Statements]]:
    """Return what is asked of other people's documents, which lie in `data`/asked: of passages, and of statements."""
    words, passages, said = none().words, Mined(), list[Statements]()
    for name in origins():
        read, statements_of_it = asked(name, data / "asked" / name, words)
        passages.append((read, mine(read, embedder, words, CANDIDATES, DEPTH, report)))
        said.append(statements_of_it)
    return passages, said
