"""What a judge gave of a night's answers, what it left out, and how far it is to be trusted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from eval.nights.history import ALL, Figure
from eval.score.row import JUDGE_METRICS, Row, Run


@dataclass(frozen=True, slots=True)
class Tally:
    """What the judge gave. `beside` is (faithfulness, support without a judge, rows that have both)."""

    judge: str
    figures: Mapping[str, Figure]
    rows: int
    unjudged: int
    reasons: Mapping[str, int]
    agreement: str
    kappa: str
    beside: tuple[float, float, int] | None


def sum_up(run: Run, rows: Sequence[Row], kinds: Mapping[tuple[str, str], Figure]) -> Tally | None:
    """Sum up a night's rows, whose figures are `kinds`; None where no answer was put to a judge."""
    failed = [{row.failures[m] for m in JUDGE_METRICS if m in row.failures} for row in rows]
    put = [row for row in rows if any(m in row.figures or m in row.failures for m in JUDGE_METRICS)]
    if not put:
        return None
    pair = ("faithfulness", "supported")
    both = [(r.figures[pair[0]], r.figures[pair[1]]) for r in put if all(name in r.figures for name in pair)]
    return Tally(
        judge=run.judge,
        figures={metric: kinds[ALL, metric] for metric in JUDGE_METRICS if (ALL, metric) in kinds},
        rows=len(put),
        unjudged=sum(map(bool, failed)),
        reasons=dict(Counter(reason for reasons in failed for reason in reasons).most_common()),
        agreement=run.settings.get("judge_agreement", ""),
        kappa=run.settings.get("judge_kappa", ""),
        beside=(mean(a for a, _ in both), mean(b for _, b in both), len(both)) if both else None,
    )
