"""Which documents, and which sections of an outline, somebody may read."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Self

ALL = "*"
PART = "#"


class ReadableError(ValueError):
    """A pattern that names nothing."""


@dataclass(frozen=True, slots=True)
class Readable:
    """Patterns such as `manual.md`, `hr/*`, or `manual.md#5` for one section; equal ones share an index."""

    patterns: tuple[str, ...]

    @classmethod
    def of(cls, patterns: Sequence[str]) -> Self | None:
        """Read patterns; None where they allow everything. Raises ReadableError."""
        for pattern in patterns:
            name, mark, section = pattern.rpartition(PART)
            if not pattern.strip() or (mark and _is_section(section) and not name):
                raise ReadableError(f"{pattern!r} names no document; give a name, hr/* or manual.md#5")
        return None if ALL in patterns else cls(tuple(sorted(set(patterns))))

    def covers(self, other: Self | None) -> bool:
        """Whether everything that somebody else may read may be read, by the patterns alone; None reads everything."""
        return other is not None and set(other.patterns) <= set(self.patterns)

    def allows(self, document: str, section: int | None) -> bool:
        """Whether a section may be read; without one, whether the whole document may."""
        return any(_allows(pattern, document, section) for pattern in self.patterns)


def _allows(pattern: str, document: str, section: int | None) -> bool:
    name, mark, number = pattern.rpartition(PART)
    if mark and _is_section(number):
        return section == int(number) and fnmatchcase(document, name)
    return fnmatchcase(document, pattern)


def _is_section(text: str) -> bool:
    return text.isascii() and text.isdecimal()
