import pytest

from ingest.chunk.units import units_of
from ingest.parse.markdown import parse
from ingest.parse.simple_tables import piped
from ingest.parse.tables import table_head

ALIGNED = """  Right     Left     Center     Default
-------     ------ ----------   -------
     12     12        12            12
    123     123       123          123
      1                             1"""
WIDE = """设备      功率    备注
--------  ------  ----------
水泵      11 kW   两年一换
冷却塔    7 kW    a|b
--------  ------  ----------"""


def blocks(text: str) -> list[tuple[str, str]]:
    return [
        (block.kind, text[block.start : block.end]) for part in parse("a.md", text).sections for block in part.blocks
    ]


@pytest.mark.parametrize("table", [ALIGNED, WIDE])
@pytest.mark.parametrize("above", ["", "Values:\n", "Values.\n\n"])
def test_a_simple_table_is_a_table(table: str, above: str) -> None:
    assert blocks(f"{above}{table}\n\nTable: demo.\n")[-2:] == [
        ("table", table.lstrip()),
        ("paragraph", "Table: demo."),
    ]


def test_it_is_taken_row_by_row() -> None:
    document = parse("a.md", WIDE)
    rows = [WIDE[unit.start : unit.end] for unit in units_of(document, document.sections[0], 10)]
    assert rows == [WIDE[: table_head(WIDE)], "水泵      11 kW   两年一换", "冷却塔    7 kW    a|b"]


@pytest.mark.parametrize("table", [ALIGNED, ALIGNED.lstrip(), ALIGNED.replace("\n", "\r\n")])
def test_its_columns_are_those_of_its_dashes(table: str) -> None:
    assert piped(table).split("\n") == [
        "| Right | Left | Center | Default |",
        "|---|---|---|---|",
        "| 12 | 12 | 12 | 12 |",
        "| 123 | 123 | 123 | 123 |",
        "| 1 |  |  | 1 |",
    ]


def test_wide_characters_take_two_columns_and_pipes_in_cells_are_no_borders() -> None:
    assert piped(WIDE).split("\n")[2:] == ["| 水泵 | 11 kW | 两年一换 |", "| 冷却塔 | 7 kW | a\\|b |"]


@pytest.mark.parametrize("row", ["   123    40", "123    40"])
def test_a_row_whose_beginning_was_cut_off_is_read_by_its_columns(row: str) -> None:
    assert piped(f"Volume  Mass\n------  ----\n{row}").endswith("| 123 | 40 |")


@pytest.mark.parametrize(
    "text",
    [
        "A sentence above.\n---- ----\nAnd another below it.",
        "one two\n--- ---",
        "one two\n--- ---\n\nthree four",
        "alone\n----- ---\na     b",
        "--- ---\n--- ---\n1   2",
        "a  b\n- -\n1  2",
    ],
)
def test_what_is_no_such_table(text: str) -> None:
    assert "table" not in {kind for kind, _ in blocks(text)}


def test_other_text_has_no_pipes_put_in() -> None:
    for text in ("| a | b |\n|---|---|\n| 1 | 2 |", "a sentence", "two\nlines", ""):
        assert piped(text) == text
