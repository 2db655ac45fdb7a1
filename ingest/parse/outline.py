"""The star-rated question entries of an interview outline, on top of the Markdown parser."""

import re
from dataclasses import dataclass

from ingest.parse import markdown
from ingest.parse.markdown import Document

# Three forms are in use: `### ★★★★☆ **3. …**`, `★★★★☆ **15. …**` without a heading mark, `★★★☆☆ 19**. …**`.
# Possessive repeats keep a line of many blanks linear.
ENTRY = re.compile(r"(?:#{1,6}\s+)?(★{1,5}☆{0,4})\s++\**+\s*+(\d{1,3})\s*+\**+\s*+\.\s*+\**+\s*+(\S.*)$")
SECTION = re.compile(r"(\d{1,3})\.\s*(\S.*)$")
ENTRY_LEVEL = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One question of the outline; `start:end` spans its line and answer, which begins at `body`."""

    id: str  # section.number, as in "3.8"
    document: str
    section: int
    section_title: str
    number: int
    stars: int
    question: str
    answered: bool
    start: int
    body: int
    end: int


def heading(line: str) -> tuple[int, str] | None:
    """Heading rule for outlines: an entry line is a level-3 heading whether it has a `#` or not."""
    if match := ENTRY.match(line):
        return ENTRY_LEVEL, match[3].rstrip().rstrip("*").rstrip()
    return markdown.atx_heading(line)


def parse(name: str, text: str) -> tuple[Document, tuple[Entry, ...]]:
    """Parse a file and the entries in it; a file without star-rated lines has none."""
    document = markdown.parse(name, text, heading)
    entries: list[Entry] = []
    sections = document.sections
    for index, section in enumerate(sections):
        match = ENTRY.match(text[section.start : section.body].rstrip("\r\n"))
        parent = SECTION.match(section.heading_path[0]) if len(section.heading_path) > 1 else None
        if section.level != ENTRY_LEVEL or not match or not parent:
            continue
        later = range(index + 1, len(sections))
        stop = next((i for i in later if sections[i].level <= ENTRY_LEVEL), len(sections))
        inside = sections[index:stop]
        entries.append(
            Entry(
                id=f"{int(parent[1])}.{int(match[2])}",
                document=name,
                section=int(parent[1]),
                section_title=parent[2].strip(),
                number=int(match[2]),
                stars=match[1].count("★"),
                question=section.heading_path[-1],
                answered=any(block.kind != "note" for part in inside for block in part.blocks),
                start=section.start,
                body=section.body,
                end=inside[-1].end,
            )
        )
    return document, tuple(entries)
