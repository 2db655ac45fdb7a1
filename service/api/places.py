"""What a place in a document is called, and the address that opens it."""

from typing import Protocol
from urllib.parse import quote


class Titled(Protocol):
    """A place in the contract: a result or a citation."""

    document: str
    heading_path: list[str]


class Spanned(Protocol):
    """Code points of a document."""

    document: str
    start: int
    end: int


def title(place: Titled) -> str:
    """Return the headings over a passage, or its document."""
    return " > ".join(place.heading_path) or place.document


def address(base: str, place: Spanned) -> str:
    """Return where a passage is opened; `base` is the service's address and ends in a slash."""
    return f"{base}v1/documents/{quote(place.document, safe='')}?start={place.start}&end={place.end}"
