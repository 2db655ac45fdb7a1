"""Answers in the documents' own words: the sentences of the best passages, in reading order, each cited."""

import math
import re
import textwrap
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from html import unescape
from itertools import groupby

from ingest.parse import markdown
from ingest.parse.html import TAG
from ingest.parse.simple_tables import piped
from ingest.parse.tables import BORDER, RULING
from ingest.parse.wiki import plain_links
from ingest.words.words import Words
from service.language.phrases import Language
from service.language.rule import rules
from service.search.naming import Naming
from service.search.passages import Passage
from service.search.retrieve import Query
from service.write.choose import Chooser, Nearness, Relevance, owner
from service.write.line import STEP, Line, lines_of
from service.write.once import said_once
from service.write.order import direct
from service.write.part import named
from service.write.steps import remaining, steps_of, unbroken
from service.write.tree import Tree
from service.write.wanted import share
from service.write.writer import Gap, Quote, Sentence

GAP = 8  # code points between the rows of a table at most: a line break, an indent
RULED = re.compile(r":?-+:?")
FURTHER = re.compile(r"\n[ \t]+")  # lines of a note, which would be code
SENTENCE = 120  # characters of a sentence that is given whole, whichever of its clauses answers
PRE = re.compile(r"<pre[^>]*>(.*)</pre>\s*", re.IGNORECASE | re.DOTALL)


class ExtractiveWriter:
    """Gives the lines that are chosen, with what they lean on, those first that answer best.

    `specificity`, `relevance`, `unit` and `nearness` are the chooser's (service/write/choose.py).
    """

    name = "extractive"

    def __init__(
        self,
        words: Words,
        specificity: Callable[[str], float],
        relevance: Relevance,
        max_characters: int = 1200,
        unit: float | None = 1.5,
        nearness: Nearness | None = None,
    ) -> None:
        self._words, self._max = words, max_characters
        self._chooser = Chooser(words, specificity, relevance, unit, nearness)
        self._naming = Naming(words)

    async def write(
        self, query: Query, passages: Sequence[Passage], language: Language = "zh"
    ) -> AsyncIterator[Sentence | Gap]:
        """Yield sentences grouped by entry, best entry first, within an entry in reading order, in its language."""
        with_code = (rules("code") + self._words.rules("code")).holds(query.asked)
        chosen: list[Line] = []
        taken: set[tuple[str, int]] = set()
        spent = 0
        lines = [lines_of(number, passage, self._words) for number, passage in enumerate(passages)]
        choice = await self._chooser.choose(query, passages, lines)
        if choice.missing:
            yield Gap(choice.missing)
        lines = [[choice.parts.get(line.place, line) for line in own] for own in lines]
        shares = [min(map(share, passage.asked or (query,))) for passage in passages]
        shares = [
            math.inf if any(line.place in choice.exact for line in own) else each
            for each, own in zip(shares, lines, strict=True)
        ]
        for number, passage in enumerate(passages):
            full = 0  # where the list ends that there was no room for
            for line in _pick(lines[number], choice.places, with_code, shares[number]):
                place = (passage.document, passage.start + line.unit.start)
                cost = 0 if line.program else len(line.text)
                if place in taken or line.index < full:
                    continue
                if not chosen or spent + cost <= self._max:
                    taken.add(place)
                    chosen.append(line)
                    spent += cost
                else:
                    ends = (
                        steps.stop
                        for steps in steps_of(lines[number])
                        if line.index in range(steps.starts[0], steps.stop)
                    )
                    full = next(ends, full)
        order = {owner(p): n for n, p in reversed(list(enumerate(passages)))}
        chosen.sort(key=lambda c: (order[owner(passages[c.passage])], passages[c.passage].start + c.unit.start))
        chosen = _announced(said_once(self._naming, query.text, chosen, passages), lines)
        entries = groupby(chosen, key=lambda line: owner(passages[line.passage]))
        chosen = [line for _, entry in entries for line in direct(list(entry), choice.fit)]
        counted = [line for line in chosen if shares[line.passage] <= 1]
        for sentence in _compose(chosen, passages, remaining(counted, lines, passages, language)):
            yield sentence


def _pick(lines: list[Line], kept: Collection[tuple[int, int]], with_code: bool, share: float) -> list[Line]:
    """Return the lines that are kept, with what they lean on and what hangs on them; programs, lists where wanted."""
    if not with_code and any(not line.program and not line.announces for line in lines):
        of_steps = {i for steps in steps_of(lines) for i in range(steps.starts[0], steps.starts[-1])}
        announced = {i for i in range(1, len(lines)) if lines[i - 1].announces and lines[i - 1].number is not None}
        lines = [line for i, line in enumerate(lines) if not line.program or i in of_steps | announced]
    keep, tree = {i for i, line in enumerate(lines) if line.place in kept}, Tree.of(lines)
    wanted = _with_context(keep, lines, tree, share)
    wanted = unbroken(wanted, lines) if share <= 1 else wanted
    above = {tree.parents[i] for i in wanted} - keep
    return [named(line) if i in above else line for i, line in enumerate(lines) if i in wanted]


def _with_context(keep: set[int], lines: Sequence[Line], tree: Tree, share: float) -> set[int]:
    """Add what a kept line leans on (lead-in, parent), what hangs on it, and a list of which much is kept."""
    wanted = tree.whole(keep, share)
    for i in sorted(keep):
        wanted.update(_table(i, keep, lines), _clauses(i, lines))
    return wanted


def _clauses(i: int, lines: Sequence[Line]) -> range:
    """The clauses of a short sentence that semicolons part: one alone may lack what it is about."""

    def goes_on(before: Line, line: Line) -> bool:
        one = before.unit.kind == line.unit.kind == "paragraph" and not line.unit.opens
        return one and before.text.endswith("；") and before.headings == line.headings

    first, stop = i, i + 1
    while first and goes_on(lines[first - 1], lines[first]):
        first -= 1
    while stop < len(lines) and goes_on(lines[stop - 1], lines[stop]):
        stop += 1
    short = sum(len(line.text) for line in lines[first:stop]) <= SENTENCE
    return range(first, stop) if short else range(i, i + 1)


def _table(i: int, keep: set[int], lines: Sequence[Line]) -> Iterable[int]:
    """What a kept line brings of a long table: a row its head; the head, or what announces it, the rows."""
    head = i + 1 if lines[i].announces else i
    while head and head < len(lines) and lines[head].row:
        head -= 1
    stop = head + 1
    while stop < len(lines) and lines[stop].row:
        stop += 1
    rows = range(head + 1, stop)
    if not rows:
        return ()
    return [head, *(keep.intersection(rows) or rows)]


def _announced(chosen: list[Line], lines: Sequence[Sequence[Line]]) -> list[Line]:
    """Drop a lead-in whose content was not taken, and then what announced that."""
    trees = {number: Tree.of(lines[number]) for number in {line.passage for line in chosen}}
    kept: list[Line] = []
    for line in reversed(chosen):
        after = kept[-1] if kept and kept[-1].passage == line.passage else None
        follows = after and (after.index == line.index + 1 or trees[line.passage].hangs(after.index, line.index))
        if follows or not line.announces:
            kept.append(line)
    return kept[::-1]


def _compose(
    lines: Sequence[Line], passages: Sequence[Passage], rest: Mapping[tuple[int, int], Sentence]
) -> list[Sentence]:
    """Lay the units out as Markdown; entries and subheadings become headings where there are several."""
    entries = {owner(passages[line.passage]): passages[line.passage] for line in lines}
    titles = Counter(_title(passage) for passage in entries.values())
    sentences: list[Sentence] = []
    before: Line | None = None
    steps: dict[int, int] = {}  # the last number, by indent
    margin = 0  # of the list that goes on, whose outermost item may be one within an item that is not given
    for line in lines:
        passage = passages[line.passage]
        if len(entries) > 1 and (not before or owner(passages[before.passage]) != owner(passage)):
            title = _title(passage)
            name = title if title and titles[title] == 1 else _placed(passage, title)
            sentences.append(Sentence(f"### {name}", (), "\n\n" if sentences else ""))
            before = None
        heading = _subheading(line, passage)
        if heading and heading != (_subheading(before, passages[before.passage]) if before else ""):
            sentences.append(Sentence(f"#### {heading}", (), "\n\n" if sentences else ""))
            before = None
        if line.row and before and before.unit.kind == "table":
            sentences[-1] = _with_row(sentences[-1], line.quote(passages), _row(line))
            before = line
            continue
        lead = _lead(before, line) if sentences else ""
        goes_on = before and before.unit.kind == "list_item"
        margin = min(margin, line.unit.indent) if goes_on else line.unit.indent
        steps = steps if goes_on else {}
        text = _rendered(line, margin)
        if line.number is not None:
            if line.number > steps.get(line.unit.indent, line.number) + 1:  # what stands between is not given
                text = STEP.sub("- ", text, count=1)
            steps[line.unit.indent] = line.number
        sentences.append(Sentence(text, (line.quote(passages), *line.also), lead))
        if line.place in rest:
            sentences.append(rest[line.place])
        before = line
    return sentences


def _with_row(table: Sentence, row: Quote, text: str) -> Sentence:
    """A table with one more row, in one quote with the row that it follows in the document."""
    last = table.quotes[-1]
    joins = last.passage == row.passage and last.end < row.start <= last.end + GAP
    quotes = (*table.quotes[:-1], replace(last, end=row.end)) if joins else (*table.quotes, row)
    return replace(table, text=f"{table.text}\n{text}", quotes=quotes)


def _title(passage: Passage) -> str:
    """What a passage's entry is called, or its topmost headings."""
    title = passage.heading_path[1] if len(passage.heading_path) > 1 else " > ".join(passage.heading_path)
    return f"{passage.entry_id} {title}" if passage.entry_id else title


def _placed(passage: Passage, title: str) -> str:
    """A title that others have too, or none, with what its document is called."""
    return " > ".join(filter(None, (markdown.spoken(passage.document), title))) or passage.document


def _subheading(line: Line, passage: Passage) -> str:
    path = (*passage.heading_path[2:], *line.headings)
    return path[-1] if path else ""


def _lead(before: Line | None, line: Line) -> str:
    if before is None:
        return "\n\n"
    if before.passage == line.passage and not line.unit.opens and before.unit.kind == line.unit.kind == "paragraph":
        return " "
    listed = before.unit.kind == line.unit.kind == "list_item" and not (before.unmarked or line.unmarked)
    return "\n" if listed else "\n\n"


def _row(line: Line) -> str:
    """A row as it stands below its table's head in an answer."""
    return piped(f"{line.head}\n{line.text}").rpartition("\n")[2]


def _ruled(table: str) -> str:
    """A table whose cells below the head all have their dashes: without them it is shown as text."""
    if table.startswith("+"):  # a grid: its rows, the first one as the head
        lines = [line.strip() for line in table.split("\n") if not BORDER.fullmatch(line)]
        table = "\n".join([lines[0], "|" + "---|" * (lines[0].count("|") - 1), *lines[1:]])
    head, end, rest = table.partition("\n")
    row, stop, rows = rest.partition("\n")
    if not row.strip() or not set(row) <= RULING or not head.startswith("|"):
        return table
    cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
    if all(map(RULED.fullmatch, cells)):
        return table
    cells = [cell if RULED.fullmatch(cell) else "---" for cell in cells]
    return f"{head}{end}| {' | '.join(cells)} |{stop}{rows}"


def _rendered(line: Line, margin: int) -> str:
    if line.unit.kind == "code" and (match := PRE.fullmatch(line.text)):
        return f"```\n{unescape(TAG.sub('', match[1])).strip(chr(10))}\n```"
    if line.unit.kind == "table":
        return _ruled(piped(plain_links(line.text)))
    text = line.text if line.unit.kind in ("code", "formula") else plain_links(line.text)
    if line.unit.kind == "note":
        return FURTHER.sub("\n", text)
    own, shown = " " * line.unit.indent, " " * (line.unit.indent - margin)
    return textwrap.indent(textwrap.dedent(own + text), shown) if line.unit.kind == "list_item" else text
