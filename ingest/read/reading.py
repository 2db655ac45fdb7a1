"""What a reader gives, and the seam behind which readers of formats stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Self

from ingest.read.origin import NOWHERE, Origin

VERSION = 5  # of what readers make of a file: another makes an index be built anew


class UnfitError(ValueError):
    """A file that cannot be used; the message is the reason, shown next to its name."""


@dataclass(frozen=True)
class Skipped:
    """A file that was not read, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may take; `confidence` is how sure recognised text must be, 0 to 1."""

    seconds: float = 60
    memory_mb: int = 2048
    unpacked_mb: int = 256
    pages: int = 2000
    cells: int = 500_000
    ocr: bool = True
    confidence: float = 0.6

    @property
    def fingerprint(self) -> str:
        """What of them, and of the readers, can change a document's text."""
        return f"readers-{VERSION}:{self.pages}-{self.cells}:{f'ocr-{self.confidence:g}' if self.ocr else 'no-ocr'}"


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as Markdown, where its text stands in the file, and what of it could not be read."""

    text: str
    origin: Origin = NOWHERE
    warnings: tuple[str, ...] = ()
    encoding: str = "utf-8"
    kind: str = "markdown"

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it, all but its kind."""
        origin = self.origin.to_json()
        return {"text": self.text, "origin": origin, "warnings": self.warnings, "encoding": self.encoding}

    @classmethod
    def from_json(cls, parts: dict[str, Any]) -> Self:
        return cls(parts["text"], Origin.from_json(parts["origin"]), tuple(parts["warnings"]), parts["encoding"])


class Reader(Protocol):
    """A way to read files of one format; raises UnfitError for one that it cannot read."""

    def __call__(self, raw: bytes, name: str, limits: Limits) -> Reading: ...
