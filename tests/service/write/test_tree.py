"""What hangs on what: items on their parents, lists on what announces them."""

import math

import pytest

from ingest.pack import none
from service.search.passages import Passage
from service.write.line import lines_of
from service.write.tree import SHARE, Tree

TEXT = "壶身是钢的。\n\n保养分两步：\n\n- 清洗：\n  - 用水\n  - 用刷子\n- 除垢\n- 擦干\n\n保修三年。"
#       0               1                 2         3        4         5      6          7


def whole(*keep: int, share: float = SHARE) -> list[int]:
    passage = Passage("c", None, "a.md", ("水壶",), 0, len(TEXT), TEXT, 1.0)
    return sorted(Tree.of(lines_of(0, passage, none().words)).whole(keep, share))


@pytest.mark.parametrize(
    ("keep", "given"),
    [
        ([0], [0]),
        ([7], [7]),
        ([5], [1, 5]),  # an item of three comes alone, below what announces it
        ([5, 6], [1, 2, 3, 4, 5, 6]),  # two of three bring the third, and that its own
        ([3], [1, 2, 3, 4]),  # one of two brings the other; both hang on their parent
        ([2], [1, 2, 3, 4]),
        ([1], [1, 2, 3, 4, 5, 6]),
    ],
)
def test_what_comes_with_what_is_kept(keep: list[int], given: list[int]) -> None:
    assert whole(*keep) == given


def test_where_no_list_is_wanted_items_do_not_bring_each_other() -> None:
    assert whole(5, 6, share=math.inf) == [1, 5, 6]


def test_where_the_whole_list_is_wanted_one_item_brings_it() -> None:
    assert whole(5, share=0.0) == [1, 2, 3, 4, 5, 6]
