"""One question's outcome and one run of them: what the stages of an evaluation hand on, and the figures' names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import mean
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from eval.golden.question import GoldenQuestion
from eval.score.exchange import Citation, Passage

Group = Literal["retrieval", "answer", "judge", "speed"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of one question. A `hard` one can fail a night; `higher` is whether more is better."""

    label: str
    group: Group
    higher: bool = True
    hard: bool = True
    unit: str = ""  # "" for shares from 0 to 1, else "ms"


METRICS: dict[str, Metric] = {
    "hit_1": Metric("hit@1", "retrieval"),
    "hit_3": Metric("hit@3", "retrieval"),
    "hit_5": Metric("hit@5", "retrieval"),
    "reciprocal_rank": Metric("MRR", "retrieval"),
    "ndcg_10": Metric("nDCG@10", "retrieval"),
    "context_precision_id": Metric("context precision (by id)", "retrieval"),
    "context_recall_id": Metric("context recall (by id)", "retrieval"),
    "status": Metric("status as expected", "answer"),
    "verbatim": Metric("quotes verbatim", "answer"),
    "unbroken": Metric("quotes of whole sentences", "answer"),
    "marked": Metric("statements marked", "answer"),
    "citation_precision": Metric("precision of entries cited", "answer"),
    "citation_recall": Metric("recall of entries to cite", "answer"),
    "key_points": Metric("key points covered", "answer"),
    "similarity": Metric("similarity to the evidence", "answer"),
    "supported": Metric("sentences supported, without a judge", "answer"),
    "coverage": Metric("vital points made", "answer"),
    "direct": Metric("what was asked in two sentences", "answer"),
    "noise": Metric("sentences that make no point", "answer", higher=False),
    "faults": Metric("faults that a reader stumbles over", "answer", higher=False),
    "satisfied": Metric("answers that would satisfy", "answer"),
    "whole": Metric("not degraded", "answer"),
    "replied": Metric("replied at all", "answer"),
    "faithfulness": Metric("faithfulness", "judge", hard=False),
    "groundedness": Metric("response groundedness", "judge", hard=False),
    "context_precision": Metric("context precision", "judge", hard=False),
    "context_recall": Metric("context recall", "judge", hard=False),
    "answer_relevancy": Metric("answer relevancy", "judge", hard=False),
    "factual_correctness": Metric("factual correctness", "judge", hard=False),
    "search_ms": Metric("search", "speed", higher=False, hard=False, unit="ms"),
    "ask_ms": Metric("answer", "speed", higher=False, hard=False, unit="ms"),
}
JUDGE_METRICS = tuple(name for name, metric in METRICS.items() if metric.group == "judge")


class RowError(Exception):
    """A file of rows that cannot be read; the text names the line."""


@dataclass(frozen=True, slots=True)
class Row:
    """One question and what came of it.

    `figures` go by the names of METRICS; one that does not apply is absent, one that could not be measured is
    absent and stands in `failures` with the reason. When the service gave nothing, status is "failed" and
    `failures` has "replied". `passages` are the first that the search found, best first.
    """

    question: GoldenQuestion
    status: str
    answer: str = ""
    citations: tuple[Citation, ...] = ()
    ranked: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()
    searched: str = ""
    generator: str = ""
    index_version: str = ""
    degraded: str | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One night: what was asked of what. Times are ISO 8601 in UTC; `id` is `started` without punctuation."""

    id: str
    started: str
    finished: str
    target: str
    golden: str
    golden_sha256: str
    index_version: str
    generator: str
    judge: str = ""
    revision: str = ""
    settings: dict[str, str] = field(default_factory=dict)


_ROW = TypeAdapter(Row)
RUN = TypeAdapter(Run)


def to_line(row: Row) -> str:
    """Return a row as one line of JSON, without the line's end."""
    return _ROW.dump_json(row).decode()


def from_lines(place: str, lines: Iterable[str]) -> list[Row]:
    """Read rows; raises RowError naming the line. `place` names the file."""
    rows = []
    for n, line in enumerate(lines, 1):
        try:
            rows.append(_ROW.validate_json(line))
        except ValidationError as error:
            raise RowError(f"{place}, line {n} is no row of an evaluation: {error.errors()[0]['msg']}") from error
    return rows


def values(rows: Sequence[Row], metric: str) -> dict[str, float]:
    """Return a figure by question id, of the rows that have it."""
    return {row.question.id: row.figures[metric] for row in rows if metric in row.figures}


def average(rows: Sequence[Row], metric: str) -> float | None:
    """Return the mean of a figure over the rows that have it, None without any."""
    known = values(rows, metric)
    return mean(known.values()) if known else None
