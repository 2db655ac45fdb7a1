"""Questions written for a corpus: read from the documents, before anything was searched."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from benchmarks.corpus.asked import Asked

FOLDER = Path(__file__).with_name("questions")
Kind = Literal["sentence", "how", "why", "what", "value", "keywords", "cross", "near", "far"]


@dataclass(frozen=True)
class CorpusQuestion:
    """A question, the file it was written from and verbatim pieces of it that answer; both empty where none does.

    `kind` is the form of an answerable question, `cross` that it is not in the documents' language; `near` and `far`
    are not answerable: of the same field, and of another one.
    """

    id: str
    kind: Kind
    question: str
    language: Literal["zh", "en"]
    answerable: bool
    file: str
    evidence: tuple[str, ...]

    @property
    def asked(self) -> Asked:
        return Asked(self.id, self.question, evidence=self.evidence)


_QUESTION = TypeAdapter(CorpusQuestion)


def load(name: str) -> list[CorpusQuestion]:
    """Read a corpus's questions; raises OSError or pydantic.ValidationError, a ValueError."""
    lines = (FOLDER / f"{name}.jsonl").read_text("utf-8").split("\n")
    return [_QUESTION.validate_json(line) for line in lines if line]
