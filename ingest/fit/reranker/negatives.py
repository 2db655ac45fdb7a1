"""Hard negatives: for each question the windows that BM25 and the embedder take for an answer."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.fit.reranker.exported import Exported
from ingest.fit.reranker.sets import Question, QuestionSet
from ingest.index.bm25 import Postings
from ingest.models.embedder import Embedder
from ingest.progress import Report
from ingest.words.words import Words

K = 60  # of reciprocal rank fusion
READ = 14  # candidates that a trained model reads to find what it mistakes


@dataclass(frozen=True, slots=True)
class Found:
    """A question's candidates, best first: one window of each passage, with its BM25 score and cosine."""

    rows: tuple[int, ...]
    bm25: tuple[float, ...]
    cosines: tuple[float, ...]


def mine(
    questions: QuestionSet, embedder: Embedder, words: Words, cache: Path, depth: int, progress: Report
) -> list[Found]:
    """Return the `depth` passages nearest to each question, by fused rank; kept in `cache`."""
    asked_and_windows = [*(question.text for question in questions.questions), *questions.windows]
    key = hashlib.sha256(repr((embedder.fingerprint, depth, asked_and_windows)).encode()).hexdigest()[:12]
    path = cache / f"{questions.name}-{key}.jsonl"
    if path.exists():
        lines = (json.loads(line) for line in path.read_text("utf-8").splitlines())
        return [Found(*(tuple(column) for column in line)) for line in lines]
    name = questions.name
    postings = Postings.build([words.terms(window) for window in questions.windows])
    vectors = embedder.embed_passages(questions.windows, lambda n: progress(name, n, len(questions.windows)))
    asked = embedder.embed_queries([question.read for question in questions.questions])
    owners = np.array(questions.owners)
    found = []
    for question, vector in zip(questions.questions, asked, strict=True):
        found.append(_candidates(question, words, postings, vectors @ vector, owners, depth))
        progress(f"{name}: candidates", len(found), len(asked))
    cache.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text("".join(json.dumps([f.rows, f.bm25, f.cosines]) + "\n" for f in found), "utf-8")
    partial.replace(path)
    return found


def refreshed(
    questions: QuestionSet,
    found: Sequence[Found],
    model: Exported,
    take: Callable[[Question], bool],
    progress: Report,
) -> list[Found]:
    """Return candidates, those first that a trained model itself takes for an answer; none for questions not taken.

    The model's own mistakes are what it can still learn from (ANCE, Xiong and others, ICLR 2021).
    """
    hardest_first: list[Found] = []
    for question, candidates in zip(questions.questions, found, strict=True):
        rows = candidates.rows[:READ] if take(question) and not question.held_back else ()
        if rows:
            scores = model.scores(question.read, [questions.windows[row] for row in rows])
            order = np.argsort(-scores, kind="stable").tolist()
            columns = (candidates.rows, candidates.bm25, candidates.cosines)
            hardest_first.append(Found(*(tuple(column[i] for i in order) for column in columns)))
        else:
            hardest_first.append(Found((), (), ()))
        progress(f"{questions.name}: hard", len(hardest_first), len(found))
    return hardest_first


def _candidates(
    question: Question,
    words: Words,
    postings: Postings,
    cosines: NDArray[np.float32],
    owners: NDArray[np.int64],
    depth: int,
) -> Found:
    """Fuse the two rankings of windows passage by passage (Cormack and others, SIGIR 2009)."""
    bm25 = postings.scores(words.terms(question.text))
    gain: dict[int, float] = {}
    for scores in (bm25, cosines):
        rank = 0
        seen: set[int] = set()
        for row in np.argsort(-scores, kind="stable")[: 4 * depth]:
            owner = int(owners[row])
            if owner in seen or scores[row] == 0:
                continue
            rank += 1
            seen.add(owner)
            gain[owner] = gain.get(owner, 0.0) + 1 / (K + rank)
    most = max(float(bm25.max(initial=0)), 1e-9)
    rows = []
    for owner in sorted(gain, key=lambda owner: (-gain[owner], owner))[:depth]:
        inside = np.flatnonzero(owners == owner)
        rows.append(int(inside[np.argmax(2 * bm25[inside] / most + cosines[inside] / 0.05)]))
    return Found(
        tuple(rows),
        tuple(round(float(bm25[row]), 3) for row in rows),
        tuple(round(float(cosines[row]), 4) for row in rows),
    )
