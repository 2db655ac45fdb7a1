"""What goes together in an entry: a section, a list, a head and its rows, a sentence and what it refers to."""

from collections.abc import Sequence
from itertools import pairwise

from ingest.words.text import normalise
from service.language.rule import rules
from service.search.retrieve import Query
from service.write.line import Line
from service.write.tree import Tree
from service.write.wanted import formula

# Characters of an entry that is given whole where a question names nothing but what the entry is called; of a section
# that is where its remedy is wanted: what is wrong, why, and what helps.
SHORT, REMEDY = 900, 400

Places = set[tuple[int, int]]


def whole(line: Line, entry: Sequence[Line]) -> str:
    """What is read of a line: with its columns, if it is a row, and with the sentence that names its subject."""
    if line.row:
        return f"{line.columns}\n{line.text}"
    if line.unit.opens or not rules("referring").holds(normalise(line.text)):
        return line.text
    before = next((each.text for each in entry if each.place == (line.passage, line.index - 1)), "")
    return f"{before} {line.text}" if before else line.text


def list_of(entry: Sequence[Line], chosen: Places, best: Sequence[tuple[int, int]]) -> Places:
    """The best item of an entry's lists and those beside it, where no item is chosen."""
    items = {line.place for line in entry if line.unit.kind == "list_item" and not line.reference}
    first = next((place for place in best if place in items), None)
    if first is None or chosen & items:
        return set()
    passage, index = first
    own = [line for line in entry if line.passage == passage]
    return {(passage, own[place].index) for place in Tree.of(own).beside(index)}


def formulas(query: Query, entry: Sequence[Line], chosen: Places) -> Places:
    """Where a formula is asked for, those below the headings of what is chosen, or the entry's first."""
    every = [line for line in entry if line.unit.kind == "formula"] if formula(query) else []
    own = {line.headings for line in entry if line.place in chosen}
    return {line.place for line in every if line.headings in own} or {line.place for line in every[:1]}


def section_of(entry: Sequence[Line], best: tuple[int, int]) -> Places:
    """The lines below the headings of the best one, where they are few."""
    first = next(line for line in entry if line.place == best)
    own = [line for line in entry if (line.passage, line.headings) == (first.passage, first.headings)]
    short = sum(len(line.text) for line in own) <= REMEDY and not any(line.row or line.reference for line in own)
    return {line.place for line in own} if short else set()


def heads(entry: Sequence[Line]) -> list[Line]:
    """The heads of tables that are taken row by row."""
    return [head for head, row in pairwise(entry) if row.row and not head.row and head.passage == row.passage]


def is_short(entry: Sequence[Line]) -> bool:
    """Whether an entry may be given whole: a short one without tables or references."""
    return sum(len(line.text) for line in entry) <= SHORT and not any(line.row or line.reference for line in entry)
