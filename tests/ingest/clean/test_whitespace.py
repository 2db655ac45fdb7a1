import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.clean.report import Edit
from ingest.clean.whitespace import normalise_whitespace


def test_each_kind_is_counted_with_its_lines() -> None:
    text = "\ufeffa\r\nb\rc\u2028d\n\u200be\xa0f\x07\n"
    assert normalise_whitespace(text) == (
        "a\nb\nc\nd\ne f\n",
        [
            Edit("invisible character removed", 2, (1, 3)),
            Edit("line end made a line feed", 3, (1, 2)),
            Edit("non-breaking space made a space", 1, (3,)),
            Edit("control character removed", 1, (3,)),
        ],
    )


@pytest.mark.parametrize("text", ["  \n    \n\n\n\ttab  \n", "　全角空格", "👨\u200d👩\u200d👧 می\u200cخواهم", "注意"])
def test_leaves_what_means_something(text: str) -> None:
    assert normalise_whitespace(text) == (text, [])


@given(st.text())
def test_a_second_time_changes_nothing(text: str) -> None:
    normal, _ = normalise_whitespace(text)
    assert normalise_whitespace(normal) == (normal, [])
