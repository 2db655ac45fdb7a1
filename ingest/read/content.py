"""Bytes with a name -> Markdown, by the reader of what the bytes are."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from ingest import plugins
from ingest.read.encoding import decode
from ingest.read.kinds import kind_of
from ingest.read.reading import Limits, Reading, UnfitError


class Parser(Protocol):
    """What reads files that are no text: a process apart, or what is kept of it; raises UnfitError."""

    @property
    def limits(self) -> Limits: ...

    def read(self, kind: str, raw: bytes, name: str) -> Reading: ...


def read_content(raw: bytes, name: str, parser: Parser) -> Reading:
    """Read one file, whatever its format; raises UnfitError, whose message says why it cannot be read.

    Text is decoded here, everything else parsed by the parser, in a process apart.
    """
    if not raw or raw.isspace():
        raise UnfitError("empty")
    kind = kind_of(raw, name, parser.limits.unpacked_mb, plugins.offered("readers"))
    if kind == "markdown":
        decoded = decode(raw)
        warnings = (decoded.warning,) if decoded.warning else ()
        reading = Reading(decoded.text, warnings=warnings, encoding=decoded.encoding)
    else:
        reading = replace(parser.read(kind, raw, name), kind=kind)
    if not reading.text or reading.text.isspace():
        raise UnfitError("; ".join(["empty", *reading.warnings]))
    return reading
