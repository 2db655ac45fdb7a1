"""Question sets to train and test on: the project's own outline, and folders of corpus, queries and qrels."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.index.snapshot import Snapshot
from ingest.pack import nth
from ingest.parse.sentences import sentence_spans

WINDOW = 240  # characters; every passage is cut into windows alike, so that length tells nothing
HELD_BACK = 10  # one passage in so many, with all its questions, is never trained on


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the rows of the set's windows that answer it; `owner` None: nothing in the set does.

    `names` are the Chinese names of what an English one mentions, which models read after it.
    """

    text: str
    owner: int | None
    rows: tuple[int, ...]
    held_back: bool
    names: str = ""

    @property
    def read(self) -> str:
        return f"{self.text} {self.names}" if self.names else self.text


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Windows of passages, `owners[i]` the number of the passage (or entry) that window i belongs to."""

    name: str
    windows: tuple[str, ...]
    owners: tuple[int, ...]
    questions: tuple[Question, ...]


def outline(snapshot: Snapshot, asked: Sequence[tuple[str, int]]) -> QuestionSet:
    """Return the questions written for the outline, its chunks as windows and its entries as owners.

    `asked` are the ways to ask that the index knows, each with its entry's number. Raises ValueError for a question
    whose entry the index does not have.
    """
    places = {group.key: number for number, group in enumerate(snapshot.groups)}
    numbers = {entry.question: places[(entry.document, entry.id)] for entry in snapshot.entries}
    owners = [0] * len(snapshot.chunks)
    for number, group in enumerate(snapshot.groups):
        for row in group.rows:
            owners[row] = number
    records = snapshot.pack.questions
    known = {record.question for record in records}
    questions = [Question(text, owner, _all(owners, owner), False) for text, owner in asked if text not in known]
    for record in records:
        owner = None if record.entry is None else numbers.get(record.entry)
        if owner is None and record.entry is not None:
            raise ValueError(
                f"{snapshot.pack.folder}: no entry of the index asks {record.entry!r}; build the index of the outline"
            )
        rows = () if owner is None else _holding(snapshot, owners, owner, record.evidence)
        questions.append(Question(record.question, owner, rows, record.kept))
    return QuestionSet("outline", tuple(c.indexed for c in snapshot.chunks), tuple(owners), tuple(questions))


def folder(path: Path, take: Callable[[str], bool] = lambda _: True, questions: Path | None = None) -> QuestionSet:
    """Read corpus.jsonl, queries.jsonl and qrels.jsonl (BEIR's layout: id, text; qid, pid), cut into windows.

    `take` chooses passages by id. `questions` is a folder of the same ids in another language, to ask across.
    """
    windows: list[str] = []
    owners: list[int] = []
    inside: dict[str, list[int]] = {}
    for record in lines(path / "corpus.jsonl"):
        if take(record["id"]):
            cut = windows_of(record["text"])
            inside[record["id"]] = list(range(len(windows), len(windows) + len(cut)))
            owners += [len(inside) - 1] * len(cut)
            windows += cut
    numbers = {key: number for number, key in enumerate(inside)}
    passage = {record["qid"]: record["pid"] for record in lines((questions or path) / "qrels.jsonl")}
    answers = {record["id"]: record.get("answers", ()) for record in lines(path / "queries.jsonl")}
    found = []
    for record in lines((questions or path) / "queries.jsonl"):
        key = passage[record["id"]]
        if key in numbers:
            rows = [r for r in inside[key] if any(a in windows[r] for a in answers.get(record["id"], ()))]
            found.append(Question(record["text"], numbers[key], tuple(rows or inside[key][:1]), nth(key, HELD_BACK)))
    name = path.name if questions is None else f"{questions.name}-{path.name}"
    return QuestionSet(name, tuple(windows), tuple(owners), tuple(found))


def windows_of(text: str, size: int = WINDOW) -> list[str]:
    """Cut a text into runs of whole sentences of up to `size` characters; a longer sentence is cut."""
    spans = sentence_spans(text)
    cut: list[str] = []
    begin = end = spans[0][0] if spans else 0
    for start, stop in spans:
        if end > begin and stop - begin > size:
            cut.append(text[begin:end])
            begin = start
        while stop - begin > size:
            cut.append(text[begin : begin + size])
            begin += size
        end = stop
    if text[begin:end].strip():
        cut.append(text[begin:end])
    return cut or [text[:size]]


def _holding(snapshot: Snapshot, owners: Sequence[int], owner: int, evidence: str) -> tuple[int, ...]:
    """Return the entry's chunks that hold the evidence, all of them when none does whole."""
    rows = [row for row in _all(owners, owner) if evidence and evidence in snapshot.chunks[row].text]
    return tuple(rows) or _all(owners, owner)


def _all(owners: Sequence[int], owner: int) -> tuple[int, ...]:
    return tuple(row for row, mine in enumerate(owners) if mine == owner)


def lines(path: Path) -> Iterable[dict[str, Any]]:
    """Read JSON lines."""
    return (json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip())
