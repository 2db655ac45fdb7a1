"""The seam between finding and saying: passages in, sentences with marks out."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from service.retrieve import Query


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that may be cited; text == document[start:end]. `relevance` is at most 1."""

    chunk_id: str
    entry_id: str | None
    document: str
    heading_path: tuple[str, ...]
    start: int
    end: int
    text: str
    relevance: float


@dataclass(frozen=True, slots=True)
class Quote:
    """Where a sentence says it comes from: the number of its passage (from 0), code points of the document."""

    passage: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """Markdown text without marks; `lead` goes before it. Headings carry no quote, all else needs one."""

    text: str
    quotes: tuple[Quote, ...]
    lead: str = "\n"

    @property
    def heading(self) -> bool:
        return self.text.startswith("#")


class Writer(Protocol):
    """Answer a question from passages, best first; what it yields is checked before anyone sees it."""

    @property
    def name(self) -> str: ...

    def write(self, query: Query, passages: Sequence[Passage]) -> AsyncIterator[Sentence]: ...
