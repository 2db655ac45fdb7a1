import pytest

from ingest.parse.counts import Count, counts_of


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("（1）先断电。", [("bracketed digits", 1)]),
        ("(12) Drain it.", [("bracketed digits", 12)]),
        ("（１２）擦干。", [("bracketed digits", 12)]),
        ("　　（1） 先断电。", [("bracketed digits", 1)]),
        ("**（2）倒水**", [("bracketed digits", 2)]),
        ("1）先断电。", [("closed digits", 1)]),
        ("b) Drain it.", [("closed small", 2)]),
        ("(B) Drain it.", [("bracketed capital", 2)]),
        ("(ii) Drain it.", [("bracketed roman", 2)]),
        ("(i) Unplug it.", [("bracketed small", 9), ("bracketed roman", 1)]),
        ("2、倒水。", [("listed", 2)]),
        ("②倒水。", [("CIRCLED", 2)]),
        ("⑫ 倒水。", [("CIRCLED", 12)]),
        ("❸倒水。", [("DINGBAT", 3)]),
        ("⑵倒水。", [("PARENTHESIZED", 2)]),
        ("（一）总则", [("bracketed han", 1)]),
        ("（十）附则", [("bracketed han", 10)]),
        ("（十二）附则", [("bracketed han", 12)]),
        ("（二十）附则", [("bracketed han", 20)]),
        ("（三十四）附则", [("bracketed han", 34)]),
    ],
)
def test_marks_and_what_they_count(line: str, counts: list[tuple[str, int]]) -> None:
    assert counts_of(line) == tuple(Count(form, number) for form, number in counts)


@pytest.mark.parametrize(
    "line",
    [
        "先断电（1）。",
        "(2024) was dry.",
        "（010）62 号",
        "(0) nothing",
        "3、5 年各一次",
        "（1）",
        "(vx) no number",
        "(ab) two letters",
        "1 先断电",
        "一、总则",
        "f(x) = 2",
        "",
    ],
)
def test_what_is_no_mark(line: str) -> None:
    assert counts_of(line) == ()
