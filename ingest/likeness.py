"""Which passages are nearly equal, and in what they differ: for the report of a build."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice
from pathlib import Path

from ingest.chunk import Chunk
from ingest.clean.compared import Compared
from ingest.clean.duplicates import bands, near_pairs, plain_digest
from ingest.clean.report import NearPair, Spot
from ingest.parse.markdown import Document

SHOWN = 10  # differences of a pair
_WORD = re.compile(r"[^\W_\u2e80-\U0010ffff]+(?:[.,]\d+)*|\S")  # a word, a number, or one character


@dataclass(frozen=True, slots=True)
class Extent:
    """A section's text or a passage's, start:end of its document; `section` is its section's number, None for several.

    `plain` is equal for texts that say the same, and those nearly equal share one of `bands`.
    """

    document: str
    path: tuple[str, ...]
    start: int
    end: int
    section: int | None
    whole: bool  # it is the section
    plain: str
    bands: tuple[str, ...]


def extents_of(document: Document, chunks: Sequence[Chunk], threshold: float) -> tuple[Extent, ...]:
    """Return what of a document is compared: its sections with text, then the chunks that are no whole section."""
    starts = [section.start for section in document.sections]
    known: set[tuple[int, int]] = set()
    found: list[Extent] = []

    def add(path: tuple[str, ...], start: int, end: int, section: int | None, whole: bool) -> None:
        text = document.text[start:end]
        banded = bands(text, threshold)
        found.append(Extent(document.name, path, start, end, section, whole, plain_digest(text), banded))

    for number, section in enumerate(document.sections):
        body = document.text[section.body : section.end]
        start, end = section.body + len(body) - len(body.lstrip()), section.body + len(body.rstrip())
        if start < end:
            known.add((start, end))
            add(section.heading_path, start, end, number, True)
    for chunk in chunks:
        if chunk.kind == "text" and chunk.focus not in known:
            number = bisect_right(starts, chunk.focus[0]) - 1
            inside = chunk.focus[1] <= document.sections[number].end
            add(chunk.heading_path, *chunk.focus, number if inside else None, False)
    return tuple(found)


def near_passages(
    texts: Mapping[str, str], extents: Iterable[Extent], threshold: float, kept: Path | None = None
) -> tuple[NearPair, ...]:
    """Return every pair of different texts alike by at least `threshold`, each with all places where it stands.

    Compared are sections, however they are cut, and the chunks of those that are not alike as a whole. The file `kept`
    has what was compared before, by the same threshold, for the next time.
    """
    places: dict[str, list[Extent]] = {}
    for extent in sorted(extents, key=lambda extent: not extent.whole):
        places.setdefault(extent.plain, []).append(extent)
    members = list(places.values())
    firsts = [same[0] for same in members]
    bodies = [texts[first.document][first.start : first.end] for first in firsts]
    compared = Compared([first.plain for first in firsts], kept)
    found = near_pairs(bodies, [first.bands for first in firsts], threshold, compared)
    compared.keep()
    sections = {(_section(firsts[i]), _section(firsts[j])) for i, j, _ in found if firsts[i].whole and firsts[j].whole}
    lines = lru_cache(None)(lambda name: _line_starts(texts[name]))

    def told(one: Extent, other: Extent) -> bool:
        pair = (_section(one), _section(other))
        return None not in pair and (pair in sections or pair[::-1] in sections)

    def spots(number: int) -> tuple[Spot, ...]:
        return tuple(_spot(extent, lines(extent.document)) for extent in members[number])

    return tuple(
        NearPair(spots(i), spots(j), round(alike, 3), differences(bodies[i], bodies[j]))
        for i, j, alike in found
        if not _overlap(firsts[i], firsts[j])
        and ((firsts[i].whole and firsts[j].whole) or not told(firsts[i], firsts[j]))
    )


def _section(extent: Extent) -> tuple[str, int] | None:
    return None if extent.section is None else (extent.document, extent.section)


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


def _overlap(one: Extent, other: Extent) -> bool:
    """Whether two are pieces of one text, as windows are, or a piece and its section."""
    return one.document == other.document and one.start < other.end and other.start < one.end


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]


def _spot(extent: Extent, starts: Sequence[int]) -> Spot:
    first, last = (bisect_right(starts, place) for place in (extent.start, extent.end - 1))
    return Spot(extent.document, " > ".join(extent.path), (first, last))
