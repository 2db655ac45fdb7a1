from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.read.origin import NOWHERE, Container, Origin, Stretch


def line(start: int, text: str, top: float = 0.0, page: int = 1) -> Stretch:
    """A line whose characters are 10 points wide each."""
    return Stretch(start, page, "right", top, top + 12, array("f", (10.0 * i for i in range(len(text) + 1))))


def test_boxes_of_a_quote_over_lines_and_pages() -> None:
    origin = Origin((line(0, "abc"), line(3, "def", 20), line(6, "ghi", page=2)))
    first, second = origin.pages(1, 8)
    assert (first.page, first.boxes) == (1, ((10, 0, 30, 12), (0, 20, 30, 32)))
    assert (second.page, second.boxes) == (2, ((0, 0, 20, 12),))
    assert origin.pages(9, 12) == ()


def test_stretches_that_touch_on_a_line_are_one_box() -> None:
    right = Stretch(4, 1, "right", 0, 12, array("f", (30, 40, 50)))
    assert Origin((line(0, "abc"), right)).pages(0, 6)[0].boxes == ((0, 0, 50, 12),)


def test_text_upwards_has_its_box_across() -> None:
    up = Stretch(0, 1, "up", 5, 17, array("f", (100, 90, 80)))
    assert up.box(0, 1) == (5, 90, 17, 100)


def test_rows_of_a_sheet_that_follow_each_other_are_one_part() -> None:
    parts = tuple(Container(10 * i, 10 * i + 9, "sheet", f"A!B!A{i + 1}:C{i + 1}") for i in range(3))
    other = Container(30, 39, "sheet", "A!B!A9:D9")
    assert [part.name for part in Origin(parts=(*parts, other)).within(5, 35)] == ["A!B!A1:C3", "A!B!A9:D9"]


def test_places_move_with_the_text() -> None:
    before, after = "first\nsecret 12345 end\nlast\n", "first\nsecret [id] end\nlast\n"
    origin = Origin(
        (line(0, "first"), line(6, "secret 12345 end", 20), line(23, "last", 40)), (Container(6, 22, "cell", "1"),)
    )
    moved = origin.moved(before, after)
    start = after.index("end")
    assert moved.pages(start, start + 3)[0].boxes == ((130, 20, 160, 32),)
    start = after.index("last")
    assert moved.pages(start, start + 4)[0].boxes == ((0, 40, 40, 52),)
    assert moved.pages(after.index("[id]"), after.index("[id]") + 4) == ()
    assert after[moved.parts[0].start : moved.parts[0].end] == "secret [id] end"
    assert NOWHERE.moved(before, after) is NOWHERE


@given(st.text("ab\n", max_size=30), st.text("ab\n", max_size=30))
def test_what_has_moved_is_the_same_character(before: str, after: str) -> None:
    origin = Origin((line(0, before),) if before else ())
    for stretch in origin.moved(before, after).stretches:
        for at in range(stretch.start, stretch.end):
            assert after[at] == before[round(stretch.edges[at - stretch.start] / 10)]


def test_json_and_back_is_the_same_to_a_hundredth_of_a_point() -> None:
    origin = Origin((line(0, "abc"),), (Container(0, 3, "slide", "1"),))
    assert Origin.from_json(origin.to_json()) == origin
    with pytest.raises(KeyError):
        Origin.from_json({})
