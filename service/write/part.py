"""Where in an item of several sentences the answer begins: what stands before, below the item's label, can go."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.parse.counts import MARK
from ingest.parse.sentences import sentence_spans
from ingest.words.text import normalise
from service.language.claims import plain
from service.language.rule import rules
from service.write.line import Line

# A bullet or number, and what the item is about, if it says so: bold words, code or a few words, up to a colon or dash.
ENDS = r"(?:[:：](?!//)|[ \t](?:[-–—]|--)[ \t])"
LABEL = re.compile(
    rf"(?:(?:[-*+•]|\d{{1,3}}[.)])[ \t]+|{MARK.pattern})"
    rf"(?:(?P<bold>\*\*|__)[^\n*_]{{1,60}}(?:[:：](?P=bold)|(?P=bold)[^。！？.!?:：\n*_]{{0,30}}{ENDS})"
    rf"|`[^`\n]{{1,60}}`[^。！？.!?:：\n*_]{{0,30}}?{ENDS}|[^。！？.!?:：\n*_]{{1,20}}?{ENDS})?"
)


@dataclass(frozen=True, slots=True)
class Item:
    """An item taken apart, by code points of its line's text: marker and label, and the sentences below."""

    line: Line
    label: str
    sentences: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, line: Line) -> "Item | None":
        """Take an item apart; None for what is no item, or is one sentence."""
        match = _label(line)
        if match is None:
            return None
        sentences = tuple(sentence_spans(line.text, match.end()))
        return cls(line, line.text[: sentences[0][0]], sentences) if len(sentences) > 1 else None

    @property
    def said(self) -> list[tuple[str, int, int]]:
        """Each sentence below the label, and where it stands in the passage."""
        at = self.line.unit.start
        return [(self._below(start, end), at + start, at + end) for start, end in self.sentences]

    def begun(self, fit: Sequence[float], far: float) -> Line:
        """Return the line from the first sentence on that is at most `far` behind the best, as `fit` has it."""
        least = max(fit) - far
        first = next(place for place, value in enumerate(fit) if value >= least)
        while first and self._leans(first):
            first -= 1
        return replace(self.line, text=self._below(self.sentences[first][0])) if first else self.line

    def _below(self, start: int, end: int | None = None) -> str:
        return self.label + self.line.text[start:end]

    def _leans(self, place: int) -> bool:
        start, end = self.sentences[place]
        return rules("continuing").holds(normalise(plain(self.line.text[start:end])))


def named(line: Line) -> Line:
    """Return an item of several sentences by its label alone, for what hangs on it; any other as it is."""
    item = None if line.announces else Item.of(line)
    label = item.label.rstrip() if item else ""
    return replace(line, text=label) if label.endswith((":", "：", "**", "__")) else line


def label_of(line: Line) -> str:
    """Return what an item says it is about, without its marks; "" where it says nothing."""
    match = _label(line)
    return plain(match[0]).strip(" :：-–—") if match else ""


def _label(line: Line) -> re.Match[str] | None:
    return LABEL.match(line.text) if line.unit.kind == "list_item" and not line.reference else None
