"""CSV and TSV -> one table."""

from __future__ import annotations

import csv
import io
import re
from pathlib import PurePosixPath

from ingest.read.encoding import decode
from ingest.read.origin import Container, Origin
from ingest.read.reading import Limits, Reading, UnfitError
from ingest.read.web.tables import column_name, table_lines

SAMPLE = 8192
SEPARATOR = re.compile(r"\ufeff?sep=([,;\t|])\r?\n")  # what Excel writes above a table
LONGEST = 1 << 20  # characters of a cell


def read_csv(raw: bytes, name: str, limits: Limits) -> Reading:
    """Read a table whose first row is its head; raises UnfitError for one of more cells than the limit."""
    decoded = decode(raw)
    text, separator = decoded.text, SEPARATOR.match(decoded.text)
    if separator:
        text = text[separator.end() :]
    csv.field_size_limit(LONGEST)
    try:
        dialect = csv.Sniffer().sniff(text[:SAMPLE], delimiters=separator[1] if separator else ",;\t|")
    except csv.Error:
        dialect = csv.excel_tab if PurePosixPath(name).suffix.lower() == ".tsv" else csv.excel
    rows: list[list[str]] = []
    cells = 0
    try:
        for row in csv.reader(io.StringIO(text), dialect):
            cells += len(row)
            if cells > limits.cells:
                raise UnfitError(f"has more than {limits.cells:,} cells; split it or raise reading.cells")
            if any(cell.strip() for cell in row):
                rows.append(row)
    except csv.Error as error:
        raise UnfitError(f"not a table: {error}") from error
    lines = table_lines(rows)
    parts: list[Container] = []
    length = 0
    stem, last = PurePosixPath(name).stem, column_name(max((len(row) for row in rows), default=1))
    for number, line in enumerate(lines):
        if number != 1:
            at = max(1, number)
            parts.append(Container(length, length + len(line), "sheet", f"{stem}!A{at}:{last}{at}"))
        length += len(line) + 1
    warnings = (decoded.warning,) if decoded.warning else ()
    return Reading("\n".join(lines) + "\n", Origin(parts=tuple(parts)), warnings, decoded.encoding)
