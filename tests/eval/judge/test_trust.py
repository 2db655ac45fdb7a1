"""Agreement and kappa by hand and against scikit-learn; labels that cannot be read; the command on a scripted judge."""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from eval.commands import trust as command
from eval.judge.trust import LABELS, Label, TrustError, kappa, label, load, measure
from tests.support.faulty_judge import faulty_judge, needs_ragas

SCORES = {"supported": 1.0, "partly": 0.5, "not": 0.0}
LINE = {
    "id": "t-1",
    "question": "LoRA 训练什么？",
    "answer": "它只训练低秩矩阵。",
    "contexts": ["LoRA 冻结原模型，它只训练低秩矩阵。"],
    "label": "supported",
}


def file(folder: Path, *records: Any) -> Path:
    path = folder / "trust.jsonl"
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), "utf-8")
    return path


@pytest.mark.parametrize(
    ("score", "name"),
    [(1.0, "supported"), (0.9, "supported"), (0.89, "partly"), (0.26, "partly"), (0.25, "not"), (0.0, "not")],
)
def test_scores_are_cut_at_fixed_points(score: float, name: str) -> None:
    assert label(score) == name


def test_agreement_and_kappa_equal_those_by_hand() -> None:
    # By hand 3 supported, 2 partly, 1 not; the judge gives 3, 1 and 2. 4 of 6 are the same.
    ours: list[Label] = ["supported", "supported", "supported", "partly", "partly", "not"]
    trust = measure(ours, [1.0, 1.0, 0.5, 1.0, 0.0, 0.0])
    assert trust.table == ((2, 1, 0), (1, 0, 1), (0, 0, 1))
    assert trust.n == 6
    assert trust.agreement.value == pytest.approx(3 / 6)
    # By chance: (3 * 3 + 2 * 1 + 1 * 2) / 36 = 13 / 36.
    assert trust.kappa.value == pytest.approx((3 / 6 - 13 / 36) / (1 - 13 / 36))
    # Squares: 3 answers are one label apart; by chance (3*1 + 2*3 + 2*2 + 1*1 + 4 * (3*2 + 1*3)) / 6 = 50 / 6.
    assert trust.weighted.value == pytest.approx(1 - 3 / (50 / 6))


@pytest.mark.parametrize("seed", range(5))
def test_kappa_equals_scikit_learns(seed: int) -> None:
    random = np.random.default_rng(seed)
    ours = random.integers(0, 3, 60)
    theirs = np.where(random.random(60) < 0.6, ours, random.integers(0, 3, 60))
    trust = measure([LABELS[n] for n in ours], [SCORES[LABELS[n]] for n in theirs])
    assert trust.kappa.value == pytest.approx(cohen_kappa_score(ours, theirs))
    assert trust.weighted.value == pytest.approx(cohen_kappa_score(ours, theirs, weights="quadratic"))
    for figure in (trust.agreement, trust.kappa, trust.weighted):
        assert figure.low < figure.value < figure.high


def test_an_interval_equals_one_by_resampling_with_scikit_learn() -> None:
    random = np.random.default_rng(1)
    ours, theirs = random.integers(0, 3, 40), random.integers(0, 3, 40)
    trust = measure([LABELS[n] for n in ours], [SCORES[LABELS[n]] for n in theirs], samples=200, seed=3)
    drawn = np.random.default_rng(3).integers(0, 40, (200, 40))
    expected = np.quantile([cohen_kappa_score(ours[rows], theirs[rows]) for rows in drawn], [0.025, 0.975])
    assert (trust.kappa.low, trust.kappa.high) == pytest.approx(tuple(expected))


def test_a_judge_that_says_one_thing_has_no_kappa() -> None:
    ours: list[Label] = ["supported", "not", "partly", "supported"]
    blind = measure(ours, [1.0] * 4)
    assert (blind.agreement.value, blind.kappa.value) == (0.5, 0.0)
    assert kappa(np.array([[[4.0, 0, 0], [0, 0, 0], [0, 0, 0]]]), weighted=False) == [0.0]


def test_nothing_judged_is_no_trust() -> None:
    with pytest.raises(ValueError, match="at least one"):
        measure([], [])


def test_labels_are_read(tmp_path: Path) -> None:
    answers = load(file(tmp_path, LINE, LINE | {"id": "t-2", "label": "not"}))
    assert [(answer.id, answer.label) for answer in answers] == [("t-1", "supported"), ("t-2", "not")]
    assert answers[0].contexts == ["LoRA 冻结原模型，它只训练低秩矩阵。"]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (
            LINE | {"label": "maybe"},
            "line 2 is no labelled answer: label: Input should be 'supported', 'partly' or 'not'",
        ),
        ({k: v for k, v in LINE.items() if k != "answer"}, "line 2 is no labelled answer: answer: Field required"),
        (LINE | {"contexts": []}, "contexts: List should have at least 1 item"),
        (LINE | {"answer": ""}, "answer: String should have at least 1 character"),
        (LINE | {"labels": 1}, "labels: "),
        ("text", "line 2 is no labelled answer: line: "),
        (LINE, "has the id 't-1' twice"),
    ],
)
def test_a_bad_line_is_named(record: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(TrustError) as caught:
        load(file(tmp_path, LINE, record))
    assert said in str(caught.value)


def test_a_file_without_answers_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrustError, match="no labelled answers"):
        load(file(tmp_path))
    with pytest.raises(TrustError, match=r"cannot read the labelled answers: .*--labels"):
        load(tmp_path / "none.jsonl")


def run(folder: Path, url: str, *more: str) -> int:
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    labels = folder / "trust.jsonl"
    return command.main(parser.parse_args(["--judge", url, "--labels", str(labels), *more]))


@pytest.fixture
def labelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # where the judge's replies are kept
    wrong = LINE | {"id": "t-2", "answer": "它训练全部参数 7 次。", "label": "not"}
    return file(tmp_path, LINE, wrong).parent


@needs_ragas
def test_the_command_shows_what_the_judge_is_worth(
    labelled: Path, model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = {
        "Statements": lambda prompt: {"statements": ["7 次" if "7 次" in prompt else "低秩"]},
        "Verdicts": lambda prompt: {
            "statements": [{"statement": "", "reason": "", "verdict": int("7 次" not in prompt)}]
        },
        "Rating": {"rating": 2},  # says yes to all
    }
    with faulty_judge(script=script) as judge:
        assert run(labelled, judge.url, "--embedder", str(model_folder)) == 0
    told = capsys.readouterr().out
    assert "2 answers; a score of 0.9 or more is supported, one over 0.25 partly, else not." in told
    figures = [line.split(", ")[0] for line in told.splitlines() if ": agreement " in line]
    assert figures == [
        "2 answers: agreement 1.00 (1.00 to 1.00)",  # faithfulness
        "2 answers: agreement 0.50 (0.00 to 1.00)",  # groundedness
        "2 answers: agreement 1.00 (1.00 to 1.00)",  # without a judge
    ]


@needs_ragas
def test_a_judge_that_gives_nothing_is_not_measured(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = {"Rating": lambda prompt: {"rating": 2} if prompt.startswith("按 JSON 返回：") else {}, "Statements": {}}
    with faulty_judge(script=script) as judge:
        assert run(labelled, judge.url, "--embedder", str(tmp_path / "none")) == 2
    told = capsys.readouterr().out
    assert "faithfulness: nothing judged" in told
    assert "not judged, 2 times: groundedness: the reply is not the form asked for" in told
