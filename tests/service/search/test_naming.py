"""Near-equal texts, told apart by what a question names; worked out by hand."""

from dataclasses import replace

import pytest

from ingest.chunk import Chunk
from ingest.words.words import Words
from service.search.naming import Naming, Spot, crowds, near
from service.search.retrieve import Candidate

NAMING = Naming(Words())
BODY = "每班开机前检查油位和皮带，发现异常立即停机并报告班长，检查结果记入台账。加油量为 {} 升。"


def candidate(heading: str, text: str, score: float, document: str = "a.md") -> Candidate:
    chunk = Chunk(f"{document}{heading}", "text", document, (heading,), None, None, 0, len(text), (0, len(text)), text)
    return Candidate(chunk, score, None, None, 0.0, 0.0)


def order(question: str, *candidates: Candidate) -> list[tuple[str, float, bool]]:
    found = NAMING.apart(question, candidates)
    return [(c.chunk.heading_path[0], c.score, c.outdone) for c in found]


MACHINES = [candidate(f"机台 {n}", BODY.format(n / 4), 9.0 - n) for n in (1, 2, 3, 12)]


def test_what_the_question_names_comes_first_and_the_others_keep_the_places_left() -> None:
    other = candidate("仓库", "仓库夜间上锁。", 7.5)
    found = order("机台 3 加多少油？", MACHINES[0], other, *MACHINES[1:])
    assert found == [
        ("机台 3", 8.0, False),
        ("仓库", 7.5, False),
        ("机台 1", 7.0, True),
        ("机台 2", 6.0, True),
        ("机台 12", -3.0, True),
    ]


def test_two_that_are_named_are_equally_good() -> None:
    found = order("机台 2 和机台 12 各加多少油？", *MACHINES)
    assert found[:2] == [("机台 2", 8.0, False), ("机台 12", 8.0, False)]
    assert [outdone for *_, outdone in found[2:]] == [True, True]


def test_without_a_name_the_order_stands() -> None:
    assert NAMING.apart("加多少油？", MACHINES) == MACHINES


def test_a_number_in_another_heading_is_more_than_one_in_the_text() -> None:
    mention = candidate("机台 1", BODY.format("0.5") + "参见机台 2。", 9.0)
    assert order("机台 2 的加油量", mention, MACHINES[1])[0] == ("机台 2", 9.0, False)


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("第12条罚多少？", "第十二条"),
        ("十一条怎么罚？", "第十一条"),
        ("article twelve", "第十二条"),
    ],
)
def test_numerals_are_numbers(question: str, first: str) -> None:
    articles = [candidate(f"第{n}条", BODY.format(f), 1.0) for n, f in (("十一", 2), ("十二", 5))]
    assert order(question, *articles)[0][0] == first


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("What is the limit in Plan B?", "Plan B"),
        ("What is the limit in plan A?", "Plan A"),
        ("Does a plan have a limit?", "Plan C"),
        ("the limit of v2.1", "v2.1"),
    ],
)
def test_letters_and_versions(question: str, first: str) -> None:
    text = "Requests are counted per key and minute. The limit is {} requests."
    plans = [candidate(p, text.format(60 + i), 3.0 - i) for i, p in enumerate(("Plan C", "Plan B", "Plan A", "v2.1"))]
    assert order(question, *plans)[0][0] == first


def test_a_negation_is_a_name() -> None:
    allowed, banned = (
        candidate(n, f"本库{neg}在夜间装卸，由班长签字。", 1.0) for n, neg in (("东库", "允许"), ("西库", "不允许"))
    )
    assert order("哪个库不允许夜间装卸？", allowed, banned)[0] == ("西库", 1.0, False)


def test_the_name_of_a_document_is_above_its_text() -> None:
    both = [candidate("违约", BODY.format(1), 1.0, f"{name}合同.md") for name in ("海云", "青松")]
    assert NAMING.apart("青松合同怎么赔？", both)[0].chunk.document == "青松合同.md"
    assert NAMING.place("青松合同怎么赔？", [c.chunk for c in both]).document == "青松合同.md"
    assert NAMING.place("怎么赔？", [c.chunk for c in both]).document == "海云合同.md"


def test_entries_without_an_answer_stay_where_they_are() -> None:
    listed = [replace(c, chunk=replace(c.chunk, kind="listing")) for c in MACHINES]
    assert NAMING.apart("机台 3", listed) == listed


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("端口是 5432", "端口是 5433", True),
        ("夜间允许入库。", "夜间不允许入库。", True),
        ("The pump is serviced every 6 months.", "The pump is serviced every 9 months.", True),
        ("离心泵每月检查轴承。", "球阀每年换密封圈。", False),
        ("", "", False),
        ("短", "短", False),
        ("甲乙丙丁。" * 9, "甲乙丙丁戊己庚辛壬癸子丑寅卯", False),
    ],
)
def test_near(one: str, other: str, alike: bool) -> None:
    assert near(one, other) == near(other, one) == alike


def test_crowds_are_near_their_first() -> None:
    texts = [BODY.format(1), "别的事情。", BODY.format(2), BODY.format(3)]
    assert crowds(texts) == [[0, 2, 3]]
    assert crowds([]) == []


def test_what_all_have_names_none() -> None:
    one, other = NAMING.distinguish("油位 5", [Spot("甲", "油位 5 升"), Spot("乙", "油位 5 升")])
    assert (one.weight, other.weight, one.outdoes(other)) == (0, 0, False)
