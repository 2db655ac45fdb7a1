"""What a judge gave and left out, against figures counted by hand."""

from dataclasses import replace

from eval.golden.question import GoldenQuestion
from eval.judge.tally import sum_up
from eval.nights.history import summarise
from eval.score.row import Row
from tests.support.nights import night

RUN = replace(night(0)[0], judge="m", settings={"judge_agreement": "0.72", "judge_kappa": "0.4"})


def row(name: str, figures: dict[str, float], failures: dict[str, str] | None = None) -> Row:
    question = GoldenQuestion(name, "detail", "？", "zh", "answered", [], [], [])
    return Row(question, "answered", figures=figures, failures=failures or {})


def test_unjudged_answers_are_counted_once_and_their_reasons_told() -> None:
    failures = {"faithfulness": "no JSON", "groundedness": "no JSON", "context_recall": "timed out"}
    rows = [
        row("a", {"faithfulness": 1.0, "supported": 0.5}),
        row("b", {"faithfulness": 0.5, "supported": 1.0}),
        row("c", {"supported": 1.0}, failures),
        row("d", {"status": 1.0}, {"key_points": "no model"}),
    ]
    found = sum_up(RUN, rows, summarise(rows))
    assert found
    assert (found.rows, found.unjudged, found.reasons) == (3, 1, {"no JSON": 1, "timed out": 1})
    assert (found.judge, found.agreement, found.kappa) == ("m", "0.72", "0.4")
    assert found.beside == (0.75, 0.75, 2)
    assert {metric: figure.mean for metric, figure in found.figures.items()} == {"faithfulness": 0.75}


def test_a_judge_that_failed_always_is_told_without_figures() -> None:
    rows = [row("a", {"supported": 1.0}, {"faithfulness": "down"})]
    found = sum_up(replace(RUN, settings={}), rows, summarise(rows))
    assert found
    assert (found.unjudged, found.figures, found.beside, found.kappa) == (1, {}, None, "")


def test_a_night_without_a_judge_has_nothing_to_tell() -> None:
    rows = [row("a", {"status": 1.0})]
    assert sum_up(RUN, rows, summarise(rows)) is None
