"""The tables of published figures in the README and the documents, written between markers."""

import re
from pathlib import Path

from eval.repro.expected import Expected, ExpectedError, Language, in_language

ROOT = Path(__file__).parents[2]
_MARKED = re.compile(r"(<!-- figures: ([\w-]+) -->\n).*?(<!-- end -->\n)", re.DOTALL)


def with_tables() -> list[Path]:
    """Return the pages that have such a table."""
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    return sorted(path for path in files if _MARKED.search(path.read_text("utf-8")))


def language(page: Path) -> Language:
    return "zh" if page.name.endswith(".zh.md") else "en"


def fill(text: str, expected: Expected, language: Language) -> str:
    """Return a page with its tables as the figures have them; raises ExpectedError for an unknown table."""

    def table(marker: re.Match[str]) -> str:
        if marker[2] not in expected.tables:
            raise ExpectedError(f"no table {marker[2]!r}; there are {', '.join(expected.tables)}")
        layout = expected.tables[marker[2]]
        head = in_language(layout.head, language)
        lines = [f"| {head} |", "|---" * (head.count(" | ") + 1) + "|"]
        for row in (expected.figures[name] for name in layout.rows):
            lines.append("| " + " | ".join(row.cell(cell, language) for cell in layout.cells) + " |")
        return marker[1] + "\n".join(lines) + "\n" + marker[3]

    return _MARKED.sub(table, text)
