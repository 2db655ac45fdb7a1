"""The chunk: what is indexed, shown and cited; and the seam behind which chunkers stand."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal, Protocol

from ingest.markdown import Document, Section
from ingest.outline import Entry

ChunkKind = Literal["text", "listing"]


@dataclass(frozen=True, slots=True)
class Piece:
    """What a chunker decides: `start:end` is shown and quoted, `focus` within it is what gets indexed."""

    start: int
    end: int
    focus: tuple[int, int]


class Chunker(Protocol):
    """A way to cut documents; `fingerprint` names everything that can change where it cuts."""

    @property
    def fingerprint(self) -> str: ...

    def split(self, document: Document) -> list[Piece]: ...


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage with document.text[start:end] == text. A `listing` is an entry that has no answer."""

    id: str
    kind: ChunkKind
    document: str
    heading_path: tuple[str, ...]
    entry_id: str | None
    stars: int | None
    start: int
    end: int
    focus: tuple[int, int]
    text: str

    @property
    def indexed(self) -> str:
        """The heading path plus the text: what the embedder and BM25 see."""
        if self.kind == "listing":
            return "\n".join(self.heading_path)
        focus = self.text[self.focus[0] - self.start : self.focus[1] - self.start]
        return f"{' > '.join(self.heading_path)}\n{focus}"

    @property
    def content_hash(self) -> str:
        """sha256 of what is indexed: equal hashes share one embedding."""
        return hashlib.sha256(self.indexed.encode()).hexdigest()

    @property
    def group(self) -> tuple[str, ...]:
        """The entry it belongs to, or document and top headings where there are no entries."""
        return (self.document, self.entry_id) if self.entry_id else (self.document, *home(self.heading_path))


def home(heading_path: tuple[str, ...]) -> tuple[str, ...]:
    """The headings within which small neighbours may be joined: section and entry, or the two topmost."""
    return heading_path[:2]


def homes(document: Document) -> list[list[Section]]:
    """Group the document's sections, in order, by their home."""
    grouped: list[list[Section]] = []
    for section in document.sections:
        if (
            grouped
            and len(section.heading_path) > 1
            and home(section.heading_path) == home(grouped[-1][0].heading_path)
        ):
            grouped[-1].append(section)
        else:
            grouped.append([section])
    return grouped


def chunk(document: Document, entries: Iterable[Entry], chunker: Chunker) -> list[Chunk]:
    """Cut a document into chunks, in reading order, with one `listing` chunk for each unanswered entry."""
    answered = [entry for entry in entries if entry.answered]
    chunks: list[Chunk] = []
    for piece in chunker.split(document):
        start, end = _trim(document.text, piece.start, piece.end)
        if start == end:
            continue
        inside = next((e for e in answered if e.start <= start < e.end), None)
        chunks.append(
            _chunk(
                document,
                "text",
                _path(document, start, end),
                inside,
                (start, end),
                _trim(document.text, max(start, piece.focus[0]), min(end, piece.focus[1])),
            )
        )
    for entry in entries:
        if not entry.answered:
            span = _trim(document.text, entry.start, entry.body)
            chunks.append(_chunk(document, "listing", _path(document, *span), entry, span, span))
    return sorted(chunks, key=lambda c: (c.start, c.end))


def _chunk(
    document: Document,
    kind: ChunkKind,
    path: tuple[str, ...],
    entry: Entry | None,
    span: tuple[int, int],
    focus: tuple[int, int],
) -> Chunk:
    text = document.text[span[0] : span[1]]
    # The identity survives edits elsewhere in the document, so that versions can be compared.
    key = "\0".join([document.name, *path, text, document.text[focus[0] : focus[1]]])
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    return Chunk(
        digest,
        kind,
        document.name,
        path,
        entry.id if entry else None,
        entry.stars if entry else None,
        *span,
        focus,
        text,
    )


def _path(document: Document, start: int, end: int) -> tuple[str, ...]:
    """The heading path shared by all sections that the span touches."""
    paths = [s.heading_path for s in document.sections if s.start < end and start < s.end]
    steps = takewhile(lambda level: len(set(level)) == 1, zip(*paths, strict=False))
    return tuple(level[0] for level in steps)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
