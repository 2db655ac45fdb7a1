"""What filters ask of an entity in Milvus: columns, and expressions over them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self

from ingest.chunk import Chunk
from ingest.index.columns import NONE
from ingest.index.points.place import places_of
from ingest.index.scope import Scope
from ingest.index.snapshot import Snapshot

DOCUMENT, SECTION, STARS, ANSWERED, PLACES = "document", "section", "stars", "answered", "places"
COLUMNS = (DOCUMENT, SECTION, STARS, ANSWERED, PLACES)  # int64 each
LAYOUT = 1  # of the entities: another makes them anew
NOTHING = f"{PLACES} < 0"

Numbers = tuple[int, ...]  # of a place: the first four columns


@dataclass(frozen=True, slots=True, eq=False)
class Fields:
    """The numbers that stand for documents, and for each set of several places at which one passage stands.

    Conditions must be met together at one of the places. So the columns describe those that stand at one, `places` 0;
    the others are known by their set, from 1 on, and a filter names the sets it lets through. Equal snapshots have
    equal numbers.
    """

    documents: Mapping[str, int]
    sets: Mapping[tuple[Numbers, ...], int]
    chunks: Sequence[Sequence[Chunk]]  # of each set

    @classmethod
    def of(cls, snapshot: Snapshot) -> Self:
        every = [(each, *snapshot.aliases.get(each.id, ())) for each in snapshot.chunks]
        documents: dict[str, int] = {}
        for each in chain.from_iterable(every):
            documents.setdefault(each.document, len(documents))
        sets: dict[tuple[Numbers, ...], int] = {}
        chunks: list[Sequence[Chunk]] = []
        grouped = ([chunk for row in group.rows for chunk in every[row]] for group in snapshot.groups)
        for several in chain(every, grouped):
            places = _places(several, documents)
            if len(places) > 1 and places not in sets:
                sets[places] = len(sets) + 1
                chunks.append(several)
        return cls(documents, sets, chunks)

    def row(self, chunks: Iterable[Chunk]) -> dict[str, int]:
        """Return the columns of what stands where the chunks do."""
        places = _places(chunks, self.documents)
        one = (*places[0], 0) if len(places) == 1 else (NONE, NONE, NONE, NONE, self.sets[places])
        return dict(zip(COLUMNS, one, strict=True))

    def expression(self, scope: Scope) -> str:
        """Return what a passage must be like at one of the places where it stands; empty for anything."""
        must: list[str] = []
        if scope.sections is not None:
            must.append(_among(SECTION, sorted(scope.sections)))
        if scope.min_stars is not None:
            must.append(f"{STARS} >= {scope.min_stars}")
        if scope.documents is not None:
            must.append(_among(DOCUMENT, sorted(self.documents[name] for name in scope.documents & {*self.documents})))
        if scope.answered is not None:
            must.append(f"{ANSWERED} == {int(scope.answered)}")
        if not must:
            return ""
        sets = [number for number, chunks in enumerate(self.chunks, 1) if any(map(scope.allows, chunks))]
        return f"({' and '.join([f'{PLACES} == 0', *must])}) or {_among(PLACES, sets)}"


def _among(column: str, numbers: Sequence[int]) -> str:
    return f"{column} in {[*numbers]}" if numbers else NOTHING


def _places(chunks: Iterable[Chunk], documents: Mapping[str, int]) -> tuple[Numbers, ...]:
    """Return where chunks stand, each place once, documents by number."""
    return tuple((documents[document], *rest) for document, *rest in places_of(chunks))
