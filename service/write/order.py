"""What was asked comes first: within an entry the section, the block and the item that answer best go before the rest.

What leans on what stands before it ("其中", "therefore"), and the items of a numbered list, stay where they are.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from ingest.words.text import normalise
from service.language.claims import plain
from service.language.rule import rules
from service.write.line import Line

Fit = Mapping[tuple[int, int], float]
NEAR = 2  # statements at whose beginning what was asked need not be moved
BULLETS = ("-", "*", "+", "•")


def direct(lines: Sequence[Line], fit: Fit) -> list[Line]:
    """Return the lines of one entry, in reading order, with those first that answer best.

    `fit` says by a line's place how well it answers; lines that it has not are not what was asked.
    """
    scored = [line for line in lines if line.place in fit]
    if not scored:
        return list(lines)
    best = max(scored, key=lambda line: fit[line.place])
    if best in lines[:NEAR]:
        return list(lines)
    sections = [list(group) for _, group in groupby(lines, key=lambda line: (line.passage, line.headings))]
    ordered = _first(sections, best)
    return [line for section in ordered for line in (_within(section, best) if best in section else section)]


def _within(section: Sequence[Line], best: Line) -> Iterator[Line]:
    for block in _first(list(_blocks(section)), best):
        yield from _items(block, best) if best in block else block


def _first(parts: list[list[Line]], best: Line, indent: int = 0) -> list[list[Line]]:
    """Put the part with the best line before the others, unless it goes on from what is not in it."""
    at = next(place for place, part in enumerate(parts) if best in part)
    return [parts[at], *parts[:at], *parts[at + 1 :]] if _begins(parts[at][0], indent) else parts


def _begins(line: Line, indent: int = 0) -> bool:
    later = line.unit.indent > indent or (line.number or 1) > 1
    return not (later or rules("continuing").holds(normalise(plain(line.text))))


def _items(block: Sequence[Line], best: Line) -> Iterator[Line]:
    """Yield a block; of a bulleted list the best item, with what hangs on it, before the others, at every depth."""
    begin = next((place for place, line in enumerate(block) if line.unit.kind == "list_item"), len(block))
    top = min((line.unit.indent for line in block[begin:]), default=0)
    items: list[list[Line]] = []
    for line in block[begin:]:
        if (line.unit.indent == top and line.unit.kind == "list_item") or not items:
            items.append([])
        items[-1].append(line)
    if all(item[0].text.startswith(BULLETS) for item in items) and any(best in item for item in items):
        items = _first(items, best, top)
    yield from block[:begin]
    for first, *below in items:
        yield first
        yield from _items(below, best) if best in below else below


def _blocks(section: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield what may change places: a paragraph, a list with what announces it, a formula with what explains it."""
    block: list[Line] = []
    for line in section:
        if block and not _goes_on(block[-1], line):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _goes_on(before: Line, line: Line) -> bool:
    return (
        before.announces
        or line.unit.glued
        or (line.unit.kind == "paragraph" and not line.unit.opens)
        or line.unit.kind in ("formula", "code", "table", "quote")
        or (line.unit.kind == before.unit.kind == "list_item")
        or not _begins(line)
    )
