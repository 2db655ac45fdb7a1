"""Where passages stand, as filters ask for it."""

from collections.abc import Iterable
from typing import NamedTuple

from ingest.chunk import Chunk
from ingest.index.columns import NONE


class Place(NamedTuple):
    """A document, a section of it or NONE, stars or 0, and whether there is an answer, 1 or 0."""

    document: str
    section: int
    stars: int
    answered: int


def places_of(chunks: Iterable[Chunk]) -> list[Place]:
    """Return where chunks stand, each place once."""
    every = (
        Place(each.document, NONE if each.section is None else each.section, each.stars or 0, int(each.kind == "text"))
        for each in chunks
    )
    return list(dict.fromkeys(every))
