"""Repair of UTF-8 that was once read as a single-byte encoding: `donâ€™t` -> `don’t`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.clean.report import Edit, edits

_LINE = re.compile(r"[^\n]*\n|[^\n]+")  # not splitlines: U+0085 is part of broken text
_FENCE = re.compile(r"(?:[ \t>]|[-*+] |[0-9]{1,9}[.)] )*+(`{3,}|~{3,})(.*)")
_TICKS = re.compile(r"`+")


def repair_mojibake(text: str) -> tuple[str, list[Edit]]:
    """Repair lines that ftfy finds broken, but not code, which may show mojibake on purpose."""
    from ftfy.badness import is_bad  # ftfy takes a tenth of a second to load, which who asks need not wait for

    lines: list[str] = []
    repaired: list[tuple[str, int]] = []
    position = 0
    for line, is_code in _lines(text):
        fixed = line if is_code or line.isascii() or not is_bad(line) else _repair_line(line)
        if fixed != line:
            repaired.append(("text in a wrong encoding repaired", position))
        lines.append(fixed)
        position += len(line)
    return "".join(lines), edits(text, repaired)


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each line with its line feed, and whether it belongs to a fenced code block."""
    fence = ""
    for match in _LINE.finditer(text):
        line = match[0]
        mark = _FENCE.match(line)
        if fence:
            yield line, True
            if mark and mark[1].startswith(fence) and not mark[2].strip():
                fence = ""
        elif mark and "`" not in mark[2]:
            fence = mark[1]
            yield line, True
        else:
            yield line, False


def _repair_line(line: str) -> str:
    from ftfy import TextFixerConfig, fix_encoding

    config = TextFixerConfig(replace_lossy_sequences=False)  # nothing that guesses: characters that are lost stay lost
    parts: list[str] = []
    end = 0
    for start, stop in _code_spans(line):
        parts += [fix_encoding(line[end:start], config), line[start:stop]]
        end = stop
    return "".join([*parts, fix_encoding(line[end:], config)])


def _code_spans(line: str) -> Iterator[tuple[int, int]]:
    """Pair each run of back-ticks with the next run of the same length (CommonMark 6.1), in linear time."""
    runs = [match.span() for match in _TICKS.finditer(line)]
    closing: list[int | None] = []
    nearest: dict[int, int] = {}
    for i, (start, stop) in reversed(list(enumerate(runs))):
        closing.append(nearest.get(stop - start))
        nearest[stop - start] = i
    closing.reverse()
    i = 0
    while i < len(runs):
        close = closing[i]
        if close is not None:
            yield runs[i][0], runs[close][1]
            i = close
        i += 1
