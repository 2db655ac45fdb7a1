import pytest

from eval.golden.question import GoldenQuestion, Nugget
from eval.score.row import Row
from eval.score.rubric import grade

ASKED = GoldenQuestion(
    id="r-1",
    kind="detail",
    question="多久除一次垢，怎么除？",
    language="zh",
    status="answered",
    entries=[],
    evidence=[],
    key_points=[],
    points=[
        Nugget(["每两个月除一次垢。", "除垢每年六次。"], first=True),
        Nugget(["把柠檬酸溶在一升水里煮沸"]),
        Nugget(["水垢会堵住喷头。"], vital=False),
    ],
)


def row(answer: str, status: str = "answered") -> Row:
    return Row(ASKED, status, answer)


def test_all_that_is_vital_first_and_nothing_besides() -> None:
    figures = grade(row("除垢每年六次。 [1]水垢会堵住喷头。 [2]\n\n- **做法**：把柠檬酸溶在一升水里煮沸 [3]"))
    assert figures == {"coverage": 1.0, "direct": 1.0, "noise": 0.0, "faults": 0.0, "satisfied": 1.0}


def test_what_is_buried_left_out_or_not_asked_is_counted() -> None:
    figures = grade(row("机器有两种颜色。 [1]\n\n保修两年。 [2]\n\n每两个月除一次垢。 [3]\n\n做法："))
    assert figures["coverage"] == 0.5
    assert figures["direct"] == 0.0
    assert figures["noise"] == pytest.approx(2 / 3)  # what only announces states nothing
    assert figures["faults"] == 1.0
    assert figures["satisfied"] == 0.0


def test_little_besides_still_satisfies_and_more_does_not() -> None:
    whole = "每两个月除一次垢。 [1]把柠檬酸溶在一升水里煮沸。 [2]"
    assert grade(row(f"{whole}机器有两种颜色。 [3]"))["satisfied"] == 1.0
    assert grade(row(f"{whole}机器有两种颜色。 [3]保修期是两整年。 [4]"))["satisfied"] == 0.0


def test_a_word_that_stands_in_a_point_is_not_the_point() -> None:
    assert grade(row("除垢。"))["coverage"] == 0.0


def test_a_point_may_be_told_in_two_sentences() -> None:
    assert grade(row("把柠檬酸溶在一升\n\n水里煮沸。"))["coverage"] == 0.5


def test_no_answer_makes_no_point() -> None:
    assert grade(row("没有。", "not_in_documents")) == {"coverage": 0.0, "direct": 0.0, "satisfied": 0.0}


def test_without_points_nothing_is_graded() -> None:
    plain = GoldenQuestion("q", "detail", "多久？", "zh", "answered", [], [], [])
    assert grade(Row(plain, "answered", "两个月。")) == {}
