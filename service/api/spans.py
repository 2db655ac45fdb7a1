"""What of an answer's text each citation stands for: the sentence, list item or block before its mark."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.api import contract
from service.check.harmless import apart

MARKS = re.compile(r"(?:[ \t]*\[\d+\])+")
NUMBER = re.compile(r"\[(\d+)\]")
BREAK = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Cited:
    """text[start:end], in code points, and its citation."""

    citation: contract.Citation
    start: int
    end: int


def cited_spans(text: str, citations: Sequence[contract.Citation]) -> list[Cited]:
    """Return the span of every mark, in the text's order; numbers in brackets that no citation has are text."""
    numbered = {citation.n: citation for citation in citations}
    outside = apart(text)  # an index in code is no mark
    spans: list[Cited] = []
    before = 0
    for marks in MARKS.finditer(text):
        if any(start <= marks.start() < end for start, end in outside):
            continue
        found = [numbered[n] for n in map(int, NUMBER.findall(marks[0])) if n in numbered]
        if not found:
            continue
        start, end = _trimmed(text, before, marks.start())
        spans += [Cited(citation, start, end) for citation in found]
        before = marks.end()
    return spans


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The last block between two places, without the white space around it."""
    end = start + len(text[start:end].rstrip())
    breaks = [match.end() for match in BREAK.finditer(text, start, end)]
    start = breaks[-1] if breaks else start
    return start + len(text[start:end]) - len(text[start:end].lstrip()), end
