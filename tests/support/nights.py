"""Nights that never were: runs and rows whose figures are set, for tests of what reads them."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from eval.golden.question import GoldenQuestion
from eval.score import measures
from eval.score.exchange import Citation, Passage
from eval.score.row import JUDGE_METRICS, Row, Run
from eval.score.scoring import unreplied

GOLDEN = "a" * 64
KINDS = {
    "paraphrase": "answered",
    "detail": "answered",
    "english": "answered",
    "unanswered": "listed_unanswered",
    "out_of_scope": "not_in_documents",
}
# The share of questions that have 1 for a figure; the others have 0. Speeds are means in milliseconds.
SHARES = {
    "hit_1": 0.875,
    "hit_3": 0.9375,
    "hit_5": 0.96875,
    "status": 0.95,
    "verbatim": 1.0,
    "marked": 1.0,
    "unbroken": 1.0,
    "citation_precision": 0.875,
    "citation_recall": 0.875,
    "key_points": 0.75,
    "similarity": 0.9375,
    "supported": 1.0,
    "whole": 1.0,
} | dict.fromkeys(JUDGE_METRICS, 0.875)
SPEEDS = {"search_ms": 20.0, "ask_ms": 200.0}
QUOTE = "LoRA 冻结原模型。"


def night(
    n: int,
    *,
    questions: int = 40,
    golden: str = GOLDEN,
    index: str = "v1",
    generator: str = "extractive",
    judge: str = "",
    noise: float = 0.0,
    unjudged: float = 0.0,
    silent: float = 0.0,
    **shares: float,
) -> tuple[Run, list[Row]]:
    """Make night n: a run, and rows of question q-000 on, whose kinds take turns.

    `shares` change SHARES and SPEEDS, by the name of the figure. Two nights differ in nothing but what was changed:
    the questions that fail at a lower share are those of the higher one and more. `noise` is the share of questions
    whose first and second result change places, others each night; `unjudged` the share of judged rows where the
    judge failed; `silent` the share of rows without a reply. Rows have judged figures when `judge` is named.
    """
    asked = [_question(i) for i in range(questions)]
    rows = _ranked(asked, SHARES | shares, noise, n)
    rows = [_answered(row, given) for row, given in zip(rows, _status(asked, SHARES | shares), strict=True)]
    rows = _scored(rows, SHARES | shares)
    rows = [_timed(row, SPEEDS | shares, i) for i, row in enumerate(rows)]
    if judge:
        rows = _judged(rows, SHARES | shares, unjudged)
    lost = _first(range(questions), silent, "silent")
    rows = [unreplied(row.question, "timed out") if i in lost else row for i, row in enumerate(rows)]
    started = datetime(2025, 1, 1, 2, tzinfo=UTC) + timedelta(days=n)
    run = Run(
        id=started.strftime("%Y%m%dT%H%M%SZ"),
        started=started.isoformat(),
        finished=(started + timedelta(minutes=5)).isoformat(),
        target="http://127.0.0.1:8000",
        golden="outline.jsonl",
        golden_sha256=golden,
        index_version=index,
        generator=generator,
        judge=judge,
        revision=f"{n:07x}",
    )
    return run, [replace(row, generator=generator, index_version=index) for row in rows]


def _question(i: int) -> GoldenQuestion:
    kind = list(KINDS)[i % len(KINDS)]
    entries = [] if kind == "out_of_scope" else [f"5.{i}"]
    answered = KINDS[kind] == "answered"
    return GoldenQuestion(
        id=f"q-{i:03}",
        kind=kind,
        question=f"第 {i} 问：什么是 LoRA？",
        language="en" if kind == "english" else "zh",
        status=KINDS[kind],
        entries=entries,
        evidence=[QUOTE] if answered else [],
        key_points=["冻结"] if answered else [],
    )


def _first(rows: Iterable[int], share: float, name: str) -> set[int]:
    """Draw a share of the rows; those drawn for a higher share hold those for a lower one."""
    order = list(rows)
    random.Random(name).shuffle(order)
    return set(order[: round(share * len(order))])


def _ranked(asked: Sequence[GoldenQuestion], shares: dict[str, float], noise: float, n: int) -> list[Row]:
    sought = [i for i, question in enumerate(asked) if question.entries]
    shaken = _first(sought, noise, f"noise {n}")
    found = [(place, _first(sought, shares[f"hit_{place}"], "rank")) for place in (1, 3, 5)]
    rows = []
    for i, question in enumerate(asked):
        rank = next((place for place, held in found if i in held), 7)
        if i in shaken:
            rank = {1: 2}.get(rank, 1)
        others = [f"9.{other}" for other in range(1, 8)]
        ranked = tuple(others[: rank - 1] + question.entries + others[rank:])
        rows.append(Row(question, "", ranked=ranked, figures=_ranking(ranked, question.entries)))
    return rows


def _ranking(ranked: Sequence[str], gold: Sequence[str]) -> dict[str, float]:
    if not gold:
        return {}
    return {f"hit_{k}": measures.hit(ranked, gold, k) for k in (1, 3, 5)} | {
        "reciprocal_rank": measures.reciprocal_rank(ranked, gold),
        "ndcg_10": measures.ndcg(ranked, gold, 10),
        "context_precision_id": 1 / len(ranked),
        "context_recall_id": 1.0,
    }


def _status(asked: Sequence[GoldenQuestion], shares: dict[str, float]) -> list[str]:
    right = _first(range(len(asked)), shares["status"], "status")
    return [q.status if i in right else "declined" for i, q in enumerate(asked)]


def _answered(row: Row, status: str) -> Row:
    figures = row.figures | {"status": float(status == row.question.status), "replied": 1.0}
    if status != "answered":
        return replace(row, status=status, answer="不", searched=row.question.question, figures=figures)
    entry = row.ranked[0]
    passage = Passage(f"c-{entry}", entry, "大纲.md", QUOTE)
    citation = Citation(1, entry, "大纲.md", 0, len(QUOTE), QUOTE, verbatim=True)
    answer = f"{QUOTE} [1]"
    row = replace(row, answer=answer, citations=(citation,), passages=(passage,), searched=row.question.question)
    return replace(row, status=status, figures=figures)


def _scored(rows: Sequence[Row], shares: dict[str, float]) -> list[Row]:
    """Add the figures of answers: to all rows "whole", to answered ones the others."""
    answered = [i for i, row in enumerate(rows) if row.status == "answered"]
    cited = ("verbatim", "unbroken", "marked", "citation_precision", "citation_recall")
    names = (*cited, "key_points", "similarity", "supported")
    rows = _add(rows, answered, names, shares)
    rows = _add(rows, range(len(rows)), ("whole",), shares)
    return [row if row.figures["whole"] else replace(row, degraded="writer_failed") for row in rows]


def _add(rows: Sequence[Row], to: Iterable[int], names: Iterable[str], shares: dict[str, float]) -> list[Row]:
    to = list(to)
    good = {name: _first(to, shares[name], name) for name in names}
    return [
        replace(row, figures=row.figures | {name: float(i in good[name]) for name in good}) if i in to else row
        for i, row in enumerate(rows)
    ]


def _timed(row: Row, speeds: dict[str, float], i: int) -> Row:
    # Seven speeds in turn, whose mean over seven rows is the one wanted.
    times = {name: speeds[name] * (1 + (i % 7 - 3) / 10) for name in SPEEDS}
    return replace(row, timings_ms={"retrieve": times["search_ms"]}, figures=row.figures | times)


def _judged(rows: Sequence[Row], shares: dict[str, float], unjudged: float) -> list[Row]:
    answered = [i for i, row in enumerate(rows) if row.status == "answered"]
    failed = _first(answered, unjudged, "unjudged")
    rows = _add(rows, [i for i in answered if i not in failed], JUDGE_METRICS, shares)
    fault = dict.fromkeys(JUDGE_METRICS, "the judge's reply is no JSON")
    return [replace(row, failures=row.failures | fault) if i in failed else row for i, row in enumerate(rows)]
