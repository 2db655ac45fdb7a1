"""How long each stage took, over the questions of a night."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.score.row import METRICS, Row


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of a stage: median and 95th percentile tonight, and last night if it was measured."""

    stage: str
    n: int
    p50: float
    p95: float
    before: tuple[float, float] | None


def latencies(rows: Sequence[Row], before: Sequence[Row] = ()) -> tuple[Latency, ...]:
    """Return the times of a night by stage, in the order they are met, beside those of the night before."""
    now, old = _times(rows), _times(before)
    return tuple(
        Latency(stage, len(times), *_percentiles(times), _percentiles(old[stage]) if stage in old else None)
        for stage, times in now.items()
    )


def _times(rows: Sequence[Row]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {}
    for row in rows:
        whole = {f"{METRICS[m].label}, as asked": row.figures[m] for m in ("search_ms", "ask_ms") if m in row.figures}
        for stage, ms in (whole | row.timings_ms).items():
            times.setdefault(stage, []).append(ms)
    return times


def _percentiles(times: Sequence[float]) -> tuple[float, float]:
    p50, p95 = np.quantile(times, [0.5, 0.95])
    return float(p50), float(p95)
