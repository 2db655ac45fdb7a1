"""What is asked for by names side by side."""

import pytest

from service.write.keywords import keywords_of
from tests.support.packs import WORDS


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("水箱 滤芯", [{"水箱"}, {"滤芯"}]),
        ("水箱、滤芯, pump", [{"水箱"}, {"滤芯"}, {"pump"}]),
        ("水箱", []),
        ("水箱 滤芯 怎么换", []),
        ("pump 水箱", []),
        ("pump 水箱 滤芯", [{"pump"}, {"水箱"}, {"滤芯"}]),
        ("pump filter 水箱", [{"pump"}, {"filter"}, {"水箱"}]),
        ("pump 的水箱", []),
        ("vacuum pump 的水箱", []),
        ("水箱 滤芯？", []),
        ("pump or filter, which is better", []),
    ],
)
def test_names_side_by_side_are_keywords_and_questions_are_not(asked: str, names: list[set[str]]) -> None:
    assert keywords_of(asked, WORDS) == names
