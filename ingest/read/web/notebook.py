"""Jupyter notebooks -> Markdown: text and code in order, what a cell printed below it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.read.origin import Container, Origin
from ingest.read.reading import Limits, Reading, UnfitError
from ingest.read.web.markdown import markdown_of, parsed

MOST_OUTPUT = 4000  # characters of one output
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def read_notebook(raw: bytes, name: str, limits: Limits) -> Reading:
    """Read a notebook of any version of the format; raises UnfitError where it is none."""
    try:
        book = json.loads(raw.decode("utf-8-sig"))
        sheets = book.get("worksheets") or [book]  # before version 4 cells stood in worksheets
        cells = [cell for sheet in sheets for cell in sheet["cells"]]
        language = book.get("metadata", {}).get("kernelspec", {}).get("language") or "python"
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnfitError(f"not a notebook that can be read ({type(error).__name__}: {error})"[:200]) from error
    pieces: list[str] = []
    parts: list[Container] = []
    length = 0
    left: list[str] = []
    for number, cell in enumerate(cells, 1):
        text = "\n\n".join(filter(None, _cell(cell, language, left))).strip("\n")
        if text:
            parts.append(Container(length, length + len(text), "cell", str(number)))
            pieces.append(text)
            length += len(text) + 2
    pictures = (f"{len(left)} pictures of outputs left out",) if left else ()
    return Reading("\n\n".join(pieces) + "\n", Origin(parts=tuple(parts)), pictures)


def _cell(cell: Mapping[str, Any], language: str, left: list[str]) -> Iterator[str]:
    source = _joined(cell.get("source", cell.get("input", "")))
    match cell.get("cell_type"):
        case "markdown":
            yield source
        case "heading":  # before version 4
            yield f"{'#' * int(cell.get('level', 1))} {source}"
        case "code" if source.strip():
            yield _fenced(source, language)
            for output in cell.get("outputs", ()):
                yield _output(output, left)


def _output(output: Mapping[str, Any], left: list[str]) -> str:
    if output.get("output_type") in ("pyerr", "error"):
        return ""
    data = output.get("data", output)
    if "text/markdown" in data:
        return _joined(data["text/markdown"])
    if "text/latex" in data:
        return _joined(data["text/latex"])
    if "text/html" in data:
        root = parsed(_joined(data["text/html"]).encode(), "utf-8")
        return markdown_of(root)[0] if root is not None else ""
    left += [kind for kind in data if kind.startswith("image/")][:1]
    text = COLOURS.sub("", _joined(data.get("text", data.get("text/plain", ""))))
    return _fenced(text[:MOST_OUTPUT], "text") if text.strip() and "image/png" not in data else ""


def _joined(source: Any) -> str:
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _fenced(text: str, language: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
