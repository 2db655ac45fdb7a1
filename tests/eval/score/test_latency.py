"""Times by stage, against percentiles counted by hand."""

import pytest

from eval.golden.question import GoldenQuestion
from eval.score.latency import latencies
from eval.score.row import Row


def row(timings_ms: dict[str, float], **figures: float) -> Row:
    question = GoldenQuestion("q", "detail", "？", "zh", "answered", [], [], [])
    return Row(question, "answered", timings_ms=timings_ms, figures=figures)


def test_times_are_percentiles_by_stage() -> None:
    rows = [row({"write": n * 10.0}, ask_ms=n * 100.0, status=1.0) for n in (5, 3, 1, 2, 4)]
    whole, write = latencies(rows, [row({"write": 7.0})])
    # Linear between ranks: 0.95 of the way from the 1st to the 5th is 0.8 past the 4th.
    assert (whole.stage, whole.n, whole.p50, whole.p95) == ("answer, as asked", 5, 300, pytest.approx(480))
    assert (write.stage, write.n, write.p50, write.p95) == ("write", 5, 30, pytest.approx(48))
    assert (whole.before, write.before) == (None, (7, 7))


def test_a_stage_that_some_questions_skip_is_over_the_others() -> None:
    found = {each.stage: each for each in latencies([row({"write": 1.0, "rerank": 5.0}), row({"write": 3.0})])}
    assert (found["write"].n, found["write"].p50, found["rerank"].n, found["rerank"].p50) == (2, 2, 1, 5)
    assert latencies([]) == ()
