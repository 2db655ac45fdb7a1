"""The chunk: what is indexed, shown and cited; and the seam behind which chunkers stand."""

import hashlib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import takewhile
from typing import Any, Literal, Protocol, Self

from ingest.parse.footnotes import DEFINITION, marked
from ingest.parse.markdown import Document, Section
from ingest.parse.outline import Entry
from ingest.parse.tables import table_head

ChunkKind = Literal["text", "listing"]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """What a chunker decides: `start:end` is shown and quoted, `focus` within it is what gets indexed."""

    start: int
    end: int
    focus: Span


class Chunker(Protocol):
    """A way to cut documents; `fingerprint` names everything that can change where it cuts."""

    @property
    def fingerprint(self) -> str: ...

    def split(self, document: Document) -> list[Piece]: ...


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a table, document.text[start:end] == text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote, document.text[start:end] == text."""

    start: int
    end: int
    text: str

    @property
    def said(self) -> str:
        """What it says, without its label."""
        return DEFINITION.sub("", self.text)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage with document.text[start:end] == text. A `listing` is an entry that has no answer.

    `title` is the document's; "" for entries, whose questions say what they are about. `head` is that of the table
    among whose rows the passage begins, `notes` are the footnotes that it has marks of.
    """

    id: str
    kind: ChunkKind
    document: str
    heading_path: tuple[str, ...]
    entry_id: str | None
    stars: int | None
    start: int
    end: int
    focus: Span
    text: str
    title: str = ""
    head: Head | None = None
    notes: tuple[Note, ...] = ()

    @property
    def focused(self) -> str:
        """The part of the text that is indexed."""
        return self.text[self.focus[0] - self.start : self.focus[1] - self.start]

    @property
    def section(self) -> int | None:
        """The number of the outline's section that its entry is in."""
        return int(self.entry_id.split(".")[0]) if self.entry_id else None

    @property
    def headings(self) -> tuple[str, ...]:
        """The document's title, where it is not the topmost heading, and the heading path."""
        return (self.title, *self.heading_path) if self.title else self.heading_path

    @property
    def indexed(self) -> str:
        """Headings, the head of its table, the focused text and its notes: what is embedded, counted and reranked."""
        if self.kind == "listing":
            return "\n".join(self.heading_path)
        head = self.head.text.partition("\n")[0] + "\n" if self.head else ""
        notes = "".join(f"\n{note.said}" for note in self.notes if not self.focus[0] <= note.start < self.focus[1])
        return f"{' > '.join(self.headings)}\n{head}{self.focused}{notes}"

    @property
    def group(self) -> tuple[str, str]:
        """What results are counted by: the entry it belongs to, or itself where there are no entries."""
        return self.document, self.entry_id or self.id

    def to_json(self) -> dict[str, Any]:
        """Return its fields, in their order; `notes` where there are any."""
        parts = {name: getattr(self, name) for name in self.__slots__} | {"head": self.head and asdict(self.head)}
        parts["notes"] = [asdict(note) for note in self.notes]
        return parts if self.notes else {name: part for name, part in parts.items() if name != "notes"}

    @classmethod
    def from_json(cls, parts: dict[str, Any]) -> Self:
        head = Head(**parts["head"]) if parts.get("head") else None
        notes = tuple(Note(**note) for note in parts.get("notes", ()))
        own = {
            "heading_path": tuple(parts["heading_path"]),
            "focus": tuple(parts["focus"]),
            "head": head,
            "notes": notes,
        }
        return cls(**parts | own)


def home(heading_path: tuple[str, ...]) -> tuple[str, ...]:
    """The headings within which small neighbours may be joined: section and entry, or the two topmost."""
    return heading_path[:2]


def homes(document: Document) -> list[list[Section]]:
    """Group the document's sections, in order, by their home.

    A heading within the two topmost always begins a new one, even when it repeats the one before.
    """
    grouped: list[list[Section]] = []
    for section in document.sections:
        path = section.heading_path
        if grouped and path != home(path) and home(path) == home(grouped[-1][0].heading_path):
            grouped[-1].append(section)
        else:
            grouped.append([section])
    return grouped


def chunk(document: Document, entries: Sequence[Entry], chunker: Chunker) -> list[Chunk]:
    """Cut a document into chunks, in reading order, with one `listing` chunk for each unanswered entry."""
    spans: list[tuple[Span, Span, Entry | None]] = []  # shown, focus, entry
    for piece in chunker.split(document):
        start, end = _trim(document.text, piece.start, piece.end)
        index = bisect_right(entries, start, key=lambda entry: entry.start) - 1
        entry = entries[index] if index >= 0 and start < entries[index].end else None
        if start < end and (entry is None or entry.answered):
            focus = _trim(document.text, max(start, piece.focus[0]), min(end, piece.focus[1]))
            spans.append(((start, end), focus, entry))
    for entry in entries:
        if not entry.answered:
            line = _trim(document.text, entry.start, entry.body)
            spans.append((line, line, entry))
    seen: Counter[str] = Counter()
    notes = _notes(document)
    return [_chunk(document, notes, *span, seen) for span in sorted(spans, key=lambda span: span[:2])]


def _notes(document: Document) -> dict[str, Note]:
    """The footnotes by their labels; of several with one label the first counts."""
    notes: dict[str, Note] = {}
    for block in (block for section in document.sections for block in section.blocks if block.kind == "note"):
        text = document.text[block.start : block.end]
        if match := DEFINITION.match(text):
            notes.setdefault(match["label"], Note(block.start, block.end, text))
    return notes


def _chunk(
    document: Document, notes: Mapping[str, Note], span: Span, focus: Span, entry: Entry | None, seen: Counter[str]
) -> Chunk:
    text = document.text[slice(*span)]
    path = _path(document, *span)
    head = _head(document, span[0])
    # The identity survives edits elsewhere in the document, so that versions can be compared.
    key = "\0".join([document.name, *path, text, document.text[slice(*focus)]])
    seen[key] += 1
    if seen[key] > 1:
        key += f"\0{seen[key]}"
    return Chunk(
        hashlib.sha256(key.encode()).hexdigest()[:16],
        "listing" if entry and not entry.answered else "text",
        document.name,
        path,
        entry.id if entry else None,
        entry.stars if entry else None,
        *span,
        focus,
        text,
        "" if entry or document.title in path else document.title,
        head,
        tuple(notes[label] for label in marked(text) if label in notes),
    )


def _head(document: Document, start: int) -> Head | None:
    """The head of the table among whose rows a passage begins."""
    section = document.sections[bisect_right(document.sections, start, key=lambda section: section.start) - 1]
    at = bisect_right(section.blocks, start, key=lambda block: block.start) - 1
    block = section.blocks[at] if at >= 0 else None
    if block is None or block.kind != "table" or start >= block.end or document.text[block.start] == "<":
        return None
    end = block.start + table_head(document.text[block.start : block.end])
    return Head(block.start, end, document.text[block.start : end]) if start > end else None


def _path(document: Document, start: int, end: int) -> tuple[str, ...]:
    """The heading path shared by all sections that the span touches."""
    first = bisect_right(document.sections, start, key=lambda section: section.start) - 1
    last = bisect_left(document.sections, end, key=lambda section: section.start)
    paths = [section.heading_path for section in document.sections[first:last]]
    steps = takewhile(lambda level: len(set(level)) == 1, zip(*paths, strict=False))
    return tuple(level[0] for level in steps)


def _trim(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
