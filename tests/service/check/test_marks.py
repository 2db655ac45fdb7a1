"""What of a document looks like a citation mark, and how it is kept apart."""

import re

import pytest

from service.check.marks import escaped
from service.check.quotes import Checker
from service.search.passages import Passage
from service.write.writer import Quote, Sentence


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("据[4]，叶片宜薄。", r"据[4\]，叶片宜薄。"),
        ("见 [1, 2] 与[3-5]、[6、7]。", r"见 [1, 2\] 与[3-5\]、[6、7\]。"),
        ("脚注[^1]和[^note]。", r"脚注[^1\]和[^note\]。"),
        ("文献【2】与［3］。", r"文献[2\]与[3\]。"),
        ("[1] 陆羽. 茶经. 780.", r"[1\] 陆羽. 茶经. 780."),
        ("| 茶 [1] | `a[2]` |", r"| 茶 [1\] | `a[2]` |"),
        ("[1](https://a.example) 是链接", r"[[1\]](https://a.example) 是链接"),
        ("花 $5，据[4]，再花 $6", r"花 $5，据[4\]，再花 $6"),
    ],
)
def test_numbers_in_brackets_are_no_marks(text: str, shown: str) -> None:
    assert escaped(text) == shown
    assert not re.search(r"\[\^?[\d, ]+\](?!\()|[【［]\d", re.sub("`[^`]*`", "", shown))
    assert escaped(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "`x[1]` 和 ``y[2]``",
        "```python\nx = a[1]\n```",
        "$x[1]$、$$x[2]$$、\\(x[3]\\)、\\[x[4]\\]",
        "[茶](https://a.example)、[x]、[ ]、[图一]、\\[1\\]",
        "没有括号",
    ],
)
def test_code_formulas_and_words_stay(text: str) -> None:
    assert escaped(text) == text


def test_the_quote_stays_verbatim() -> None:
    text = "据[2]，叶片宜薄。"
    passage = Passage("c", None, "茶.md", (), 0, len(text), text, 1.0)
    checked = Checker({"茶.md": text}, [passage]).check(Sentence(text, (Quote(0, 0, len(text)),)))
    assert checked
    assert checked.text == "\n据[2\\]，叶片宜薄。 [1]"
    assert checked.citations[0].quote == text
