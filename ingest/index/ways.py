"""Other ways people ask for an entry: what a question may look like that shares no word with the document.

Document expansion by queries (Nogueira et al., Document Expansion by Query Prediction, 2019). A
pack holds them by the entry's question, so that they follow it wherever it stands; other entries have none.
They lead to an entry and are never shown or quoted.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.index.bm25 import Postings
from ingest.index.dense import DenseIndex


@dataclass(frozen=True, slots=True)
class Ways:
    """Questions and their indexes; `groups[i]` is the number of the group that question i leads to."""

    questions: tuple[str, ...]
    groups: tuple[int, ...]
    dense: DenseIndex
    postings: Postings

    def save(self, folder: Path) -> None:
        """Write into a new folder."""
        folder.mkdir()
        (folder / "bm25").mkdir()
        rows = ({"question": q, "group": g} for q, g in zip(self.questions, self.groups, strict=True))
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / "questions.jsonl").write_text(lines, encoding="utf-8", newline="\n")
        self.dense.save(folder / "dense.faiss")
        self.postings.save(folder / "bm25")

    @classmethod
    def load(cls, folder: Path, trusted: bool = False) -> "Ways":
        """Read back; raises OSError, ValueError, KeyError or RuntimeError when a file is not what it should be."""
        rows = [json.loads(line) for line in (folder / "questions.jsonl").read_text("utf-8").splitlines()]
        loaded = cls(
            tuple(row["question"] for row in rows),
            tuple(row["group"] for row in rows),
            DenseIndex.load(folder / "dense.faiss"),
            Postings.load(folder / "bm25", trusted),
        )
        if not len(rows) == len(loaded.dense) == loaded.postings.documents:
            raise ValueError(f"its {len(rows)} asked questions and their indexes disagree")
        return loaded


def other_ways(titles: Sequence[str], known: Mapping[str, Sequence[str]]) -> list[tuple[str, int]]:
    """Return (question, number of the title it belongs to) for every known way to ask for one of the titles."""
    return [(way, number) for number, title in enumerate(titles) for way in known.get(title, ())]
