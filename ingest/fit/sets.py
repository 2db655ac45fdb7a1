"""The labelled questions and sentences of a pack, that its numbers are fitted to."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ingest.chunk import Chunk
from ingest.fit.engine import Claim, Key
from ingest.index.snapshot import Snapshot
from ingest.pack import SHIPPED, Pack, PackError, read

SUPPORT = "support.jsonl"
Form = TypeVar("Form", bound=BaseModel)
Condensed = Callable[[str, Sequence[tuple[str, str]]], str]
HELD_OUT = 3  # one entry in so many is held out from the fit of support


class _Turn(BaseModel):
    role: str
    content: str


class _Line(BaseModel):
    """A line of a labelled file; `entries` are ids of the document's."""

    model_config = ConfigDict(extra="ignore")

    question: str
    kind: str
    status: Literal["answered", "listed_unanswered", "not_in_documents", "declined"]
    entries: tuple[str, ...] = ()
    history: tuple[_Turn, ...] = ()


class _Pair(BaseModel):
    model_config = ConfigDict(extra="ignore")

    claim: str
    start: int
    end: int
    question: str
    supported: bool
    kind: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question that stands alone, the entries that deal with it, and what it should get; `evidence` may be ""."""

    text: str
    kind: str
    status: str
    entries: frozenset[Key]
    evidence: str = ""

    @property
    def inside(self) -> bool:
        """Whether the documents deal with it."""
        return self.status != "not_in_documents"


def labelled(snapshot: Snapshot, names: Sequence[str], root: Path, condensed: Condensed) -> list[Labelled]:
    """Read files of questions by their names below `root`; `condensed` makes follow-ups stand alone.

    Requests to be declined and questions about the outline itself are left out. Raises PackError naming a file that is
    missing or broken, and the line.
    """
    keys = {entry.id: (entry.document, entry.id) for entry in reversed(snapshot.entries)}
    lines = (line for name in names for line in _lines(root / name, _Line) if _counts(line))
    return [
        Labelled(
            condensed(line.question, [(turn.role, turn.content) for turn in line.history]),
            line.kind,
            line.status,
            frozenset(keys[entry] for entry in line.entries if entry in keys),
        )
        for line in lines
    ]


def _counts(line: _Line) -> bool:
    return line.status != "declined" and line.kind != "structure"


def kept(snapshot: Snapshot) -> list[Labelled]:
    """Return the share of the pack's own questions that neither the index nor the cross-encoder has seen."""
    entries = {entry.question: entry for entry in snapshot.entries}
    found = []
    for record in snapshot.pack.questions:
        if record.kept:
            entry = entries.get(record.entry or "")
            status = "not_in_documents" if entry is None else "answered" if entry.answered else "listed_unanswered"
            keys = frozenset[Key]() if entry is None else frozenset({(entry.document, entry.id)})
            found.append(Labelled(record.question, record.kind, status, keys, record.evidence))
    return found


def claims(snapshot: Snapshot) -> list[Claim]:
    """Return the pack's labelled sentences whose passages the index has; [] when it has none.

    A line names its passage by the span that it has in the document.
    """
    rows = {(_line_start(snapshot, chunk), chunk.end): row for row, chunk in enumerate(snapshot.chunks)}
    path = snapshot.pack.folder / SUPPORT
    pairs = _lines(path, _Pair) if path.exists() else ()
    return [
        Claim(pair.claim, rows[pair.start, pair.end], pair.question, pair.supported, pair.kind)
        for pair in pairs
        if (pair.start, pair.end) in rows
    ]


def _line_start(snapshot: Snapshot, chunk: Chunk) -> int:
    """Where a chunk's passage begins: with the indent of its line."""
    text = snapshot.documents[chunk.document]
    return len(text[: chunk.start].rstrip(" \t"))


def held_out(snapshot: Snapshot, claim: Claim) -> bool:
    """Whether a sentence is of an entry that the fit of support does not see."""
    entry = snapshot.chunks[claim.row].entry_id or ""
    return hashlib.sha256(entry.encode()).digest()[0] % HELD_OUT == 0


def shipped() -> list[Pack]:
    """Return the packs that come with the engine."""
    return [read(card.parent) for card in sorted(SHIPPED.glob("*/pack.toml"))]


def labelled_rows(pack: Pack, root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the lines of a pack's files of questions as they are, each with the file's name."""
    for name in dict.fromkeys((*pack.card.labelled, *pack.card.refused)):
        yield from ((name, json.loads(line)) for line in (root / name).read_text("utf-8").splitlines())


def files(pack: Pack, root: Path) -> list[tuple[str, Path]]:
    """Return every file that is fitted to, with its name."""
    own = [(name, pack.folder / name) for name in sorted(pack.card.parts) if name.endswith((".jsonl", ".txt"))]
    names = dict.fromkeys((*pack.card.labelled, *pack.card.refused))
    return [*own, *((name, root / name) for name in names)]


def _lines(path: Path, form: type[Form]) -> Iterator[Form]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(f"{path} cannot be read ({error}); pack.toml names it") from error
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield form.model_validate(json.loads(line))
            except (ValueError, ValidationError) as error:
                raise PackError(f"{path}, line {number}: {error}") from error
