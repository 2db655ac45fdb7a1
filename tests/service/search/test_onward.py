"""What may be asked next, beside an answer."""

from pathlib import Path

import pytest

from ingest.index.snapshot import Snapshot
from service.search.onward import MOST, further
from service.search.passages import Passage, passage
from tests.support.packs import question
from tests.support.tiny_index import index

TEXT = """# 手册

## 泵

泵每月检查一次，检查前先断电，再看刻度是不是在红线以下，最后签字。

## 1. 滤芯：

滤芯每季更换，换之前先关掉进水阀，再按住泄压钮数到十，等指针回到零位再拆。

## 优点

省水，省电，也省力气，用起来比旧的一代安静得多，还更容易清洗，更好保养。

## 密封圈

密封圈每年更换，更换时涂硅脂，先从里面那一圈开始，再换外面的一圈，最后试压。
"""
OUTLINE = """## 1. 水泵

### ★★★☆☆ **1. 怎么保养水泵？**

每月检查一次。

#### a. 滤芯

滤芯每季更换。

#### 密封圈（O-ring）

密封圈每年更换。

### ★★★☆☆ **2. 怎么选水泵？**

看流量。
"""


@pytest.fixture(params=[TEXT, OUTLINE], ids=["manual", "outline"])
def text(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def cited(snapshot: Snapshot, words: str) -> tuple[Passage, int]:
    document = next(iter(snapshot.documents))
    start = snapshot.documents[document].index(words)
    chunk = next(chunk for chunk in snapshot.chunks if chunk.start <= start < chunk.end)
    return passage(snapshot, chunk, 1.0), start


def test_headings_that_follow_on_the_same_level_are_asked_next(tmp_path: Path) -> None:
    snapshot = index(tmp_path, manual=TEXT)
    pump, filter_ = cited(snapshot, "泵每月检查一次"), cited(snapshot, "滤芯每季更换")
    assert further(snapshot, question("泵怎么保养？"), [pump]) == ("滤芯", "优点", "密封圈")
    assert further(snapshot, question("密封圈和滤芯怎么换？"), [filter_]) == ("优点",)
    assert further(snapshot, question("泵怎么保养？"), []) == ()


def test_headings_of_an_entry_below_which_nothing_is_cited_are_asked_next(tmp_path: Path) -> None:
    snapshot = index(tmp_path, outline=OUTLINE)
    asked = question("水泵多久检查一次？")
    assert further(snapshot, asked, [cited(snapshot, "每月检查一次")]) == ("滤芯", "密封圈（O-ring）")
    both = [cited(snapshot, "每月检查一次"), cited(snapshot, "密封圈每年更换")]
    assert further(snapshot, asked, both) == ("滤芯",)


def test_a_heading_of_common_words_asks_nothing(tmp_path: Path) -> None:
    parts = [f"## 第{n}台\n\n### 用途\n\n用途是抽水，第{n}台放在地下室里，由值班的人每天看一次。\n" for n in range(9)]
    snapshot = index(tmp_path, manual="# 手册\n\n" + "\n".join(parts))
    asked = cited(snapshot, "第3台放在")
    assert "用途" not in further(snapshot, question("地下室的怎么样？"), [asked])


def test_there_are_a_few_at_most(tmp_path: Path) -> None:
    names = ("滤芯", "阀门", "密封圈", "压力表", "电缆")
    parts = [
        f"## {name}\n\n{name}每年检查一次，检查的时候要断电，并且由两个人签字确认之后才能再开机。\n" for name in names
    ]
    snapshot = index(tmp_path, manual="# 手册\n\n" + "\n".join(parts))
    assert further(snapshot, question("怎么检查？"), [cited(snapshot, "滤芯每年")]) == names[1 : 1 + MOST]
