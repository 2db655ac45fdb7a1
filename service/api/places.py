"""What a passage is called, and the address that opens it, at every door."""

from urllib.parse import quote

from service.api import contract
from service.check.harmless import CONTROLS

Named = contract.Citation | contract.Result


def title(place: Named) -> str:
    """Return the headings over a passage, or its document, as plain text."""
    return CONTROLS.sub("", " > ".join(place.heading_path) or place.document)


def address(base: str, place: Named) -> str:
    """Return where a passage is opened; `base` is the service's address and ends in a slash."""
    return f"{base}v1/documents/{quote(place.document, safe='')}?start={place.start}&end={place.end}"
