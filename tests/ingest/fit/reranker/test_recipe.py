import pytest

from ingest.fit.reranker.recipe import in_second_round, in_third_round
from ingest.fit.reranker.sets import Question, QuestionSet

ASKED = tuple(Question(f"问题{number}是什么？", number, (number,), False) for number in range(2000))


def taken(name: str, every: int) -> set[str]:
    windows = tuple(f"段落{number}" for number in range(len(ASKED)))
    questions = QuestionSet(name, windows, tuple(range(len(ASKED))), ASKED)
    return {question.text for question in ASKED if in_second_round(questions, every, question)}


@pytest.mark.parametrize("name", ["outline", "statements", "xquad_zh-xquad_en"])
def test_the_second_round_takes_all_of_the_users_domain_and_across_languages(name: str) -> None:
    assert len(taken(name, 1)) == len(ASKED)


def test_the_second_round_takes_a_quarter_of_the_rest() -> None:
    assert len(taken("cmrc2018_train", 1)) == pytest.approx(len(ASKED) / 4, rel=0.15)


@pytest.mark.parametrize("name", ["outline", "statements", "drcd_dev"])
def test_one_question_in_so_many_is_a_part_of_what_all_would_be(name: str) -> None:
    third, all_of_them = taken(name, 3), taken(name, 1)
    assert third < all_of_them
    assert len(third) == pytest.approx(len(all_of_them) / 3, rel=0.15)


def test_which_ones_are_taken_hangs_on_the_question_alone() -> None:
    assert taken("outline", 3) == taken("statements", 3)
    assert taken("cmrc2018_train", 3) == taken("drcd_dev", 3)


@pytest.mark.parametrize(("name", "share"), [("statements", 3), ("xquad_zh-xquad_en", 5), ("drcd_dev", 20)])
def test_the_third_round_repeats_some_of_what_was_learned(name: str, share: int) -> None:
    questions = QuestionSet(name, (), (), ASKED)
    again = [question for question in ASKED if in_third_round(questions, question)]
    assert len(again) == pytest.approx(len(ASKED) / share, rel=0.25)
