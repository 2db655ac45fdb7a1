"""Names that documents give a thing besides its first one."""

import pytest

from ingest.words.definitions import defined_names

RAG = (
    "检索增强生成（Retrieval-Augmented Generation, RAG）先检索再生成。\n检索增强生成要先建库。我们用检索增强生成回答。"
)


def test_what_stands_in_brackets_is_another_name() -> None:
    assert defined_names([RAG]) == [("检索增强生成", "Retrieval-Augmented Generation", "RAG")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("The Kalman filter (KF) is used.", ("Kalman filter", "KF")),
        ("We cut it with a chemical vapour deposition (CVD) step.", ("chemical vapour deposition", "CVD")),
        ("An OTP (one-time password) is sent.", ("OTP", "one-time password")),
        ("**变频器**（VFD）调速。停机后检查变频器。", ("变频器", "VFD")),
        ("先做退火(annealing)。\n- 退火后冷却，再退火一次。", ("退火", "annealing")),
    ],
)
def test_long_and_short_forms(text: str, names: tuple[str, ...]) -> None:
    assert defined_names([text]) == [names]


@pytest.mark.parametrize(
    "text",
    [
        "水泵（见图 3）每天检查。",
        "The valve (closed) is red.",
        "The pump (see the manual) runs.",
        "优化器（Lion, AdamW）各有长处。优化器要选好，换优化器。",  # examples of one, not names of it
        "Seedance（字节）发布了。",  # a remark
        "调用 `方法（method）` 即可。",  # code
        "无。",
        "",
    ],
)
def test_remarks_are_no_names(text: str) -> None:
    assert defined_names([text]) == []


def test_a_name_begins_where_its_surroundings_vary() -> None:
    text = "本厂采用常减压蒸馏（CDU）。\n常减压蒸馏能耗高。检修常减压蒸馏。"
    assert defined_names([text]) == [("常减压蒸馏", "CDU")]


def test_names_are_joined_over_documents() -> None:
    found = defined_names(
        ["工作票（Work Permit）先签发。工作票、工作票。", "The work permit (WP) is signed. Work Permit (WP)."]
    )
    assert [set(map(str.lower, thing)) for thing in found] == [{"工作票", "work permit", "wp"}]
