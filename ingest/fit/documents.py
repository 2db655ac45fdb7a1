"""`python -m ingest fit PATHS`: a pack for documents, of what they say of themselves, where that finds passages better.

What a person changes in it stays: lines that were found before are not put in again, and new ones come behind.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ingest.fit.asked import OwnQuestion, questions
from ingest.fit.choice import View, evidence, reciprocal_rank, view
from ingest.fitted import FusionWeights
from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from ingest.pack import NONE, SHIPPED
from ingest.progress import Report
from ingest.words.definitions import defined_names
from ingest.words.words import Words

GLOSSARY, FOUND, CANDIDATES = "glossary.txt", "found.txt", "candidates.jsonl"
REPORT = "report.md"
FEW = 20  # questions held back, below which nothing can be told
LOSS = 0.01  # of mean reciprocal rank that may be chance
ABOUT = """Asked of the documents themselves, seen by no choice: what a passage defines, a sentence against the rest of
its passage, and such a sentence with the other name of a thing."""
COLUMNS = ("asked", "questions", "hit@1", "with names", "reciprocal rank", "with names", "gain, 95 %")
DOCUMENTS = re.compile(r"^documents = \[.*?\]\n", re.M | re.S)  # in pack.toml
SAMPLES = 2000  # of the bootstrap
HEAD = "# Other names of the same things, one thing a line, as the documents give them; yours to change.\n"


Asked = Literal["by another name", "in the documents' words"]


@dataclass(frozen=True, slots=True)
class Gain:
    """What other names do for questions that no choice has seen: means without them and with them.

    `low` and `high` bound the gain in mean reciprocal rank at 95 %, by the bootstrap over questions.
    """

    asked: Asked
    questions: int
    hit_1: tuple[float, float]
    reciprocal: tuple[float, float]
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Made:
    """`folder` is None when the pack was not better than none, and so was not written."""

    folder: Path | None
    gains: tuple[Gain, ...]
    things: int


def fit_documents(snapshot: Snapshot, embedder: Embedder, folder: Path, progress: Report) -> Made:
    """Find the documents' other names, measure them on what the documents answer, and write the pack into `folder`.

    `snapshot` is the documents' index without a pack. Raises OSError when the folder cannot be written.
    """
    plain = snapshot.pack.words
    found = defined_names(list(snapshot.documents.values()))
    lines = glossary(found, _text(folder / GLOSSARY), _text(folder / FOUND), plain)
    words = Words(glossary=lines)
    asked = questions(snapshot.chunks, [line.split("|") for line in _own(lines)])
    gains = tuple(_measured(snapshot, embedder, words, asked, progress))
    if not _better(gains):
        return Made(None, gains, len(found))
    _write(folder, snapshot, lines, found, asked, gains)
    return Made(folder, gains, len(found))


def glossary(found: Sequence[Sequence[str]], present: str, before: str, words: Words) -> str:
    """Return the lines of a glossary: the present ones, then those newly found that name nothing that these do."""
    known = {*_own(before)}
    lines = [present.rstrip("\n") + "\n" if present else HEAD]
    taken = set(words.parsed(present).concepts) if present else set[tuple[str, ...]]()
    for thing in found:
        line = "|".join(thing)
        try:
            atoms = set() if line in known else set(words.parsed(line).concepts)
        except ValueError:  # a name of stop words alone, or two that are written alike
            continue
        if atoms and taken.isdisjoint(atoms):
            taken |= atoms
            lines.append(line + "\n")
    return "".join(lines)


def _measured(
    snapshot: Snapshot, embedder: Embedder, words: Words, asked: Sequence[OwnQuestion], progress: Report
) -> Iterator[Gain]:
    seen = view(
        snapshot,
        [words.terms(chunk.indexed) for chunk in snapshot.chunks],
        words,
        asked,
        embedder,
        partial(progress, "measure"),
    )
    weights = snapshot.fitted.fusion
    held = [number for number, question in enumerate(asked) if question.held_back]
    without, given = (_ranks(seen, asked, held, weights, names) for names in (0.0, weights.expansion))
    named = np.array([asked[number].kind == "name" for number in held], np.bool_)
    if named.any():
        yield _gain("by another name", without[named], given[named])
    if not named.all():
        yield _gain("in the documents' words", without[~named], given[~named])


def _gain(asked: Asked, without: NDArray[np.float64], given: NDArray[np.float64]) -> Gain:
    draws = np.random.default_rng(0).integers(0, len(given), (SAMPLES, len(given)))
    low, high = np.quantile((given - without)[draws].mean(axis=1), (0.025, 0.975))
    hits = (float((without == 1).mean()), float((given == 1).mean()))
    return Gain(asked, len(given), hits, (float(without.mean()), float(given.mean())), float(low), float(high))


def _better(gains: Sequence[Gain]) -> bool:
    """Whether questions by another name gain, and others lose nothing to speak of.

    The former are made with these names, so that their gain alone says little of whether the names are right.
    """
    by = {gain.asked: gain for gain in gains if gain.questions >= FEW}
    named, others = by.get("by another name"), by.get("in the documents' words")
    return named is not None and others is not None and named.low > 0 and others.low >= -LOSS


def _ranks(
    seen: View, asked: Sequence[OwnQuestion], numbers: Sequence[int], weights: FusionWeights, names: float
) -> NDArray[np.float64]:
    column = np.array((weights.bm25, weights.dense, weights.title, weights.ranks, weights.feedback))
    return np.array([reciprocal_rank(evidence(seen, n, names) @ column, asked[n].row) for n in numbers])


def _write(
    folder: Path,
    snapshot: Snapshot,
    lines: str,
    found: Sequence[Sequence[str]],
    asked: Sequence[OwnQuestion],
    gains: Sequence[Gain],
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / GLOSSARY).write_text(lines, "utf-8")
    before = _own(_text(folder / FOUND))
    ledger = dict.fromkeys((*before, *("|".join(thing) for thing in found)))
    (folder / FOUND).write_text("".join(f"{line}\n" for line in ledger), "utf-8")
    (folder / CANDIDATES).write_text("".join(f"{_candidate(q)}\n" for q in asked if q.kind == "definition"), "utf-8")
    (folder / REPORT).write_text(report(gains), "utf-8")
    (folder / "fitted.json").write_bytes((SHIPPED / NONE / "fitted.json").read_bytes())
    card, names = folder / "pack.toml", _listed(snapshot.documents)
    text = DOCUMENTS.sub(lambda _: names, _text(card), count=1) if card.exists() else _card(folder.name, names)
    card.write_text(text, "utf-8")


def _candidate(question: OwnQuestion) -> str:
    """Write a question in the form of the evaluation's queue (eval/grow/candidates.py)."""
    language = "en" if question.text.isascii() else "zh"
    record = {"id": "", "kind": "paraphrase", "question": question.text, "language": language, "status": "answered"}
    rest = {"entries": [], "evidence": [question.evidence], "key_points": [], "source": "generated"}
    return json.dumps(record | rest | {"why": "a definition in the documents"}, ensure_ascii=False)


def report(gains: Sequence[Gain]) -> str:
    """Return the figures as a Markdown table."""
    head = f"| {' | '.join(COLUMNS)} |\n|---|--:|--:|--:|--:|--:|--:|\n"
    rows = "".join(f"| {' | '.join(cells(gain))} |\n" for gain in gains)
    return f"# What the pack does\n\n{ABOUT}\n\n{head}{rows}"


def cells(gain: Gain) -> tuple[str, ...]:
    """Return a gain as a row of a table."""
    figures = (f"{figure:.3f}" for figure in (*gain.hit_1, *gain.reciprocal))
    return (gain.asked, str(gain.questions), *figures, f"{gain.low:+.3f} to {gain.high:+.3f}")


def _listed(documents: Iterable[str]) -> str:
    return "documents = [\n" + "".join(f"    {json.dumps(d, ensure_ascii=False)},\n" for d in sorted(documents)) + "]\n"


def _card(name: str, documents: str) -> str:
    """Return pack.toml; a person may name the documents in better words."""
    quoted = json.dumps
    speech = "".join(
        f'\n[speech.{language}]\nname = {quoted(called, ensure_ascii=False)}\nabout = ""\nquestions = []\n'
        for language, called in (("zh", "文档"), ("en", "the documents"))
    )
    parts = "".join(f"{quoted(file)} = {quoted(how)}\n" for file, how in PARTS.items())
    return (
        f"# Made by `python -m ingest fit`; yours to change.\nformat = 1\nname = {quoted(name, ensure_ascii=False)}\n"
        f'version = "1"\nlanguage = "any"\nlicence = "that of the documents"\n{documents}'
        f"{speech}\n[parts]\n{parts}"
    )


PARTS = {
    GLOSSARY: "python -m ingest fit PATHS, from names in brackets; changed by hand where a person likes",
    FOUND: "python -m ingest fit PATHS: all that was ever found, so that what a person takes out stays out",
    CANDIDATES: "python -m ingest fit PATHS: questions that wait for a person to take them into a golden file",
    REPORT: "python -m ingest fit PATHS",
    "fitted.json": "the numbers for any documents",
}


def _own(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""
