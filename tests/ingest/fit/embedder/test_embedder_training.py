"""The embedder's delta: what it learns from, and that it learns it."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from ingest.fit.embedder.batches import SIZE, Batch, planned
from ingest.fit.embedder.training import PREFIXES, train
from ingest.fit.reranker.negatives import Found
from ingest.fit.reranker.sets import Question, QuestionSet
from ingest.models.bert import BertEncoder
from ingest.models.delta import DELTA
from tests.support.tiny_reranker import write_base

NOBODY = Found((), (), ())


def asked(name: str, count: int, held_back: bool = False) -> tuple[QuestionSet, list[Found]]:
    """Sections of two windows, the first of which answers one question; each question finds all of the first four."""
    owners = tuple(place // 2 for place in range(2 * count))
    questions = tuple(Question(f"{name} {n}?", n, (2 * n,), held_back) for n in range(count))
    windows = tuple(f"{name} {n} {half}" for n in range(count) for half in "ab")
    found = [Found((0, 1, 2, 3), (0.0,) * 4, (0.0,) * 4) for _ in questions]
    return QuestionSet(name, windows, owners, questions), found


def test_a_batch_is_of_one_set_and_knows_what_answers() -> None:
    made = planned([], [asked("one", SIZE), asked("two", SIZE)], 7)
    assert len(made) == 2
    for batch in made:
        names = {text.partition(" ")[0] for text in (*batch.questions, *batch.passages)}
        assert len(names) == 1
        for question, right, unknown in zip(batch.questions, batch.right, batch.unknown, strict=True):
            number = question.strip("?").partition(" ")[2]
            assert batch.passages[right] == f"{names.copy().pop()} {number} a"
            alike = {at for at, text in enumerate(batch.passages) if text.split()[1] == number} - {right}
            assert unknown == alike


def test_what_is_held_back_or_has_no_answer_is_not_learned() -> None:
    nowhere = QuestionSet("none", ("x",), (0,), tuple(Question(f"{n}?", None, (0,), False) for n in range(SIZE)))
    assert planned([], [asked("one", SIZE, held_back=True), (nowhere, [NOBODY] * SIZE)], 7) == []


def test_all_of_other_documents_is_taken_and_a_share_of_the_rest() -> None:
    count = 40 * SIZE
    assert len(planned([], [asked("one", count)], 7)) == 40
    assert 1 <= len(planned([asked("one", count)], [], 7)) < 10


def test_the_same_seed_gives_the_same_batches() -> None:
    sets = [asked("one", 4 * SIZE)]
    assert planned([], sets, 7) == planned([], sets, 7) != planned([], sets, 8)


@pytest.mark.slow
def test_questions_come_nearer_to_what_answers_them(tmp_path: Path) -> None:
    base = write_base(tmp_path)
    questions = ("什么是注意力？", "微调的数据", "what is lora", "甲乙丙丁")
    passages = ("低秩矩阵", "a b c d", "答案是3", "한국")
    batch = Batch(questions, passages, (2, 3, 0, 1), (frozenset(),) * 4)
    told: list[tuple[int, int]] = []
    train(base, [batch] * 60, base / DELTA, lambda step, steps, _: told.append((step, steps)), 1)
    assert told == [(step, 60) for step in range(1, 61)]
    assert {half.dtype for half in load_file(base / DELTA).values()} == {np.dtype(np.float16)}
    encoder = BertEncoder(base, "cpu", "float32")
    asked_, found = encoder.encode(questions, PREFIXES[0]), encoder.encode(passages, PREFIXES[1])
    assert (asked_ @ found.T).argmax(axis=1).tolist() == [2, 3, 0, 1]
    (base / DELTA).unlink()
    bare = BertEncoder(base, "cpu", "float32")
    before = (bare.encode(questions, PREFIXES[0]) @ bare.encode(passages, PREFIXES[1]).T).argmax(axis=1)
    assert before.tolist() != [2, 3, 0, 1]
