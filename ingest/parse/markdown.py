"""Parse Markdown into heading sections and the blocks that must stay whole.

Not a renderer: it finds what chunking and citing need (headings, fences, tables, formulas, list items), in
code-point offsets into the text as given. Block syntax follows CommonMark 0.31, with the exceptions that real
notes need: an unclosed fence is text (it would swallow the rest of the file), a table needs no separator row.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from ingest.parse.footnotes import DEFINITION, definition_end, marked
from ingest.parse.front_matter import front_lines, front_title
from ingest.parse.html import TAG, html_heading, texts
from ingest.parse.items import MARKER, items_of
from ingest.parse.lines import Line, lines_of
from ingest.parse.machinery import title_span
from ingest.parse.questions import LEVEL, question
from ingest.parse.raw import Raw, raw_blocks
from ingest.parse.simple_tables import simple_end
from ingest.parse.tables import is_bare, table_end

BlockKind = Literal["paragraph", "list_item", "quote", "code", "table", "formula", "note"]
HeadingRule = Callable[[str], tuple[int, str] | None]

ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]|$)")
# A line of a list of references.
REFERENCE = re.compile(r" {0,3}(?:\[(?:\d{1,4}|\^[\w-]{1,20})\]:?(?!\()|【\d{1,4}】|［\d{1,4}］)[ \t]*\S")
RULE = re.compile(r" {0,3}([-*_=])(?:[ \t]*\1){2,}[ \t]*$")
SETEXT = re.compile(r" {0,3}(?:=+|-{2,})[ \t]*")
NUMBERED = re.compile(r" {0,3}\d{1,3}[.)][ \t]+\S")
HIGH = 3  # lines of an underlined heading
NAME = re.compile(r"[\s_.-]+")  # between the words of a file's name
FOLDERS = {"index", "readme", "_index"}  # names of files that stand for their folders on the web and on code hosts
WORD = re.compile(r"[^\W\d_]{3}|[\u3400-\u9fff]")  # a number, a letter or two name nothing
EMPHASIS = re.compile(r"\*\*|__|(?<!`)`(?!`)")

LINKED = re.compile(r"!?\[([^\[\]]*)\]\((?:[^()]|\([^()]*\))*\)")
ATTRIBUTES = re.compile(r"\s*\{[#.:][^{}]*\}\s*$")  # Pandoc, kramdown


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of body text, half-open offsets; only paragraphs may be cut inside. A `note` is read at its mark."""

    kind: BlockKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Section:
    """The text between two headings; `start` is at the heading line, `body` after it."""

    heading_path: tuple[str, ...]
    level: int
    start: int
    body: int
    end: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: `sections` cover `text` without gaps; `warnings` name the line of what was malformed.

    `title` is its only level-1 heading, else that of its front matter, else what its file name says, "" for nothing.
    """

    name: str
    title: str
    text: str
    sections: tuple[Section, ...]
    warnings: tuple[str, ...]


def atx_heading(line: str) -> tuple[int, str] | None:
    """Return (level, title) of a `# heading`, None for any other line."""
    match = ATX.match(line)
    if not match:
        return None
    title = line[match.end() :].strip()
    opened = title.rstrip("#")
    if not opened or opened[-1].isspace():  # a closing run of marks, as in `## title ##`
        title = opened
    return len(match[1]), titled(title)


def titled(title: str) -> str:
    """Return a heading's words: without emphasis, attributes, tags, and where its links lead."""
    own = LINKED.sub(r"\1", ATTRIBUTES.sub("", title))
    own = own if "`" in own else TAG.sub(" ", own)
    return " ".join(EMPHASIS.sub("", own).rstrip("¶ \t").split()) or EMPHASIS.sub("", title).strip()


def parse(name: str, text: str, heading: HeadingRule = atx_heading) -> Document:
    """Parse `text`; `heading` decides which lines outside code, tables and formulas are headings.

    The only level-1 heading of a file is its title and stays out of the heading paths.
    """
    lines = list(lines_of(text))
    warnings: list[str] = []
    front = front_lines(lines)
    raw = raw_blocks(lines, warnings, front)
    headings = _headings(lines, front, raw, heading)
    first = [title for _, level, title, _ in headings if level == 1]
    title = first[0] if len(first) == 1 else front_title(lines) or spoken(name)
    named = frozenset(marked(text))
    sections: list[Section] = []
    path: list[tuple[int, str]] = []
    bounds = [(0, 0, "", front), *headings]
    for position, (index, level, label, height) in enumerate(bounds):
        stop = bounds[position + 1][0] if position + 1 < len(bounds) else len(lines)
        if level:
            path = [step for step in path if step[0] < level]
            if level > 1 or len(first) > 1:
                path.append((level, label))
        if position == 0 and stop == 0:
            continue
        body = min(index + height, len(lines))
        inner = {i - body: Raw(raw[i].kind, raw[i].stop - body) for i in range(body, stop) if i in raw}
        sections.append(
            Section(
                tuple(step[1] for step in path),
                level,
                lines[index].start if index < len(lines) else len(text),
                lines[body].start if body < len(lines) else len(text),
                lines[stop].start if stop < len(lines) else len(text),
                tuple(_blocks(text, lines[body:stop], inner, named)),
            )
        )
    return Document(name, title, text, tuple(sections), tuple(warnings))


def _headings(
    lines: list[Line], front: int, raw: dict[int, Raw], heading: HeadingRule
) -> list[tuple[int, int, str, int]]:
    """Return [(line, level, title, lines it takes)]."""
    found: list[tuple[int, int, str, int]] = []
    index = begin = front  # `begin`: where a paragraph can begin without a blank line above
    while index < len(lines):
        if index in raw:
            index = begin = raw[index].stop
            continue
        text = lines[index].text
        if rule := heading(text) or html_heading(text):
            found.append((index, *rule, 1))
            begin = index + 1
        elif asked := question(lines, index):
            found.append((index, LEVEL, titled(asked), 1))
            begin = index + 1
        elif height := _setext(lines, index) if index == begin or not index or lines[index - 1].blank else 0:
            title = " ".join(line.text.strip() for line in lines[index : index + height])
            level = 1 if "=" in lines[index + height].text else 2
            found.append((index, level, titled(title), height + 1))
            index += height
            begin = index + 1
        index += 1
    return found


def _setext(lines: list[Line], index: int) -> int:
    """Return how many lines an underlined heading takes that begins at `index`, 0 for none.

    Lines of dashes below several lines of text are rules in most notes, whatever CommonMark says; `=` is none, and
    what it underlines is a heading with a number rather than an item of a list.
    """
    for height in range(1, HIGH + 1):
        text = lines[index + height - 1].text
        below = lines[index + height].text if index + height < len(lines) else ""
        numbered = height == 1 and "=" in below and SETEXT.fullmatch(below) and NUMBERED.match(text)
        plain = text.strip() and lines[index + height - 1].indent <= 3 and (numbered or not MARKER.match(text))
        if not plain or text.lstrip().startswith(("|", ">", "-", "=", "#")) or index + height >= len(lines):
            return 0
        if SETEXT.fullmatch(below):
            return height if height == 1 or "=" in below else 0
    return 0


def spoken(name: str) -> str:
    """Return what a file is called in words: "docs/install_guide.md" is "install guide"; "" for a bare number.

    A file that stands for its folder is called as the folder is.
    """
    path = PurePosixPath(name)
    stem = NAME.sub(" ", path.parent.name if path.stem.lower() in FOLDERS else path.stem).strip()
    return stem if WORD.search(stem) else ""


def _blocks(text: str, lines: list[Line], raw: dict[int, Raw], named: Collection[str]) -> Iterator[Block]:
    items = items_of(lines, {i for start, each in raw.items() for i in range(start, each.stop)})
    index = 0
    while index < len(lines):
        line = lines[index]
        if line.blank or RULE.match(line.text) or (index in raw and raw[index].kind == "hidden"):
            index = raw[index].stop if index in raw else index + 1
            continue
        definition = DEFINITION.match(line.text) if index not in raw else None
        if definition and definition["label"] in named:
            stop = definition_end(lines, index)
            yield Block("note", line.start + line.indent, _end(lines, stop))
            index = stop
            continue
        if index not in raw and (title := title_span(line.text)):
            if title[0] < title[1]:
                yield Block("paragraph", line.start + title[0], line.start + title[1])
            index += 1
            continue
        kind, stop = _block(lines, index, raw, items)
        start, end = line.start + line.indent, _end(lines, stop)
        if kind == "paragraph":
            yield from (Block(kind, *span) for span in texts(text, start, end))
        else:
            yield Block(kind, start, end)
        index = stop


def _end(lines: list[Line], stop: int) -> int:
    """Where the text of the lines before `stop` ends."""
    last = next(lines[i] for i in range(stop - 1, -1, -1) if not lines[i].blank)
    return last.start + len(last.text.rstrip())


def _block(lines: list[Line], index: int, raw: dict[int, Raw], items: Collection[int]) -> tuple[BlockKind, int]:
    """Return the kind of the block that begins at `index` and the line after its last."""
    text = lines[index].text.lstrip()
    if index in raw:
        table: BlockKind = "table" if text[:6].lower() == "<table" else "paragraph"
        kinds: dict[str, BlockKind] = {"code": "code", "formula": "formula", "html": table}
        return kinds.get(raw[index].kind, "paragraph"), raw[index].stop
    if end := table_end(lines, index):
        return "table", end
    if text.startswith(">"):
        stop = next((i for i in range(index, len(lines)) if not lines[i].text.lstrip().startswith(">")), len(lines))
        return "quote", stop
    if index in items:
        return "list_item", _item_end(lines, index, raw, items)
    listed = REFERENCE.match(lines[index].text) is not None
    stop = index + 1
    while stop < len(lines) and not lines[stop].blank and not _starts_block(lines, stop, raw, items):
        if listed and REFERENCE.match(lines[stop].text):
            break
        stop += 1
    return "list_item" if listed and _numbered(lines, index, stop) else "paragraph", stop


def _numbered(lines: list[Line], index: int, stop: int) -> bool:
    """Whether a line with a number in brackets is one of a list; with none beside it, it may begin a sentence."""
    above = next((lines[i].text for i in range(index - 1, -1, -1) if not lines[i].blank), "")
    below = next((lines[i].text for i in range(stop, len(lines)) if not lines[i].blank), "")
    return bool(REFERENCE.match(above) or REFERENCE.match(below) or lines[index].text.lstrip().startswith("[^"))


def _starts_block(lines: list[Line], index: int, raw: dict[int, Raw], items: Collection[int]) -> bool:
    text = lines[index].text
    return (
        index in raw
        or index in items
        or text.lstrip().startswith(("|", ">"))
        or title_span(text) is not None
        or DEFINITION.match(text) is not None
        or RULE.match(text) is not None
        or is_bare(lines, index)
        or simple_end(lines, index) > 0
    )


def _item_end(lines: list[Line], index: int, raw: dict[int, Raw], items: Collection[int]) -> int:
    """A list item runs over its continuation lines and indented blocks, up to the next marker."""
    indent = lines[index].indent
    stop = index + 1
    while stop < len(lines):
        line = lines[stop]
        if stop in raw and line.indent > indent:
            stop = raw[stop].stop
        elif stop in raw or stop in items or (line.indent <= indent and RULE.match(line.text)):
            break
        elif line.blank:
            follow = next((i for i in range(stop, len(lines)) if not lines[i].blank), len(lines))
            if follow == len(lines) or lines[follow].indent <= indent or follow in items:
                break
            stop = follow
        elif line.indent > indent or not line.text.lstrip().startswith(("|", ">")):
            stop += 1
        else:
            break
    return stop
