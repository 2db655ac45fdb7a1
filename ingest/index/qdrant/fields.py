"""What filters ask of a point in Qdrant: a payload."""

from collections.abc import Sequence

from ingest.chunk import Chunk
from ingest.index.points.place import places_of

TEXTS, NUMBERS = ("document",), ("section", "stars", "answered", "several")
PLACES = "places"
LAYOUT = 1  # of the points: another makes them anew

Payload = dict[str, str | int | list[dict[str, str | int]]]


def payload(chunks: Sequence[Chunk]) -> Payload:
    """Say where a passage stands. Those that stand at one place say it plainly: that is an index's to look up."""
    places = [place._asdict() for place in places_of(chunks)]
    return {**places[0]} if len(places) == 1 else {"several": 1, PLACES: places}
