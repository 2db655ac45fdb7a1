"""Lines that say the same are said once, and of nearly equal ones those that the question names."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from ingest.clean.duplicates import plain_form
from service.language.claims import plain
from service.language.rule import rules
from service.search.naming import Naming, Spot, crowds
from service.search.passages import Passage
from service.write.line import Line

# Punctuation that a sentence can lose; not a point within a number, a sign, or an operator.
_PUNCTUATION = re.compile(r"[，。；：、！？“”‘’（）《》,;:!?\"'()]|\.(?!\d)")


def said_once(naming: Naming, question: str, lines: Sequence[Line], passages: Sequence[Passage]) -> list[Line]:
    """Leave out, of nearly equal lines under different headings, what another outdoes or says already.

    Who says the same is cited beside. A line that others hang on stays with them; one that only announces a list says
    nothing, and stands over each.
    """
    kept: list[Line | None] = list(lines)
    saying = [i for i, line in enumerate(lines) if not line.announces]
    for near in crowds([lines[i].text for i in saying]):
        crowd = [saying[place] for place in near]
        members = [lines[i] for i in crowd]
        named = naming.distinguish(question, [_spot(line, passages[line.passage]) for line in members])
        firsts: dict[object, int] = {}
        for i, line, own in zip(crowd, members, named, strict=True):
            others = zip(members, named, strict=True)
            if any(other.outdoes(own) and _home(line, passages) != _home(one, passages) for one, other in others):
                kept[i] = None
            elif (first := firsts.setdefault((own, _said(line.text)), i)) != i:
                held = kept[first]
                if held and _home(held, passages) != _home(line, passages):
                    kept[first], kept[i] = replace(held, also=(*held.also, line.quote(passages))), None
    return _whole(lines, kept)


def _whole(lines: Sequence[Line], kept: Sequence[Line | None]) -> list[Line]:
    """Put back what a line that stays hangs on."""
    whole: list[Line] = []
    for line, left in zip(reversed(lines), reversed(kept), strict=True):
        if left or (whole and _carries(line, whole[-1])):
            whole.append(left or line)
    return whole[::-1]


def _carries(line: Line, after: Line) -> bool:
    follows = line.passage == after.passage and line.index + 1 == after.index
    return follows and (after.unit.glued or after.unit.indent > line.unit.indent)


def _said(text: str) -> str:
    """What a line says: without markup, punctuation, and words that carry nothing."""
    bare = _PUNCTUATION.sub(" ", rules("filler").blank(plain(text)))
    return plain_form(" ".join(bare.split()))


def _home(line: Line, passages: Sequence[Passage]) -> tuple[str, ...]:
    passage = passages[line.passage]
    return (passage.document, *passage.heading_path, *line.headings)


def _spot(line: Line, passage: Passage) -> Spot:
    return Spot(" / ".join((PurePosixPath(passage.document).stem, *passage.heading_path, *line.headings)), line.text)
