import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.parse.sentences import sentence_spans


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["第一句。", "第二句！", "第三句？", "第四句；", "第五句…", "第六句……", "尾"],
        ["他说：“好。”", "然后（真的。）", "走了？！", "「是。」", "完"],
    ],
)
def test_chinese_marks_end_a_sentence_wherever_they_stand(expected: list[str]) -> None:
    assert split("".join(expected)) == expected


def test_english_marks_end_a_sentence_before_white_space() -> None:
    assert split("One. Two! Three? Four... five\nstill five. Six") == [
        "One.",
        "Two!",
        "Three?",
        "Four...",
        "five\nstill five.",
        "Six",
    ]


def test_closing_quotes_go_with_the_sentence() -> None:
    assert split('He said "yes." Then he left (at once.) **Bold.** End') == [
        'He said "yes."',
        "Then he left (at once.)",
        "**Bold.**",
        "End",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Models, e.g. BERT, i.e. encoders, cf. Fig. 3 of Vaswani et al. and others",
        "见 No. 5 一节",
        "温度为 0.7，版本 v1.2.3，模型 GPT-3.5",
        "调用 torch.nn.Linear 与 a.b",
        "用 `x. y` 表示",
        "设 $a. b$ 与 \\(c. d\\) 与 $$e. f$$ 成立",
        "见 [一. 二](http://x.org/a.b) 与 https://x.org/?a=b。c 处",
    ],
)
def test_no_boundary_within(text: str) -> None:
    assert split(text) == [text]


def test_prices_are_no_formula() -> None:
    prices = ["A week costs $640; siblings get less.", "Cancel by May.", "Bring up to $30, or \\$5."]
    assert split(" ".join(prices)) == prices
    assert split("$ a + b $ holds. $x$. End") == ["$ a + b $ holds.", "$x$.", "End"]


def test_an_abbreviation_may_begin_a_sentence() -> None:
    assert split("你好。Dr. Smith came. 对吗？Eq. 3 holds.") == [
        "你好。",
        "Dr. Smith came.",
        "对吗？",
        "Eq. 3 holds.",
    ]


def test_mixed_scripts() -> None:
    assert split("LoRA 冻结权重。It adds factors. 秩为 8！OK? 好") == [
        "LoRA 冻结权重。",
        "It adds factors.",
        "秩为 8！",
        "OK?",
        "好",
    ]


def test_a_line_break_ends_a_sentence_only_after_a_colon() -> None:
    assert split("步骤如下：\n先做甲\n再做乙\n**其次:**\n丙") == [
        "步骤如下：",
        "先做甲\n再做乙\n**其次:**",
        "丙",
    ]


def test_a_lone_mark_belongs_to_the_sentence_before_it() -> None:
    assert split("完。 ** \n") == ["完。 **"]
    assert split(" … ") == ["…"]


def test_offsets_are_into_the_whole_text() -> None:
    text = "不。要。这里。好。外"
    assert sentence_spans(text, 2, 9) == [(2, 4), (4, 7), (7, 9)]


def test_nothing() -> None:
    assert sentence_spans("") == []
    assert sentence_spans(" \n\t") == []


def test_long_runs_end() -> None:
    for run in ("[", "[](", "`", "$", "。", ".)", "\\(", "(", "“", "https://"):
        sentence_spans(run * 20_000)


@settings(deadline=None)
@given(st.text(alphabet="a1 甲。！？.!?;；…”\"')）`$[](\\：:\n*_- \U0001f600eg", max_size=80))
def test_spans_are_ordered_disjoint_and_cover_all_but_white_space(text: str) -> None:
    at = 0
    for start, end in sentence_spans(text):
        assert not text[at:start].strip()
        assert start < end
        assert text[start:end] == text[start:end].strip()
        at = end
    assert not text[at:].strip()
