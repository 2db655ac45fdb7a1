"""Answers in the documents' own words: the sentences of the best passages, in reading order, each cited."""

import re
import textwrap
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from html import unescape

from ingest.parse import markdown
from ingest.parse.html import TAG
from ingest.words.words import Words
from service.language.phrases import Language
from service.language.rule import rules
from service.search.naming import Naming
from service.search.passages import Passage
from service.search.retrieve import Query
from service.write.line import Line, lines_of
from service.write.once import said_once
from service.write.steps import remaining, steps_of, unbroken
from service.write.writer import Quote, Sentence

# A term narrows a question down when at most this share of the entry's units holds it.
NARROW = 0.34
# What this short is given whole: leaving half of it out would save nobody time.
SHORT = 900
GAP = 8  # code points between the rows of a table at most: a line break, an indent
PRE = re.compile(r"<pre[^>]*>(.*)</pre>\s*", re.IGNORECASE | re.DOTALL)
# A sentence is kept when it holds this share of what the best sentence holds of the question.
KEEP = 0.55

Relevance = Callable[[Query, Sequence[str]], Awaitable[Sequence[float]]]


class ExtractiveWriter:
    """Picks passages by relevance, and in a narrow question's passages the sentences that answer it.

    `relevance` scores texts for a question, in log odds; a sentence may be `behind` the best one of its entry, the
    share of the question's words counted as 1. Where there are no scores, or none that this was fitted to (None), the
    question's words choose.
    """

    name = "extractive"

    def __init__(
        self,
        words: Words,
        idf: Callable[[str], float],
        relevance: Relevance,
        max_characters: int = 1200,
        behind: float | None = 1.5,
    ) -> None:
        self._words, self._idf, self._max = words, idf, max_characters
        self._relevance, self._behind = relevance, behind
        self._naming = Naming(words)

    async def write(
        self, query: Query, passages: Sequence[Passage], language: Language = "zh"
    ) -> AsyncIterator[Sentence]:
        """Yield sentences grouped by entry, best entry first, within an entry in reading order, in its language."""
        with_code = (rules("code") + self._words.rules("code")).holds(query.asked)
        chosen: list[Line] = []
        taken: set[tuple[str, int]] = set()
        spent = 0
        lines = [lines_of(number, passage, self._words) for number, passage in enumerate(passages)]
        kept = await self._kept(query, passages, lines)
        for number, passage in enumerate(passages):
            full = 0  # where the list ends that there was no room for
            for line in _pick(lines[number], kept, with_code):
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
        order = {_entry(p): n for n, p in reversed(list(enumerate(passages)))}
        chosen.sort(key=lambda c: (order[_entry(passages[c.passage])], passages[c.passage].start + c.unit.start))
        chosen = said_once(self._naming, query.text, chosen, passages)
        chosen = _announced(chosen)
        for sentence in _compose(chosen, passages, remaining(chosen, lines, passages, language)):
            yield sentence

    async def _kept(
        self, query: Query, passages: Sequence[Passage], lines: Sequence[Sequence[Line]]
    ) -> set[tuple[int, int]]:
        """Return passage and index of the lines that answer: all of a short entry's, of a long one's the best."""
        entries: dict[tuple[str, ...], list[Line]] = {}
        for passage, own in zip(passages, lines, strict=True):
            entries.setdefault(_entry(passage), []).extend(own)
        long = [
            key
            for key, entry in entries.items()
            if sum(len(line.text) for line in entry) > SHORT or any(line.row or line.reference for line in entry)
        ]
        kept = {line.place for key, entry in entries.items() if key not in long for line in entry}
        read = [line for key in long for line in entries[key] if not line.program]
        texts = [f"{' > '.join((*passages[line.passage].heading_path, *line.headings))}\n{line.text}" for line in read]
        relevance = await self._relevance(query, texts) if self._behind is not None else []
        scores = dict(zip((line.place for line in read), relevance, strict=False))
        for key in long:
            kept |= self._answering(query, entries[key], scores)
        return kept

    def _answering(
        self, query: Query, entry: Sequence[Line], scores: Mapping[tuple[int, int], float]
    ) -> set[tuple[int, int]]:
        """Return the places of the entry's lines about as good as the best, by score and words, or by words alone."""
        weights = self._narrowing(query, entry)
        most = max(line.weight(weights) for line in entry) or 1.0
        held = {line.place: line.weight(weights) / most for line in entry}
        if self._behind is None or not scores.keys() & held.keys():
            return {place for place, share in held.items() if share >= KEEP} if weights else set(held)
        fit = {place: scores[place] + share for place, share in held.items() if place in scores}
        # Rows of a table read alike, as do references; those that hold what the question names are meant.
        least = KEEP * max((held[line.place] for line in entry if line.row or line.reference), default=0.0)
        for line in entry:
            if (line.row or line.reference) and held[line.place] < least:
                fit.pop(line.place, None)
        programs = {line.place for line in entry if line.program and held[line.place] >= KEEP}
        return programs | {place for place, score in fit.items() if score >= max(fit.values()) - self._behind}

    def _narrowing(self, query: Query, entry: Sequence[Line]) -> dict[str, float]:
        """Weigh the question's terms that few of the entry's units hold, headings included; {} when none is."""
        own = [term for term in dict.fromkeys(query.terms) if term not in self._words.asking]
        weights = {term: self._idf(term) / 2 for term in self._words.expand(" ".join(own))}
        weights |= {term: self._idf(term) for term in own}
        held = {term: sum(term in line.terms for line in entry) for term in weights}
        return {t: w for t, w in weights.items() if 0 < held[t] <= max(1, NARROW * len(entry))}


def _pick(lines: list[Line], kept: Collection[tuple[int, int]], with_code: bool) -> list[Line]:
    """Return the lines that are kept, with what they lean on and what hangs on them; programs only where wanted."""
    if not with_code and any(not line.program and not line.announces for line in lines):
        of_steps = {i for steps in steps_of(lines) for i in range(steps.starts[0], steps.starts[-1])}
        announced = {i for i in range(1, len(lines)) if lines[i - 1].announces and lines[i - 1].number is not None}
        lines = [line for i, line in enumerate(lines) if not line.program or i in of_steps | announced]
    wanted = _with_context({i for i, line in enumerate(lines) if line.place in kept}, lines)
    wanted = unbroken(wanted, lines)
    return [line for i, line in enumerate(lines) if i in wanted]


def _entry(passage: Passage) -> tuple[str, ...]:
    return _owner(passage) or (passage.document, *passage.heading_path[:2])


def _with_context(keep: set[int], lines: Sequence[Line]) -> set[int]:
    """Add what a kept line leans on (lead-in, parent), what hangs on it, and the rest of an announced list."""
    wanted = set(keep)
    for i in sorted(keep):
        parent = _parent(i, lines)
        wanted.add(parent)
        first = parent if lines[parent].announces else i
        wanted.update(range(first, _end(first, lines)))
        wanted.update(_table(i, keep, lines))
    return wanted


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


def _parent(i: int, lines: Sequence[Line]) -> int:
    """The line that a glued line hangs on: the nearest before it that is indented less, or its lead-in."""
    parent = i
    while parent and lines[parent].unit.glued:
        parent -= 1
        while parent and lines[parent].unit.indent >= lines[i].unit.indent > 0 and lines[parent].unit.glued:
            parent -= 1
    if lines[i].unit.indent and not lines[i].unit.glued:
        parent = next((j for j in range(i, -1, -1) if lines[j].unit.indent < lines[i].unit.indent), i)
    return parent


def _end(i: int, lines: Sequence[Line]) -> int:
    """The line after the last that hangs on line i: what is indented deeper, or the list that it announces."""
    stop = i + 1
    if stop < len(lines) and lines[i].announces and lines[i].unit.kind != "list_item":
        listed = lines[stop].unit.kind == "list_item"
        stop += 1
        while listed and stop < len(lines) and lines[stop].unit.kind == "list_item":
            stop += 1
    while stop < len(lines) and lines[stop].unit.indent > lines[i].unit.indent:
        stop += 1
    return stop


def _announced(lines: list[Line]) -> list[Line]:
    """Drop a lead-in whose content was not taken, and then what announced that."""
    kept: list[Line] = []
    for line in reversed(lines):
        follows = kept and kept[-1].passage == line.passage and kept[-1].index == line.index + 1
        if follows or not line.announces:
            kept.append(line)
    return kept[::-1]


def _compose(
    lines: Sequence[Line], passages: Sequence[Passage], rest: Mapping[tuple[int, int], Sentence]
) -> list[Sentence]:
    """Lay the units out as Markdown; entries and subheadings become headings where there are several."""
    entries = {_entry(passages[line.passage]): passages[line.passage] for line in lines}
    titles = Counter(_title(passage) for passage in entries.values())
    sentences: list[Sentence] = []
    before: Line | None = None
    for line in lines:
        passage = passages[line.passage]
        if len(entries) > 1 and (not before or _entry(passages[before.passage]) != _entry(passage)):
            title = _title(passage)
            name = title if title and titles[title] == 1 else _placed(passage, title)
            sentences.append(Sentence(f"### {name}", (), "\n\n" if sentences else ""))
            before = None
        heading = _subheading(line, passage)
        if heading and heading != (_subheading(before, passages[before.passage]) if before else ""):
            sentences.append(Sentence(f"#### {heading}", (), "\n\n" if sentences else ""))
            before = None
        if line.row and before and before.unit.kind == "table":
            sentences[-1] = _with_row(sentences[-1], line.quote(passages), line.text)
            before = line
            continue
        lead = _lead(before, line) if sentences else ""
        sentences.append(Sentence(_rendered(line), (line.quote(passages), *line.also), lead))
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


def _owner(passage: Passage) -> tuple[str, str] | None:
    """The entry that a passage is of."""
    return (passage.document, passage.entry_id) if passage.entry_id else None


def _subheading(line: Line, passage: Passage) -> str:
    path = (*passage.heading_path[2:], *line.headings)
    return path[-1] if path else ""


def _lead(before: Line | None, line: Line) -> str:
    if before is None:
        return "\n\n"
    if before.passage == line.passage and not line.unit.opens and before.unit.kind == line.unit.kind == "paragraph":
        return " "
    return "\n" if before.unit.kind == line.unit.kind == "list_item" and not line.reference else "\n\n"


def _rendered(line: Line) -> str:
    if line.unit.kind == "code" and (match := PRE.fullmatch(line.text)):
        return f"```\n{unescape(TAG.sub('', match[1])).strip(chr(10))}\n```"
    margin = " " * line.unit.indent
    return textwrap.indent(textwrap.dedent(margin + line.text), margin) if line.unit.kind == "list_item" else line.text
