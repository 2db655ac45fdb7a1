"""Lead-ins that wait for what they lead in to."""

import pytest

from service.check.leads import Leads
from service.write.writer import Sentence


@pytest.mark.parametrize(
    ("came", "said"),
    [
        (["泵是铜的。", "滤芯每季更换。"], ["泵是铜的。", "滤芯每季更换。"]),
        (["步骤如下：", "1. 断电。"], ["步骤如下：", "1. 断电。"]),
        (["**作用**：", "1. 断电。"], ["**作用**：", "1. 断电。"]),  # bold words are no bullet
        (["2024 年的步骤：", "断电。"], ["2024 年的步骤：", "断电。"]),
        (["- **泵**：", "  - 重量：两斤。"], ["- **泵**：", "  - 重量：两斤。"]),
        (
            ["- **泵**：", "- **阀**：", "  - 颜色：红。"],
            ["- **阀**：", "  - 颜色：红。"],
        ),  # the pump's items were dropped
        (["- **泵**：", "滤芯每季更换。"], ["滤芯每季更换。"]),
        (["- **泵**："], []),
        (["### 泵", "#### 保养", "每月一次。"], ["### 泵", "#### 保养", "每月一次。"]),
        (["### 泵", "### 阀", "是红的。"], ["### 阀", "是红的。"]),
        (["#### 保养", "做法如下：", "### 阀", "是红的。"], ["### 阀", "是红的。"]),
        (["### 泵"], []),
    ],
)
def test_what_announces_is_said_with_what_stands_below_it(came: list[str], said: list[str]) -> None:
    leads = Leads()
    assert [each.text for text in came for each in leads.take(Sentence(text, ()))] == said
