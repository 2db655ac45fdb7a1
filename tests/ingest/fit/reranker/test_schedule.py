from collections import Counter
from collections.abc import Iterator

import pytest

from ingest.fit.reranker.negatives import Found
from ingest.fit.reranker.schedule import SECOND, SORTED, STEP, UNTITLED, WINDOWS, Example, plan
from ingest.fit.reranker.sets import Question, QuestionSet

PASSAGES, EACH = 40, 3  # windows of each passage
PATH = "5. 微调 > 第"


def window(passage: int, part: int) -> str:
    return f"{PATH} {passage} 问？\n答 {passage} 之 {part}。"


def untitled(text: str) -> str:
    path, _, body = text.partition("\n")
    return f"{path.partition(' > ')[0]}\n{body}"


def made(name: str = "outline", n: int = 200, held: int = 5) -> tuple[QuestionSet, list[Found]]:
    """Question i asks for passage i mod 40, every seventh for none; every `held`th is held back.

    The answer is in the passage's second and third window; its first is found, third of 20 candidates.
    """
    windows = tuple(window(passage, part) for passage in range(PASSAGES) for part in range(EACH))
    owners = tuple(passage for passage in range(PASSAGES) for _ in range(EACH))
    questions, found = [], []
    for i in range(n):
        owner = None if i % 7 == 0 else i % PASSAGES
        rows = () if owner is None else (owner * EACH + 1, owner * EACH + 2)
        questions.append(Question(f"{name} {i}", owner, rows, i % held == 0))
        others = [(i + step) % PASSAGES * EACH for step in range(1, 20)]
        found.append(Found((*others[:2], i % PASSAGES * EACH, *others[2:]), (), ()))
    return QuestionSet(name, windows, owners, tuple(questions)), found


def examples(*sets: tuple[QuestionSet, list[Found], int]) -> list[Example]:
    return [example for step in plan(sets, 7) for example in step]


def of(questions: QuestionSet, every: list[Example]) -> Iterator[tuple[Question, Example, list[int]]]:
    """Question, example and the rows of its windows."""
    asked = {question.text: question for question in questions.questions}
    for example in every:
        yield asked[example.question], example, [row_of(text) for text in example.windows]


def row_of(text: str) -> int:
    """The row of a window, whether titled or not: `答 PASSAGE 之 PART。`."""
    _, passage, _, part = text.partition("\n")[2].rstrip("。").split()
    return int(passage) * EACH + int(part)


def test_the_same_seed_gives_the_same_plan() -> None:
    sets = [(*made(), 2), (*made("xquad"), 1)]
    assert plan(sets, 7) == plan(sets, 7)
    assert plan(sets, 7) != plan(sets, 8)


def test_every_question_but_those_held_back_is_shown_once_a_pass() -> None:
    every = examples((*made(), 3), (*made("xquad"), 1))
    shown = Counter(example.question for example in every)
    assert shown == {
        f"{name} {i}": passes for name, passes in (("outline", 3), ("xquad", 1)) for i in range(200) if i % 5
    }


def test_steps_are_full_but_for_the_last() -> None:
    steps = plan([(*made(), 3), (*made("xquad"), 1)], 7)  # 640 examples, 5 times 8 * 16
    assert [len(step) for step in steps] == [STEP] * 80
    assert sorted(len(step) for step in plan([(*made(n=12, held=100), 1)], 7)) == [3, STEP]


@pytest.mark.parametrize("name", ["outline", "xquad"])
def test_the_right_window_comes_first_and_no_other_is_of_its_passage(name: str) -> None:
    questions, found = made(name)
    for question, example, rows in of(questions, examples((questions, found, 3))):
        assert example.answered == (question.owner is not None)
        assert len(set(rows)) == len(rows) == WINDOWS
        if question.owner is None:
            continue
        assert questions.owners[rows[0]] == question.owner
        assert question.owner not in {questions.owners[row] for row in rows[1:]}


def test_wrong_windows_are_candidates_most_of_them_near() -> None:
    questions, found = made()
    candidates = {q.text: f for q, f in zip(questions.questions, found, strict=True)}
    seen = set()
    for question, _, rows in of(questions, examples((questions, found, 5))):
        wrong = [row for row in candidates[question.text].rows if questions.owners[row] != question.owner]
        places = [wrong.index(row) for row in rows[question.owner is not None :]]
        near = sum(place < 8 for place in places)
        assert (near, len(places)) == ((3, 5) if question.owner is not None else (4, 6))
        seen.update(places)
    assert seen == set(range(20))  # all candidates serve, of a question without an answer the 20th too


def test_the_outline_shows_at_times_the_window_that_retrieval_prefers() -> None:
    questions, found = made()
    firsts = [
        question.rows.index(rows[0]) if rows[0] in question.rows else None
        for question, example, rows in of(questions, examples((questions, found, 10)))
        if example.answered
    ]
    counts = Counter(firsts)
    assert set(counts) == {None, 0, 1}
    assert abs(counts[None] / len(firsts) - SECOND) < 0.05
    assert abs(counts[0] - counts[1]) / len(firsts) < 0.1


def test_other_sets_show_only_windows_with_the_answer() -> None:
    questions, found = made("xquad")
    for question, example, rows in of(questions, examples((questions, found, 5))):
        assert rows[0] in question.rows or not example.answered


def test_without_the_right_passage_among_the_candidates_its_windows_are_shown() -> None:
    questions, found = made()
    owners = questions.owners
    missed = [
        Found(tuple(row for row in each.rows if owners[row] != question.owner), (), ())
        for question, each in zip(questions.questions, found, strict=True)
    ]
    for question, example, rows in of(questions, examples((questions, missed, 3))):
        assert rows[0] in question.rows or not example.answered


def test_all_windows_of_an_example_lack_the_entrys_question_or_none() -> None:
    questions, found = made()
    kinds: Counter[bool] = Counter()
    for _, example, rows in of(questions, examples((questions, found, 10))):
        whole = [questions.windows[row] for row in rows]
        bare = [untitled(text) for text in whole]
        assert list(example.windows) in (whole, bare)
        assert "问？" not in "".join(bare)
        kinds[list(example.windows) == bare] += 1
    assert abs(kinds[True] / kinds.total() - UNTITLED) < 0.04


def test_other_sets_are_shown_as_they_are() -> None:
    questions, found = made("xquad")
    every = examples((questions, found, 5))
    assert {text for example in every for text in example.windows} <= set(questions.windows)


def test_what_is_nothing_but_headings_or_has_none_stays() -> None:
    windows = ("5. 微调\n什么是 LoRA？", "没有标题 > 的一行", "一\n二 > 三", *(f"a > b\n{i}" for i in range(6)))
    questions = tuple(Question(f"问 {i}", None, (), False) for i in range(200))
    asked = QuestionSet("outline", windows, tuple(range(9)), questions)
    shown = {text for e in examples((asked, [Found(tuple(range(9)), (), ())] * 200, 1)) for text in e.windows}
    assert shown == {*windows, *(f"a\n{i}" for i in range(6))}


def test_unanswerable_examples_have_wrong_windows_alone() -> None:
    questions, found = made()
    unanswered = [example for example in examples((questions, found, 3)) if not example.answered]
    assert len(unanswered) == 3 * len([i for i in range(200) if i % 7 == 0 and i % 5])
    assert {len(example.windows) for example in unanswered} == {WINDOWS}


def test_few_candidates_make_short_examples_and_none_makes_none() -> None:
    questions, found = made(n=60, held=1000)
    few = [Found(each.rows[: i % 4], (), ()) for i, each in enumerate(found)]
    every = examples((questions, few, 2))
    assert {example.question for example in every} == {f"outline {i}" for i in range(60) if i % 4}
    for question, example, rows in of(questions, every):
        candidates = few[int(question.text.split()[1])].rows
        wrong = [row for row in candidates if questions.owners[row] != question.owner]
        assert len(example.windows) == len(wrong) + example.answered
        assert set(rows[example.answered :]) == set(wrong)


def test_general_sets_end_before_the_outline_does() -> None:
    every = examples((*made(), 3), (*made("xquad"), 3))
    places = {
        name: [i / len(every) for i, example in enumerate(every) if example.question.startswith(name)]
        for name in ("outline", "xquad")
    }
    assert max(places["xquad"]) < 0.95 < max(places["outline"])
    assert sum(places["xquad"]) < sum(places["outline"]) - 50
    assert min(places["outline"]) < 0.2  # it is there from the beginning


def test_examples_of_like_length_come_together() -> None:
    questions, found = made(n=512, held=1000)
    windows = tuple(text + "长" * (row // EACH * 5) for row, text in enumerate(questions.windows))
    longer = QuestionSet("xquad", windows, questions.owners, questions.questions)
    lengths = [[max(map(len, e.windows)) for e in step] for step in plan([(longer, found, 1)], 7)]
    spread = sum(max(step) - min(step) for step in lengths) / len(lengths)
    assert spread < (max(map(max, lengths)) - min(map(min, lengths))) / 4
    averages = [sum(step) / len(step) for step in lengths[:SORTED]]
    assert averages != sorted(averages)  # among those sorted together, short ones do not come first
