"""The entries of the outline with their places, for corpora and questions made from it; ingest has its own parser."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

_SECTION = re.compile(r"^## (\d+)\. ")
_ENTRY = re.compile(r"^(?:### )?[★☆]{5} \**(\d+)\**\. *\**(.*?)\**\s*$")
_CODE = re.compile(r"^(`{3,}|~{3,}).*?^\1\s*$", re.MULTILINE | re.DOTALL)


class OutlineError(Exception):
    """A file that is no outline with star-rated entries; the text names it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One question of the outline: text[start:end] of it is the title line and `answer`, in code points."""

    id: str  # section.number, as in "3.8"
    section: int
    title: str
    answer: str  # without the title; "" when the outline gives none
    start: int
    end: int


def load(path: Path) -> tuple[str, list[Entry]]:
    """Read an outline: its text and its entries; raises OutlineError."""
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OutlineError(f"cannot read the outline: {error}") from error
    entries = parse(text)
    if not entries:
        raise OutlineError(f"{path} has no entry of the form `### ★★★★☆ **3. title**` below a `## 1. section`")
    return text, entries


def parse(text: str) -> list[Entry]:
    """Return the entries in order; one ends at the next, or at the next section."""
    code = [match.span() for match in _CODE.finditer(text)]
    opened: list[tuple[int, int, str, int, int]] = []  # section, number, title, start, where the answer starts
    stops: list[int] = []
    section, at = 0, 0
    for line in text.splitlines(keepends=True):
        start, at = at, at + len(line)
        if any(a < start < b for a, b in code):
            continue
        if title := _SECTION.match(line):
            section = int(title[1])
            stops.append(start)
        elif section and (title := _ENTRY.match(line)):
            opened.append((section, int(title[1]), title[2].strip(), start, at))
            stops.append(start)
    ends = dict(pairwise([*stops, len(text)]))
    return [Entry(f"{s}.{n}", s, title, text[body : ends[a]].strip(), a, ends[a]) for s, n, title, a, body in opened]


def without(text: str, entries: Collection[Entry]) -> str:
    """Return an outline's text less the entries, titles and answers."""
    parts, at = [], 0
    for entry in sorted(entries, key=lambda each: each.start):
        parts.append(text[at : entry.start])
        at = entry.end
    return "".join([*parts, text[at:]])
