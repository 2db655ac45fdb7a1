"""Which passages are nearly equal, and in what they differ: for the report of a build."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from ingest.chunk import Chunk
from ingest.clean.duplicates import near_pairs, plain_form
from ingest.clean.report import NearPair, Spot

SHOWN = 10  # differences of a pair
_PIECE = re.compile(r"[^\W_\u2e80-\U0010ffff]+(?:[.,]\d+)*|\S")  # a word, a number, or one character


def near_passages(
    chunks: Sequence[Chunk],
    aliases: Mapping[str, Sequence[Chunk]],
    documents: Mapping[str, str],
    threshold: float,
) -> tuple[NearPair, ...]:
    """Return every pair of different texts alike by at least `threshold`, each with all places where it stands."""
    places: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        if chunk.kind == "text":
            places.setdefault(plain_form(chunk.focused), []).extend((chunk, *aliases.get(chunk.id, ())))
    members = list(places.values())
    starts = {name: _line_starts(text) for name, text in documents.items()}

    def spots(number: int) -> tuple[Spot, ...]:
        return tuple(_spot(chunk, starts[chunk.document]) for chunk in members[number])

    return tuple(
        NearPair(spots(i), spots(j), round(alike, 3), differences(members[i][0].focused, members[j][0].focused))
        for i, j, alike in near_pairs([same[0].focused for same in members], threshold)
        if not _overlap(members[i][0], members[j][0])
    )


def differences(one: str, other: str) -> tuple[tuple[str, str], ...]:
    """Return the first pieces in which two texts differ: words, numbers, single characters, what follows joined."""
    return tuple(pair for pair in _differences(one, other))[:SHOWN]


def _differences(one: str, other: str) -> Iterator[tuple[str, str]]:
    a, b = (list(_PIECE.finditer(text)) for text in (one, other))
    steps = SequenceMatcher(None, [m[0] for m in a], [m[0] for m in b], autojunk=False).get_opcodes()
    for step, start, end, begin, stop in steps:
        if step != "equal":
            yield _between(one, a[start:end]), _between(other, b[begin:stop])


def _between(text: str, pieces: Sequence[re.Match[str]]) -> str:
    return text[pieces[0].start() : pieces[-1].end()] if pieces else ""


def _overlap(one: Chunk, other: Chunk) -> bool:
    """Whether two passages are pieces of one text, as windows are."""
    (a, b), (c, d) = one.focus, other.focus
    return one.document == other.document and a < d and c < b


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]


def _spot(chunk: Chunk, starts: Sequence[int]) -> Spot:
    first, last = (bisect_right(starts, place) for place in (chunk.focus[0], chunk.focus[1] - 1))
    return Spot(chunk.document, " > ".join(chunk.heading_path), (first, last))
