"""What filters ask of a point in Qdrant: a payload."""

from collections.abc import Sequence

from ingest.chunk import Chunk
from ingest.index.columns import NONE

TEXTS, NUMBERS = ("document",), ("section", "stars", "answered", "several")
PLACES = "places"
LAYOUT = 1  # of the points: another makes them anew

Place = dict[str, str | int]
Payload = dict[str, str | int | list[Place]]


def payload(chunks: Sequence[Chunk]) -> Payload:
    """Say where a passage stands. Those that stand at one place say it plainly: that is an index's to look up."""
    places: list[Place] = []
    for chunk in chunks:
        place: Place = {
            "document": chunk.document,
            "section": NONE if chunk.section is None else chunk.section,
            "stars": chunk.stars or 0,
            "answered": int(chunk.kind == "text"),
        }
        if place not in places:
            places.append(place)
    return {**places[0]} if len(places) == 1 else {"several": 1, PLACES: places}
