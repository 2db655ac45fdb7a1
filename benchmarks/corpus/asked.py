"""What a set asks, and which results are right for it.

A set either labels whole passages, each written as a document of its own, or gives verbatim evidence from documents. Of
evidence a chunk is relevant when it holds at least half of it, so that a sentence that chunking splits still has a
right place; the same text elsewhere in the documents counts alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.chunk import Chunk

SHARE = 0.5  # of the evidence that a relevant chunk holds at least


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the documents that answer it, or with verbatim pieces of documents that do; or neither."""

    id: str
    text: str
    documents: frozenset[str] = frozenset()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """A set: its name, where its documents lie, and what is asked of them."""

    name: str
    folder: Path
    questions: tuple[Asked, ...]

    @property
    def answerable(self) -> list[Asked]:
        return [question for question in self.questions if question.documents or question.evidence]


def result(asked: Asked, chunk: Chunk) -> str:
    """Name what a chunk counts as among a question's results: its document, or itself."""
    return chunk.document if asked.documents else chunk.id


def relevant(asked: Asked, chunks: Sequence[Chunk], documents: Mapping[str, str]) -> frozenset[str]:
    """Return the results that are right for a question, named as `result` does; empty where the index has none."""
    if asked.documents:
        return asked.documents
    spans = [
        (name, *span) for piece in asked.evidence for name, text in documents.items() for span in found(text, piece)
    ]
    return frozenset(
        chunk.id
        for chunk in chunks
        if any(chunk.document == name and overlap(chunk, start, end) >= SHARE for name, start, end in spans)
    )


def found(text: str, piece: str) -> Iterator[tuple[int, int]]:
    """Yield the spans at which a piece stands in a text."""
    at = text.find(piece)
    while at >= 0:
        yield at, at + len(piece)
        at = text.find(piece, at + 1)


def overlap(chunk: Chunk, start: int, end: int) -> float:
    """Return the share of document[start:end] that a chunk of this document holds."""
    return max(0, min(chunk.end, end) - max(chunk.start, start)) / (end - start)
