"""Line ends, invisible characters and spaces that only look like spaces."""

from __future__ import annotations

import re

from ingest.clean.report import Edit, edits

# What stays: tabs, runs and trailing spaces (they mean something in Markdown and code), the ideographic
# space U+3000, and the joiners U+200C and U+200D, which emoji and some scripts need.
_KINDS = (
    (r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]", "line end made a line feed", "\n"),
    (r"[\xa0\u2007\u202f]", "non-breaking space made a space", " "),
    (r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]", "control character removed", ""),
    (r"[\xad\u200b\u2060\ufeff]", "invisible character removed", ""),
)
_ODD = re.compile("|".join(f"({pattern})" for pattern, _, _ in _KINDS))


def normalise_whitespace(text: str) -> tuple[str, list[Edit]]:
    found: list[tuple[str, int]] = []

    def replace(match: re.Match[str]) -> str:
        _, what, new = _KINDS[(match.lastindex or 1) - 1]
        found.append((what, match.start()))
        return new

    normal = _ODD.sub(replace, text)
    return normal, edits(text, found)
