"""An HTML tree -> Markdown, with the anchors that its headings have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from lxml import etree, html

from ingest.read.origin import Container
from ingest.read.web.formulas import latex_of
from ingest.read.web.tables import joined_head, table_lines

HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
NO_CONTENT = {
    "script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "canvas", "button", "select",
    "input", "textarea", "head", "audio", "video", "map", "dialog",
}  # fmt: skip
BLOCKS = {
    "p", "div", "section", "article", "main", "header", "footer", "aside", "nav", "ul", "ol", "li", "dl", "dt", "dd",
    "table", "pre", "blockquote", "figure", "figcaption", "hr", "form", "fieldset", "details", "summary", "address",
    "center", "body", "html", "caption", "tr", "td", "th", *HEADINGS,
}  # fmt: skip
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])", re.IGNORECASE)
LEADING = re.compile(r"(?=[#>|~]|[-+*=]\s|`{3}|-{3,}|={3,}|\d{1,3}[.)]\s)")
TAG = re.compile(r"<(?=[A-Za-z/!?])")
SPACES = re.compile(r"[ \t\r\n\f\xa0]+")
DEEP = 150  # elements within each other; what is deeper is text
LANGUAGE = re.compile(r"(?:language|lang|highlight-source)-([\w+#-]+)")
MOST_SPAN = 100  # columns or rows that a cell may span
MOST_REPEATED = 20_000  # cells of a table that may be repeated for those that span several

Dropped = Callable[[etree._Element], bool]


@dataclass(slots=True)
class Lines:
    """Markdown as it grows: lines, how long they are together, and where headings with anchors begin."""

    lines: list[str] = field(default_factory=list)
    length: int = 0
    anchors: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: str = "") -> None:
        self.lines.append(line)
        self.length += len(line) + 1

    def parted(self) -> None:
        """Add a blank line, but no second one."""
        if self.lines and self.lines[-1]:
            self.add()


def markdown_of(root: etree._Element, dropped: Dropped = lambda _: False) -> tuple[str, tuple[Container, ...]]:
    """Return the Markdown of what a tree shows, but for elements to be `dropped`, and its anchors."""
    page = Lines()
    _Walk(page, dropped).block(root, "", 0)
    text = "\n".join(page.lines).rstrip("\n") + "\n"
    ends = [*(start for start, _ in page.anchors[1:]), len(text)][: len(page.anchors)]
    return text, tuple(
        Container(start, end, "anchor", name) for (start, name), end in zip(page.anchors, ends, strict=True) if name
    )


def is_hidden(element: etree._Element) -> bool:
    """Whether a reader is not shown it."""
    if element.get("hidden") is not None or HIDDEN.search(element.get("style", "")):
        return True
    return bool(element.get("aria-hidden") == "true" and element.tag != "math")


@dataclass(slots=True)
class _Walk:
    page: Lines
    dropped: Dropped

    def block(self, element: etree._Element, indent: str, depth: int) -> None:
        """Write an element's blocks, with the text between them as paragraphs."""
        pending: list[str] = [TAG.sub(_untagged, element.text or "")]
        for child in element:
            if self._is_block(child) and depth < DEEP:
                self._paragraph("".join(pending), indent)
                pending = []
                self._write(child, indent, depth + 1)
            else:
                pending.append(self.inline(child, depth))
            pending.append(TAG.sub(_untagged, child.tail or ""))
        self._paragraph("".join(pending), indent)

    def _is_block(self, element: etree._Element) -> bool:
        if not isinstance(element.tag, str) or element.tag in NO_CONTENT:
            return False
        return element.tag in BLOCKS or (element.tag not in ("math", "a", "span") and self._holds_block(element))

    def _holds_block(self, element: etree._Element) -> bool:
        return any(isinstance(child.tag, str) and child.tag in BLOCKS for child in element)

    def _write(self, element: etree._Element, indent: str, depth: int) -> None:
        if is_hidden(element) or self.dropped(element):
            return
        tag = element.tag
        if tag in HEADINGS:
            self._heading(element, depth)
        elif tag in ("ul", "ol"):
            self._list(element, indent, depth)
        elif tag == "table":
            self._table(element, indent, depth)
        elif tag == "pre" or "mermaid" in element.get("class", "").split():
            self._code(element, indent)
        elif tag == "blockquote":
            self._quote(element, indent, depth)
        elif tag == "hr":
            self.page.parted()
        elif tag in ("dt", "summary", "figcaption", "caption"):
            self._paragraph(self._inside(element, depth), indent)
        else:
            self.block(element, indent, depth)

    def _paragraph(self, text: str, indent: str) -> None:
        lines = [SPACES.sub(" ", line).strip() for line in text.split("\v")]
        lines = [line for line in lines if line]
        if lines:
            self.page.parted()
            for line in lines:
                self.page.add(indent + LEADING.sub(r"\\", line, count=1) if LEADING.match(line) else indent + line)
            self.page.add()

    def _heading(self, element: etree._Element, depth: int) -> None:
        text = SPACES.sub(" ", self._inside(element, depth).replace("\v", " ")).strip(" ¶#")
        if not text:
            return
        self.page.parted()
        named = [element, *element.iter("a", "span"), element.getparent()]
        name = next((each.get("id") or each.get("name") for each in named if each is not None and
                     (each.get("id") or each.get("name"))), "")  # fmt: skip
        self.page.anchors.append((self.page.length, name or ""))
        self.page.add(f"{'#' * int(element.tag[1])} {text}")
        self.page.add()

    def _list(self, element: etree._Element, indent: str, depth: int) -> None:
        self.page.parted() if not indent else None
        number = int(start) if (start := element.get("start", "1")).isdecimal() else 1
        for item in element:
            if item.tag != "li":
                if self._is_block(item):
                    self._write(item, indent, depth + 1)
                continue
            if is_hidden(item) or self.dropped(item):
                continue
            mark = f"{number}. " if element.tag == "ol" else "- "
            number += 1
            inner = _Walk(Lines(), self.dropped)
            inner.block(item, "", depth + 1)
            lines = inner.page.lines
            while lines and not lines[-1]:
                lines.pop()
            if not lines:
                continue
            kept = lines if "```" in "".join(lines) else [line for line in lines if line]
            self.page.add(indent + mark + kept[0].lstrip("\\" if kept[0].startswith("\\-") else ""))
            for line in kept[1:]:
                self.page.add(indent + " " * len(mark) + line if line else "")
        self.page.parted()

    def _table(self, element: etree._Element, indent: str, depth: int) -> None:
        rows = [row for row in element.iter("tr") if next(row.iterancestors("table")) is element]
        cells = [[cell for cell in row if cell.tag in ("td", "th")] for row in rows if not is_hidden(row)]
        cells = [row for row in cells if row]
        if element.get("role") == "presentation" or max(map(len, cells), default=0) < 2 or len(cells) < 2:
            for cell in (cell for row in cells for cell in row):
                self.block(cell, indent, depth)
            return
        for caption in element.findall("caption"):
            self._paragraph(self._inside(caption, depth), indent)
        self.page.parted()
        shown = list(_spread(cells, lambda cell: self._inside(cell, depth).replace("\v", " ")))
        heads = next((i for i, row in enumerate(cells) if any(map(_is_body, row))), 1)
        for line in table_lines(joined_head(shown, heads)):
            self.page.add(indent + line)
        self.page.add()

    def _code(self, element: etree._Element, indent: str) -> None:
        text = "".join(element.itertext()).strip("\n")
        if not text.strip():
            return
        classes = " ".join(each.get("class", "") for each in (element, *element.iter("code"), element.getparent())
                           if each is not None)  # fmt: skip
        drawn = "mermaid" if "mermaid" in classes.split() else ""
        language = match[1] if (match := LANGUAGE.search(classes)) else drawn
        longest = max((len(run) for run in re.findall("`+", text)), default=0)
        fence = "`" * max(3, longest + 1)
        self.page.parted()
        for line in [fence + language, *text.split("\n"), fence]:
            self.page.add(indent + line.replace("\r", ""))
        self.page.add()

    def _quote(self, element: etree._Element, indent: str, depth: int) -> None:
        inner = _Walk(Lines(), self.dropped)
        inner.block(element, "", depth + 1)
        self.page.parted()
        while inner.page.lines and not inner.page.lines[-1]:
            inner.page.lines.pop()
        for line in inner.page.lines:
            self.page.add(f"{indent}> {line}".rstrip())
        self.page.add()

    def _inside(self, element: etree._Element, depth: int) -> str:
        """Return all text of an element on one line; `\\v` stands for a break."""
        pieces = [TAG.sub(_untagged, element.text or "")]
        for child in element:
            pieces.append(self.inline(child, depth + 1))
            pieces.append(TAG.sub(_untagged, child.tail or ""))
        return "".join(pieces)

    def inline(self, element: etree._Element, depth: int) -> str:
        tag = element.tag
        if not isinstance(tag, str) or (tag in NO_CONTENT and not _is_tex(element)) or is_hidden(element):
            return ""
        if self.dropped(element):
            return ""
        if tag == "br":
            return "\v"
        if tag == "img":
            return f" {element.get('alt', '').strip()} "
        if tag == "math" or _is_tex(element):
            formula = latex_of(element) if tag == "math" else (element.text or "").strip()
            return f"${formula}$" if formula else ""
        if depth > DEEP:
            return "".join(element.itertext())
        inside = self._inside(element, depth)
        if tag in ("code", "kbd", "samp", "tt") and inside.strip():
            text = "".join(element.itertext())
            mark = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
            return f"{mark}{SPACES.sub(' ', text).strip()}{mark}"
        if tag in ("strong", "b") and inside.strip():
            return f"**{inside.strip()}**" + (" " if inside[-1:].isspace() else "")
        if tag == "sup" and inside.strip().isalnum() and len(inside.strip()) < 4:
            return f"<sup>{inside.strip()}</sup>"
        return f" {inside} " if tag in BLOCKS else inside


def _is_body(cell: etree._Element) -> bool:
    return bool(cell.tag == "td") and next(cell.iterancestors("thead"), None) is None


def _untagged(match: re.Match[str]) -> str:
    """Keep what looks like a tag, and is text, from being one."""
    return "<\\" if match.string[match.end() : match.end() + 1] == "!" else "\\<"


def _is_tex(element: etree._Element) -> bool:
    return bool(element.tag == "script" and element.get("type", "").startswith("math/tex"))


def _spread(rows: Sequence[Sequence[etree._Element]], text: Callable[[etree._Element], str]) -> Iterable[list[str]]:
    """Repeat what spans several columns or rows in each of them."""
    held: dict[int, tuple[int, str]] = {}  # column -> rows left, text
    budget = MOST_REPEATED
    for row in rows:
        line: list[str] = []
        waiting = list(row)
        while waiting or len(line) in held:
            column = len(line)
            if column in held:
                left, value = held.pop(column)
                if left > 1:
                    held[column] = (left - 1, value)
                line.append(value)
                continue
            cell = waiting.pop(0)
            value = text(cell)
            across, down = (min(_number(cell.get(name)), MOST_SPAN) for name in ("colspan", "rowspan"))
            budget -= across * down - 1
            if budget < 0:
                across = down = 1
            for step in range(across):
                if down > 1:
                    held[column + step] = (down - 1, value)
                line.append(value)
        yield line


def _number(value: str | None) -> int:
    return max(1, int(value)) if value and value.isdecimal() and len(value) < 5 else 1


def parsed(raw: bytes, encoding: str | None = None) -> etree._Element | None:
    """Parse HTML as browsers do, without a look at anything outside; None where there is nothing in it."""
    parser = html.HTMLParser(encoding=encoding, no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        return html.document_fromstring(raw, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
