"""Addresses of documents, passages and entries, as MCP's resources have them."""

from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote, urlsplit

SCHEME = "outline-qa"


class UriError(ValueError):
    """An address that names nothing of ours; the text says what one looks like."""


@dataclass(frozen=True, slots=True)
class PassageName:
    """Code points of a document; `end` None is to its end."""

    document: str
    start: int = 0
    end: int | None = None

    def __str__(self) -> str:
        span = f"?start={self.start}&end={self.end}" if self.end is not None else ""
        return f"{SCHEME}://documents/{quote(self.document, safe='')}{span}"


@dataclass(frozen=True, slots=True)
class EntryName:
    """An entry; `document` None is the first that has such an entry."""

    id: str
    document: str | None = None

    def __str__(self) -> str:
        where = "" if self.document is None else f"?document={quote(self.document, safe='')}"
        return f"{SCHEME}://entries/{quote(self.id, safe='')}{where}"


def parse_uri(text: str) -> PassageName | EntryName:
    """Read an address; what has no scheme is an entry's id. Raises UriError."""
    if "://" not in text:
        return EntryName(text.strip())
    parts = urlsplit(text)
    name, options = unquote(parts.path.removeprefix("/")), parse_qs(parts.query)
    try:
        if parts.scheme == SCHEME and parts.netloc == "documents" and name:
            end = options.get("end")
            return PassageName(name, int(options.get("start", ["0"])[0]), int(end[0]) if end else None)
    except ValueError as error:
        raise UriError(f"{text!r}: start and end are whole numbers, code points of the document") from error
    if parts.scheme == SCHEME and parts.netloc == "entries" and name:
        return EntryName(name, options.get("document", [None])[0])
    raise UriError(
        f"{text!r} is none of {SCHEME}://documents/NAME?start=&end=, {SCHEME}://entries/ID?document= and an entry's id"
    )
