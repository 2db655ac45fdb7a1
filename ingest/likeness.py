"""Which passages are nearly equal, and in what they differ: for the report of a build."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice

from ingest.chunk import Chunk
from ingest.clean.duplicates import near_pairs, plain_form
from ingest.clean.report import NearPair, Spot
from ingest.parse.markdown import Document

SHOWN = 10  # differences of a pair
_WORD = re.compile(r"[^\W_\u2e80-\U0010ffff]+(?:[.,]\d+)*|\S")  # a word, a number, or one character


@dataclass(frozen=True, slots=True)
class _Piece:
    """A section's text or a passage's; `section` is the one that it is of, None for a piece of several."""

    document: str
    path: tuple[str, ...]
    start: int
    end: int
    section: tuple[str, int] | None
    whole: bool  # it is the section


def near_passages(documents: Sequence[Document], chunks: Iterable[Chunk], threshold: float) -> tuple[NearPair, ...]:
    """Return every pair of different texts alike by at least `threshold`, each with all places where it stands.

    Compared are sections, however they are cut, and the chunks of those that are not alike as a whole.
    """
    texts = {document.name: document.text for document in documents}
    lines = {name: _line_starts(text) for name, text in texts.items()}
    places: dict[str, list[_Piece]] = {}
    for piece in _pieces(documents, [chunk for chunk in chunks if chunk.kind == "text" and chunk.document in texts]):
        places.setdefault(plain_form(texts[piece.document][piece.start : piece.end]), []).append(piece)
    members = list(places.values())
    bodies = [texts[same[0].document][same[0].start : same[0].end] for same in members]
    found = near_pairs(bodies, threshold)
    sections = {(members[i][0].section, members[j][0].section) for i, j, _ in found if _whole(members[i], members[j])}

    def told(one: _Piece, other: _Piece) -> bool:
        pair = (one.section, other.section)
        return None not in pair and (pair in sections or pair[::-1] in sections)

    def spots(number: int) -> tuple[Spot, ...]:
        return tuple(_spot(piece, lines[piece.document]) for piece in members[number])

    return tuple(
        NearPair(spots(i), spots(j), round(alike, 3), differences(bodies[i], bodies[j]))
        for i, j, alike in found
        if not _overlap(members[i][0], members[j][0])
        and (_whole(members[i], members[j]) or not told(members[i][0], members[j][0]))
    )


def _pieces(documents: Sequence[Document], chunks: Sequence[Chunk]) -> Iterator[_Piece]:
    """Yield the sections with text, then the chunks that are no whole section."""
    known: set[tuple[str, int, int]] = set()
    starts: dict[str, list[tuple[int, int]]] = {}
    for document in documents:
        starts[document.name] = [(section.start, section.end) for section in document.sections]
        for number, section in enumerate(document.sections):
            body = document.text[section.body : section.end]
            start = section.body + len(body) - len(body.lstrip())
            end = section.body + len(body.rstrip())
            if start < end:
                known.add((document.name, start, end))
                yield _Piece(document.name, section.heading_path, start, end, (document.name, number), True)
    for chunk in chunks:
        if (chunk.document, *chunk.focus) not in known:
            number = bisect_right(starts[chunk.document], chunk.focus[0], key=lambda span: span[0]) - 1
            inside = chunk.focus[1] <= starts[chunk.document][number][1]
            owner = (chunk.document, number) if inside else None
            yield _Piece(chunk.document, chunk.heading_path, *chunk.focus, owner, False)


def differences(one: str, other: str) -> tuple[tuple[str, str], ...]:
    """Return the first pieces in which two texts differ: words, numbers, single characters, what follows joined."""
    return tuple(islice(_differences(one, other), SHOWN))


def _differences(one: str, other: str) -> Iterator[tuple[str, str]]:
    a, b = (list(_WORD.finditer(text)) for text in (one, other))
    steps = SequenceMatcher(None, [m[0] for m in a], [m[0] for m in b], autojunk=False).get_opcodes()
    for step, start, end, begin, stop in steps:
        if step != "equal":
            yield _between(one, a[start:end]), _between(other, b[begin:stop])


def _between(text: str, pieces: Sequence[re.Match[str]]) -> str:
    return text[pieces[0].start() : pieces[-1].end()] if pieces else ""


def _whole(one: Sequence[_Piece], other: Sequence[_Piece]) -> bool:
    return one[0].whole and other[0].whole


def _overlap(one: _Piece, other: _Piece) -> bool:
    """Whether two are pieces of one text, as windows are, or a piece and its section."""
    return one.document == other.document and one.start < other.end and other.start < one.end


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]


def _spot(piece: _Piece, starts: Sequence[int]) -> Spot:
    first, last = (bisect_right(starts, place) for place in (piece.start, piece.end - 1))
    return Spot(piece.document, " > ".join(piece.path), (first, last))
