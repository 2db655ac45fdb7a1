"""Answers in the documents' own words: the sentences of the best passages, in reading order, each cited."""

import re
import textwrap
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from ingest import markdown, outline
from ingest.chunk.units import Unit, units
from ingest.text import terms
from service.retrieve import Query
from service.write.writer import Passage, Quote, Sentence

CODE_ASKED = re.compile(
    r"代码|实现|编写|写一[个段]|函数|示例|例子|脚本|程序|怎么写|\b(?:code|implement\w*|function|snippet|script|python|pytorch|tensorflow|program|example|class)\b",
    re.IGNORECASE,
)
# A question is broad when its passage's headings hold this share of what it asks: then all of it answers.
BROAD = 0.6
# A sentence is kept when it holds this share of what the best sentence holds of the question.
KEEP = 0.5


@dataclass(frozen=True, slots=True)
class Line:
    """A unit of a passage with the headings between the passage's own heading and it."""

    passage: int
    unit: Unit
    text: str
    headings: tuple[str, ...]

    @property
    def announces(self) -> bool:
        return self.text.rstrip("*_ ").endswith((":", "："))


class ExtractiveWriter:
    """Picks passages by relevance, and in a narrow question's passages the sentences that hold its words."""

    name = "extractive"

    def __init__(self, idf: Callable[[str], float], max_characters: int = 1200) -> None:
        self._idf, self._max = idf, max_characters

    async def write(self, query: Query, passages: Sequence[Passage]) -> AsyncIterator[Sentence]:
        """Yield sentences grouped by entry, best entry first, within an entry in reading order."""
        with_code = CODE_ASKED.search(query.text) is not None
        chosen: list[Line] = []
        spent = 0
        for number, passage in enumerate(passages):
            lines = self._pick(query, _lines(number, passage), passage, with_code)
            seen = {line.text for line in chosen}
            for line in lines:
                cost = 0 if line.unit.kind == "code" else len(line.text)
                if line.text in seen or (chosen and spent + cost > self._max):
                    continue
                chosen.append(line)
                spent += cost
        order = {p.entry_id or p.heading_path[:2]: n for n, p in reversed(list(enumerate(passages)))}
        place = [order[p.entry_id or p.heading_path[:2]] for p in passages]
        chosen.sort(key=lambda line: (place[line.passage], passages[line.passage].start + line.unit.start))
        for sentence in _compose(_announced(chosen), passages):
            yield sentence

    def _pick(self, query: Query, lines: list[Line], passage: Passage, with_code: bool) -> list[Line]:
        prose = [line for line in lines if line.unit.kind != "code"]
        if not with_code and any(line.unit.kind != "code" and not line.announces for line in lines):
            lines = prose
        rest = self._unsaid(query, passage)
        if not rest:
            return lines
        held = [self._held(rest, line) for line in lines]
        best = max(held, default=0.0)
        if best == 0:
            return lines
        keep = {i for i, share in enumerate(held) if share >= KEEP * best}
        return [line for i, line in enumerate(lines) if i in _with_context(keep, lines)]

    def _unsaid(self, query: Query, passage: Passage) -> dict[str, float]:
        """The question's terms that the passage's headings do not hold, with weights; {} for a broad question."""
        weights = {term: self._idf(term) for term in query.terms}
        weights |= {term: self._idf(term) / 2 for term in query.synonyms if term not in weights}
        said = set(terms(" ".join(passage.heading_path)))
        asked = sum(weights[term] for term in set(query.terms))
        rest = {term: weight for term, weight in weights.items() if term not in said and weight > 0}
        open_share = sum(weight for term, weight in rest.items() if term in query.terms)
        return {} if not asked or open_share <= (1 - BROAD) * asked else rest

    def _held(self, rest: dict[str, float], line: Line) -> float:
        found = set(terms(" ".join((*line.headings, line.text))))
        return sum(weight for term, weight in rest.items() if term in found)


def _lines(number: int, passage: Passage) -> list[Line]:
    document = markdown.parse(passage.document, passage.text, outline.heading)
    return [
        Line(number, unit, passage.text[unit.start : unit.end], section.heading_path)
        for section in document.sections
        for unit in units(document, section)
    ]


def _with_context(keep: set[int], lines: Sequence[Line]) -> set[int]:
    """Add what a kept unit leans on (its lead-in, its parent) and what hangs on a kept parent."""
    wanted = set(keep)
    for i in sorted(keep):
        parent = i
        while parent and lines[parent].unit.glued:
            parent -= 1
            while (
                parent and lines[parent].unit.indent >= lines[i].unit.indent > 0 and lines[parent].unit.glued
            ):
                parent -= 1
            wanted.add(parent)
        child = i + 1
        while child < len(lines) and (
            lines[child].unit.indent > lines[i].unit.indent
            or (lines[child].unit.glued and lines[child - 1].announces)
        ):
            wanted.add(child)
            child += 1
    return wanted


def _announced(lines: list[Line]) -> list[Line]:
    """Drop a lead-in whose content was not taken."""
    kept: list[Line] = []
    for i, line in enumerate(lines):
        follows = (
            i + 1 < len(lines)
            and lines[i + 1].passage == line.passage
            and lines[i + 1].headings == line.headings
        )
        if not line.announces or follows:
            kept.append(line)
    return kept


def _compose(lines: Sequence[Line], passages: Sequence[Passage]) -> list[Sentence]:
    """Lay the units out as Markdown; entries and subheadings become headings where there are several."""
    entries = {passages[line.passage].entry_id or passages[line.passage].heading_path for line in lines}
    sentences: list[Sentence] = []
    before: Line | None = None
    for line in lines:
        passage = passages[line.passage]
        previous = passages[before.passage] if before else None
        if len(entries) > 1 and (not previous or previous.entry_id != passage.entry_id):
            title = (
                passage.heading_path[1] if len(passage.heading_path) > 1 else " > ".join(passage.heading_path)
            )
            name = f"{passage.entry_id} {title}" if passage.entry_id else title or passage.document
            sentences.append(Sentence(f"### {name}", (), "\n\n" if sentences else ""))
            before = None
        heading = _subheading(line, passage)
        if heading and heading != (_subheading(before, passages[before.passage]) if before else ""):
            sentences.append(Sentence(f"#### {heading}", (), "\n\n" if sentences else ""))
            before = None
        lead = _lead(before, line) if sentences else ""
        quote = Quote(line.passage, passage.start + line.unit.start, passage.start + line.unit.end)
        sentences.append(Sentence(_rendered(line), (quote,), lead))
        before = line
    return sentences


def _subheading(line: Line, passage: Passage) -> str:
    path = (*passage.heading_path[2:], *line.headings)
    return path[-1] if path else ""


def _lead(before: Line | None, line: Line) -> str:
    if before is None:
        return "\n\n"
    if (
        before.passage == line.passage
        and not line.unit.opens
        and before.unit.kind == line.unit.kind == "paragraph"
    ):
        return " "
    return "\n" if before.unit.kind == line.unit.kind == "list_item" else "\n\n"


def _rendered(line: Line) -> str:
    margin = " " * line.unit.indent
    return (
        textwrap.indent(textwrap.dedent(margin + line.text), margin)
        if line.unit.kind == "list_item"
        else line.text
    )
