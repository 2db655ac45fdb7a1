"""Labelled questions to choose weights and thresholds by; the held-out sets are never among them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.index.snapshot import Snapshot
from ingest.words.words import Words
from service.understand.condense import Message, condense

GOLDEN = Path(__file__).parents[1] / "eval/golden"
DEVELOP = ("develop.jsonl", "refusals.jsonl", "near.jsonl")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question that stands alone, the entries that deal with it, and the status its answer should have."""

    text: str
    kind: str
    status: str
    entries: tuple[str, ...]


def labelled(words: Words, *names: str) -> Iterator[Labelled]:
    """Read files of eval/golden, without requests to be declined and questions about the outline itself.

    A follow-up is made to stand alone with the words of an index.
    """
    for name in names:
        for line in (GOLDEN / name).read_text("utf-8").splitlines():
            record = json.loads(line)
            if record["status"] != "declined" and record["kind"] != "structure":
                history = [Message(turn["role"], turn["content"]) for turn in record.get("history", [])]
                text = condense(record["question"], history, words)
                yield Labelled(text, record["kind"], record["status"], tuple(record["entries"]))


def kept(snapshot: Snapshot) -> Iterator[Labelled]:
    """The share of the cross-encoder's questions that it was not trained on."""
    entries = {entry.question: entry for entry in snapshot.entries}
    for record in snapshot.pack.questions:
        if record.kept:
            entry = entries.get(record.entry or "")
            status = "not_in_documents" if entry is None else "answered" if entry.answered else "listed_unanswered"
            yield Labelled(record.question, record.kind, status, () if entry is None else (entry.id,))
