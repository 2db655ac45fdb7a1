"""What was asked goes first; what leans on what stands before it stays."""

from ingest.pack import none
from service.search.passages import Passage
from service.write.line import Line, lines_of
from service.write.order import direct

WORDS = none().words


def lines(text: str) -> list[Line]:
    passage = Passage("c", None, "a.md", ("水壶",), 0, len(text), text, 1.0)
    return lines_of(0, passage, WORDS)


def ordered(text: str, best: str) -> list[str]:
    own = lines(text)
    return [line.text for line in direct(own, {line.place: float(best in line.text) for line in own})]


PLAIN = "壶身是钢的。\n\n壶盖是铜的。\n\n容量为两升。\n\n保修三年。"


def test_a_paragraph_goes_before_the_others() -> None:
    assert ordered(PLAIN, "保修") == ["保修三年。", "壶身是钢的。", "壶盖是铜的。", "容量为两升。"]


def test_what_is_among_the_first_two_stays() -> None:
    assert ordered(PLAIN, "壶盖") == ["壶身是钢的。", "壶盖是铜的。", "容量为两升。", "保修三年。"]


def test_what_leans_on_the_one_before_takes_it_along() -> None:
    text = PLAIN + "\n\n因此不必保养。"
    assert ordered(text, "因此")[:3] == ["保修三年。", "因此不必保养。", "壶身是钢的。"]


def test_an_item_of_bullets_goes_first_behind_what_announces_them() -> None:
    text = "壶身是钢的。\n\n有三种颜色：\n\n- 红的\n- 蓝的\n  - 浅蓝\n- 绿的"
    assert ordered(text, "蓝的") == ["有三种颜色：", "- 蓝的", "- 浅蓝", "- 红的", "- 绿的", "壶身是钢的。"]


def test_an_item_within_an_item_goes_first_among_its_own() -> None:
    text = "1. 颜色：\n   - 红的\n   - 蓝的\n   - 绿的\n2. 容量为两升"
    assert ordered(text, "绿的") == ["1. 颜色：", "- 绿的", "- 红的", "- 蓝的", "2. 容量为两升"]


def test_steps_stay_in_their_order() -> None:
    text = "1. 加水\n2. 插电\n3. 煮沸\n4. 倒出"
    assert ordered(text, "煮沸") == text.split("\n")


def test_a_section_goes_first_with_all_that_is_in_it() -> None:
    text = "### 外观\n\n壶身是钢的。\n\n壶盖是铜的。\n\n### 容量\n\n容量为两升。\n\n刻度在内壁。"
    assert ordered(text, "刻度") == ["刻度在内壁。", "容量为两升。", "壶身是钢的。", "壶盖是铜的。"]


def test_without_scores_nothing_moves() -> None:
    own = lines(PLAIN)
    assert direct(own, {}) == own
