"""Numbered lists, with the code, tables and remarks that stand between their items."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ingest.parse.counts import Count
from service.language.phrases import Language, wording
from service.search.passages import Passage
from service.write.line import Line
from service.write.writer import Quote, Sentence

BETWEEN = 4  # lines between two items that are no items, at most


@dataclass(frozen=True, slots=True)
class Steps:
    """Items of one numbered list of a passage: where each begins among the passage's lines, and where the last ends."""

    starts: tuple[int, ...]
    stop: int

    def parts(self) -> Iterator[range]:
        """Yield the lines of each item."""
        for start, stop in zip(self.starts, (*self.starts[1:], self.stop), strict=True):
            yield range(start, stop)


def steps_of(lines: Sequence[Line]) -> list[Steps]:
    """Find the lists of two items and more that count on by one."""
    found: list[Steps] = []
    begin = 0
    while begin < len(lines):
        if lines[begin].number is None:
            begin += 1
            continue
        starts = [begin]
        while (following := _next(lines, starts[-1])) is not None:
            starts.append(following)
        stop = _stop(lines, starts[-1])
        if len(starts) > 1:
            found.append(Steps(tuple(starts), stop))
        begin = stop
    return found


def _next(lines: Sequence[Line], at: int) -> int | None:
    """The line of the item after that of line `at`; what is deeper, or counts in another form, belongs to it."""
    step, between = lines[at], 0
    for index in range(at + 1, len(lines)):
        line = lines[index]
        if line.headings != step.headings or between > BETWEEN:
            return None
        if line.unit.indent > step.unit.indent:
            continue
        if line.number is not None and line.unit.indent == step.unit.indent:
            if {Count(count.form, count.number + 1) for count in step.counts} & {*line.counts}:
                return index
            if {count.form for count in step.counts} & {count.form for count in line.counts}:
                return None
            continue
        if line.unit.kind == "list_item" and line.unit.indent < step.unit.indent:
            return None
        between += 1
    return None


def _stop(lines: Sequence[Line], at: int) -> int:
    """The line after the last of a list's last item: its own deeper lines, and code right below."""
    stop = at + 1
    while stop < len(lines) and lines[stop].headings == lines[at].headings:
        below = lines[stop]
        deeper = below.unit.indent > lines[at].unit.indent
        if not deeper and not (
            below.unit.kind in ("code", "formula", "table") and (below.unit.glued or stop == at + 1)
        ):
            break
        stop += 1
    return stop


def unbroken(wanted: Collection[int], lines: Sequence[Line]) -> set[int]:
    """Add what stands between the steps that are wanted, and all that belongs to each."""
    whole = set(wanted)
    for steps in steps_of(lines):
        parts = list(steps.parts())
        held = [number for number, part in enumerate(parts) if whole.intersection(part)]
        for part in parts[held[0] : held[-1] + 1] if held else ():
            whole.update(part)
    return whole


def remaining(
    chosen: Sequence[Line], lines: Sequence[Sequence[Line]], passages: Sequence[Passage], language: Language
) -> dict[tuple[int, int], Sentence]:
    """Say, by the place of the last step that is given, how many more there are; a single step of many stands alone."""
    told: dict[tuple[int, int], Sentence] = {}
    for number in {line.passage for line in chosen}:
        given = {line.index for line in chosen if line.passage == number}
        for steps in steps_of(lines[number]):
            held = [part for part in steps.parts() if given.intersection(part)]
            left = [part for part in steps.parts() if held and part.start > held[-1].start]
            if len(held) < 2 or not left:
                continue
            first, last = lines[number][left[0].start], lines[number][steps.stop - 1]
            start = passages[number].start
            quote = Quote(number, start + first.unit.start, start + last.unit.end)
            text = wording(language).more_steps.format(count=len(left))
            told[number, max(given.intersection(held[-1]))] = Sentence(text, (quote,), "\n\n")
    return told
