"""The form of the questions written for corpora; the corpora themselves are not needed."""

from collections import Counter

import pytest

from benchmarks.corpus.fetch import read
from benchmarks.corpus.question import FOLDER, load
from benchmarks.corpus.sets import BESIDE

NAMES = sorted(file.stem for file in FOLDER.glob("*.jsonl"))


def test_every_corpus_has_questions() -> None:
    assert sorted([BESIDE, *read()]) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_thirty_can_be_answered_and_ten_cannot(name: str) -> None:
    questions = load(name)
    kinds = Counter(question.kind for question in questions)
    assert [sum(q.answerable for q in questions), len(questions)] == [30, 40]
    assert (kinds["near"], kinds["far"], kinds["cross"]) == (5, 5, 4)
    assert len({q.id for q in questions}) == len({q.question for q in questions}) == 40


@pytest.mark.parametrize("name", NAMES)
def test_evidence_belongs_to_what_can_be_answered(name: str) -> None:
    for question in load(name):
        assert question.answerable == bool(question.evidence) == bool(question.file), question.id
        assert question.answerable == (question.kind not in ("near", "far")), question.id
        assert len(question.evidence) <= 2, question.id
        assert all(len(piece) >= 8 and piece == piece.strip() for piece in question.evidence), question.id


@pytest.mark.parametrize("name", NAMES)
def test_only_those_across_are_in_the_other_language(name: str) -> None:
    questions = load(name)
    own = Counter(q.language for q in questions).most_common(1)[0][0]
    assert {q.id for q in questions if q.language != own} == {q.id for q in questions if q.kind == "cross"}
