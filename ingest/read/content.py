"""Bytes with a name -> Markdown, by the reader of what the bytes are."""

from __future__ import annotations

from dataclasses import replace

from ingest import plugins
from ingest.read.encoding import decode
from ingest.read.kinds import kind_of
from ingest.read.reading import Reading, UnfitError
from ingest.read.sandbox import Sandbox


def read_content(raw: bytes, name: str, sandbox: Sandbox) -> Reading:
    """Read one file, whatever its format; raises UnfitError, whose message says why it cannot be read.

    Text is decoded here, everything else parsed in the sandbox.
    """
    if not raw or raw.isspace():
        raise UnfitError("empty")
    kind = kind_of(raw, name, sandbox.limits.unpacked_mb, plugins.offered("readers"))
    if kind == "markdown":
        decoded = decode(raw)
        warnings = (decoded.warning,) if decoded.warning else ()
        reading = Reading(decoded.text, warnings=warnings, encoding=decoded.encoding)
    else:
        reading = replace(sandbox.read(kind, raw, name), kind=kind)
    if not reading.text or reading.text.isspace():
        raise UnfitError("; ".join(["empty", *reading.warnings]))
    return reading
