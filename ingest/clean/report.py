"""What cleaning did: which file, which step, what, how often and in which lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ingest.read.reading import Skipped

LINES_SHOWN = 10
Step = Literal["decode", "mojibake", "whitespace", "secrets", "comments"]


@dataclass(frozen=True)
class Edit:
    """One kind of change to one text; `lines` are the first few, 1-based, before the step."""

    what: str
    count: int
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Change:
    name: str
    step: Step
    what: str
    count: int
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Alias:
    """A source left out because it says the same as the source `of`, which was seen first."""

    name: str
    of: str


@dataclass(frozen=True)
class Spot:
    """Where a passage stands; `lines` are its first and last, 1-based, after cleaning."""

    name: str
    section: str
    lines: tuple[int, int]

    def __str__(self) -> str:
        first, last = self.lines
        lines = f"line {first}" if first == last else f"lines {first}-{last}"
        return f"{self.name}, {self.section}, {lines}" if self.section else f"{self.name}, {lines}"


@dataclass(frozen=True)
class NearPair:
    """Two passages that are nearly equal, with all the places of each; both are indexed.

    `alike` is the Jaccard index of their shingles, `differences` the first few pieces that differ, (one's, other's).
    """

    one: tuple[Spot, ...]
    other: tuple[Spot, ...]
    alike: float
    differences: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        one, other = ("; ".join(map(str, spots)) for spots in (self.one, self.other))
        pieces = ", ".join(f"{a!r} / {b!r}" for a, b in self.differences)
        return f"{one} ~ {other} ({self.alike:.2f}): {pieces or 'spacing or punctuation'}"


@dataclass(frozen=True)
class CleanReport:
    """`dataclasses.asdict` of it is JSON."""

    sources: int
    kept: int
    characters: int
    skipped: tuple[Skipped, ...]
    changes: tuple[Change, ...]
    aliases: tuple[Alias, ...]
    near: tuple[NearPair, ...] = ()

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def edits(text: str, found: Iterable[tuple[str, int]]) -> list[Edit]:
    """Group (what, position) pairs, in order of position, into one edit for each `what`."""
    counts: Counter[str] = Counter()
    shown: dict[str, list[int]] = {}
    for what, position in found:
        counts[what] += 1
        if counts[what] <= LINES_SHOWN:
            shown.setdefault(what, []).append(position)
    line_of = _line_numbers(text, sorted({p for positions in shown.values() for p in positions}))
    return [Edit(what, n, tuple(dict.fromkeys(line_of[p] for p in shown[what]))) for what, n in counts.items()]


def _line_numbers(text: str, positions: list[int]) -> dict[int, int]:
    numbers: dict[int, int] = {}
    line = 1
    for previous, position in pairwise([0, *positions]):
        line += text.count("\n", previous, position)
        numbers[position] = line
    return numbers


def _lines(report: CleanReport) -> Iterator[str]:
    yield (
        f"{report.sources} files read, {report.kept} kept ({report.characters:,} characters), "
        f"{len(report.aliases)} duplicates, {len(report.near)} near pairs, {len(report.skipped)} skipped"
    )
    for step in dict.fromkeys(change.step for change in report.changes):
        of_step = [c for c in report.changes if c.step == step]
        total = sum(c.count for c in of_step)
        yield f"{step}: {total} changes in {len({c.name for c in of_step})} files"
        for change in of_step:
            yield f"  {change.name}: {change.count} x {change.what}{_where(change)}"
    if report.aliases:
        yield "duplicates:"
    for alias in report.aliases:
        yield f"  {alias.name} = {alias.of} (exact)"
    if report.near:
        yield "near pairs, all indexed:"
    for pair in report.near:
        yield f"  {pair}"
    if report.skipped:
        yield "skipped:"
    for skipped in report.skipped:
        yield f"  {skipped.name}: {skipped.reason}"


def _where(change: Change) -> str:
    if not change.lines:
        return ""
    more = ", ..." if change.count > len(change.lines) else ""
    return f" (line {', '.join(map(str, change.lines))}{more})"
