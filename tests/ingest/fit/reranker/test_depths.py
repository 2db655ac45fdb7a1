import itertools
from pathlib import Path

import pytest
import torch

from ingest.fit.reranker import depths
from ingest.fit.reranker.depths import READ, Measured, Trial, thinned, trials
from ingest.fit.reranker.negatives import Found
from ingest.fit.reranker.ranking import Weights
from ingest.fit.reranker.schedule import Example, plan
from ingest.fit.reranker.sets import Question, QuestionSet
from ingest.fit.reranker.training import trained
from ingest.fitted import Blend
from ingest.pack import none
from tests.support.tiny_reranker import write_base

LETTERS = "什么是注意力机制知识蒸馏微调数据低秩矩阵的答案甲乙丙丁"
TEXTS = tuple(f"{letter}是{LETTERS[-1 - i]}。" for i, letter in enumerate(LETTERS))


def made(name: str) -> tuple[QuestionSet, list[Found]]:
    """Question i asks for passage i, which is found third of all the others; every second is held back."""
    numbers = range(len(TEXTS))
    questions = tuple(Question(f"{LETTERS[i]}？", i, (i,), i % 2 == 0) for i in numbers)
    found = []
    for i in numbers:
        others = [n for n in numbers if n != i]
        rows = (*others[:2], i, *others[2:])
        found.append(Found(rows, tuple(1 / (1 + n) for n in numbers), tuple(0.9 - n / 100 for n in numbers)))
    return QuestionSet(name, TEXTS, tuple(numbers), questions), found


WEIGHTS = Weights(none().fitted.fusion, Blend(weight=0.4, fused=1.0), 0.04)


def run(folder: Path, seen: list[str] | None = None) -> list[Measured]:
    mined = [made("outline"), made("drcd_dev"), made("pubmedqa_l")]
    steps = plan([(questions, found, 1) for questions, found in mined], 7)

    def progress(stage: str, done: int, total: int) -> None:
        if seen is not None:
            seen.append(stage)

    texts = [*TEXTS, *(f"{letter}？" for letter in LETTERS)]
    base, some = write_base(folder), thinned(steps, 4)
    return list(trials(base, texts, some, mined, folder / "out", WEIGHTS, progress))


@pytest.fixture
def _shallow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny base has two layers."""
    monkeypatch.setattr(depths, "TRIALS", (Trial("2", 2), Trial("1", 1), Trial("1-of-2", 1, teacher="2")))


@pytest.mark.parametrize(
    ("have", "want", "first", "last"), [(10, 5, 0, 8), (10, 10, 0, 9), (7, 9, 0, 6), (1000, 3, 0, 666)]
)
def test_thinned_steps_are_spread_over_all(have: int, want: int, first: int, last: int) -> None:
    steps = [[Example(str(n), (), False)] for n in range(have)]
    few = [int(step[0].question) for step in thinned(steps, want)]
    assert len(few) == min(have, want)
    assert (few[0], few[-1]) == (first, last)
    gaps = {b - a for a, b in itertools.pairwise(few)}
    assert max(gaps) - min(gaps) <= 1


pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(
        "ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning", "ignore:Exporting aten:UserWarning"
    ),
]


@pytest.mark.usefixtures("_shallow")
def test_each_depth_is_trained_exported_and_ranked(tmp_path: Path) -> None:
    two, one, taught = run(tmp_path)
    assert [m.trial.name for m in (two, one, taught)] == ["2", "1", "1-of-2"]
    assert two.size > one.size > 10_000
    for measured in (two, one, taught):
        assert trained(tmp_path / "out" / measured.trial.name).config.num_hidden_layers == measured.trial.layers
        assert set(measured.scores) == {"outline", "drcd_dev"}  # the others are left out
        for scores in measured.scores.values():
            assert scores.questions == (len(TEXTS) + 1) // 2
            assert scores.fused == pytest.approx(1 / 3)
            assert 0 <= scores.model <= 1
    # The same start and the same examples: what differs between the two is the teacher.
    alone, beside = (trained(tmp_path / "out" / name).state_dict() for name in ("1", "1-of-2"))
    assert not all(torch.equal(alone[name], value) for name, value in beside.items())


@pytest.mark.usefixtures("_shallow")
def test_only_the_first_candidates_are_ordered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(depths, "READ", 2)  # the right one is third
    assert READ == 12
    assert all(scores.both == scores.fused == 0 for m in run(tmp_path) for scores in m.scores.values())


@pytest.mark.usefixtures("_shallow")
def test_a_trial_that_is_there_is_not_trained_again(tmp_path: Path) -> None:
    first = run(tmp_path)
    seen: list[str] = []
    assert run(tmp_path, seen) == first
    assert seen
    assert not [stage for stage in seen if "training" in stage]
