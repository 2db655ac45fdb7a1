"""Tables of figures between their markers; what stands around them stays."""

from pathlib import Path

import pytest

from eval.repro.expected import Expectation, Expected, ExpectedError, Layout
from eval.repro.pages import fill, language

ROW = Expectation("hit", {"en": "first", "zh": "第一"}, "make x", "d", {"n": (3, 0)}, "{n:.0f} | ok", "m", "2026-11-28")
EXPECTED = Expected(
    {"hit": ROW}, {"one": Layout({"en": "what | measured | and", "zh": "项目 | 实测 | 和"}, ["what", "text"], ["hit"])}
)
PAGE = "before\n\n<!-- figures: one -->\nold\n<!-- end -->\n\nafter\n"


def test_a_table_is_written_between_its_markers() -> None:
    table = "| what | measured | and |\n|---|---|---|\n| first | 3 | ok |\n"
    written = f"before\n\n<!-- figures: one -->\n{table}<!-- end -->\n\nafter\n"
    assert fill(PAGE, EXPECTED, "en") == written
    assert fill(written, EXPECTED, "en") == written
    assert "| 第一 | 3 | ok |" in fill(PAGE, EXPECTED, language(Path("README.zh.md")))


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(ExpectedError, match="no table 'two'; there are one"):
        fill(PAGE.replace("one", "two"), EXPECTED, "en")
