"""What a heading calls its subject."""

import pytest

from service.language.headings import bare, headings_in, names


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("7. 采水温度", "采水温度"),
        ("2.3. Filters", "Filters"),
        ("b. Filters:", "Filters"),
        ("（三）滤芯", "滤芯"),
        ("一、滤芯：", "滤芯"),
        ("滤芯", "滤芯"),
        ("3D models", "3D models"),
        ("2024 年的水泵", "2024 年的水泵"),
    ],
)
def test_what_it_is_counted_by_is_no_part_of_its_name(heading: str, name: str) -> None:
    assert bare(heading) == name


def test_what_stands_in_brackets_is_another_name() -> None:
    assert names("7. 采水温度 (Temperature)") == ["采水温度", "Temperature"]
    assert names("Soft hoses / hard hoses") == ["Soft hoses", "hard hoses"]
    assert names("滤芯") == ["滤芯"]


def test_headings_are_lines_with_their_mark() -> None:
    assert headings_in("前文\n\n#### 7. 采水温度 ##\n\n#no heading\n## Filters\n") == ["7. 采水温度", "Filters"]
