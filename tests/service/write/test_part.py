"""Where in an item of several sentences the answer begins."""

import math

import pytest

from ingest.chunk.units import Unit
from service.write.line import Line
from service.write.part import Item, named

FILTER = "- **滤芯**：它在泵后。滤芯用一年。旧的扔掉。"


def line(text: str, kind: str = "list_item") -> Line:
    return Line(0, 0, Unit(kind, 0, len(text), 0, False, True), text, (), frozenset())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        (FILTER, ["- **滤芯**：它在泵后。", "- **滤芯**：滤芯用一年。", "- **滤芯**：旧的扔掉。"]),
        ("2. Filter: behind it. Lasts a year.", ["2. Filter: behind it.", "2. Filter: Lasts a year."]),
        ("* **Filter:** Behind it. Last.", ["* **Filter:** Behind it.", "* **Filter:** Last."]),
        ("- **滤芯**（纸）: 一。二。", ["- **滤芯**（纸）: 一。", "- **滤芯**（纸）: 二。"]),
        ("- **滤芯**：**要紧**。二。", ["- **滤芯**：**要紧**。", "- **滤芯**：二。"]),
        ("- 滤芯用一年。旧的扔掉。", ["- 滤芯用一年。", "- 旧的扔掉。"]),
        ("（2）滤芯：用一年。旧的扔掉。", ["（2）滤芯：用一年。", "（2）滤芯：旧的扔掉。"]),
        ("②滤芯用一年。旧的扔掉。", ["②滤芯用一年。", "②旧的扔掉。"]),
        ("* `max_age` - How long. Two weeks.", ["* `max_age` - How long.", "* `max_age` - Two weeks."]),
        ("* `max.age` (days): How long. Two.", ["* `max.age` (days): How long.", "* `max.age` (days): Two."]),
        ("- **Filter** – behind it. Lasts.", ["- **Filter** – behind it.", "- **Filter** – Lasts."]),
        ("- Filter -- behind it. Lasts.", ["- Filter -- behind it.", "- Filter -- Lasts."]),
        ("- A well-made pump. It lasts.", ["- A well-made pump.", "- It lasts."]),
        ("- https://a.example/b is old. So.", ["- https://a.example/b is old.", "- So."]),
    ],
)
def test_each_sentence_is_read_below_the_label(text: str, texts: list[str]) -> None:
    item = Item.of(line(text))
    assert item is not None
    assert [said for said, _, _ in item.said] == texts
    assert all(text[start:stop] in said for said, start, stop in item.said)


@pytest.mark.parametrize("text", ["- 滤芯用一年。", "- **滤芯**：用一年", "滤芯用一年。旧的扔掉。"])
def test_one_sentence_and_a_paragraph_are_no_such_item(text: str) -> None:
    assert Item.of(line(text, "list_item" if text.startswith("-") else "paragraph")) is None


@pytest.mark.parametrize(
    ("fit", "begun"),
    [
        ([0.0, 5.0, 0.0], "- **滤芯**：滤芯用一年。旧的扔掉。"),  # what follows stays
        ([5.0, 0.0, 0.0], FILTER),
        ([4.5, 5.0, 0.0], FILTER),  # about as good as the best
        ([0.0, 0.0, 5.0], "- **滤芯**：旧的扔掉。"),
    ],
)
def test_it_begins_where_it_answers(fit: list[float], begun: str) -> None:
    item = Item.of(line(FILTER))
    assert item is not None
    assert item.begun(fit, 1.0).text == begun


def test_what_leans_on_the_sentence_before_keeps_it() -> None:
    item = Item.of(line("- 泵是铜的。滤芯用一年。因此要记下日期。"))
    assert item is not None
    assert item.begun([-math.inf, 0.0, 5.0], 1.0).text == "- 滤芯用一年。因此要记下日期。"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (FILTER, "- **滤芯**："),
        ("2. Filter: behind it. Lasts a year.", "2. Filter:"),
        ("- **滤芯**：用一年。", "- **滤芯**：用一年。"),  # one sentence says no more than it must
        ("- 滤芯用一年。旧的扔掉。", "- 滤芯用一年。旧的扔掉。"),  # nothing names it
        ("- **滤芯**：要常换。做法如下：", "- **滤芯**：要常换。做法如下："),
    ],
)
def test_an_item_is_named_by_its_label(text: str, label: str) -> None:
    assert named(line(text)).text == label
