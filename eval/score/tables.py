"""Figures of a quick look at the golden questions as tables, and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from statistics import mean
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from eval.golden.question import STATUSES
from eval.score.exchange import Exchange
from eval.score.figures import Assessment, Ranking, Share, citation_figures, confusion, means, refusals
from eval.score.significance import bootstrap

SHOWN = 10
FIGURES = {
    "hit_1": "hit@1",
    "hit_3": "hit@3",
    "hit_5": "hit@5",
    "reciprocal_rank": "MRR",
    "ndcg_10": "nDCG@10",
    "status": "status",
}
SHARES = {  # the names of counts in files, and what they are in the tables
    "listed": "listed without an answer, recognised",
    "called_unanswered": "answered in the outline, called unanswered",
    "refused": "not in the documents, refused",
    "refused_falsely": "answered in the outline, refused",
    "verbatim": "quotes verbatim",
    "marked": "answers whose every statement has a mark",
}


def show(scores: Sequence[Assessment], console: Console) -> None:
    """Print the tables, then the first broken guarantees one by one."""
    console.print(_ranking_table(scores))
    console.print(_interval_table(scores))
    console.print(_confusion_table(scores))
    console.print(_figures_table("Refusals", refusals(scores)))
    console.print(_figures_table("Citations in `answered` replies", citation_figures(scores)))
    broken = [s for s in scores if s.citing and not s.citing.sound]
    for each in broken[:SHOWN]:
        faults = {k: v for k, v in asdict(each.citing).items() if isinstance(v, list) and v}  # type: ignore[arg-type]
        console.print(f"{each.id}: {faults}", markup=False, highlight=False, soft_wrap=True)
    if len(broken) > SHOWN:
        console.print(f"and {len(broken) - SHOWN} more answers with broken guarantees; --out lists them")


def _table(title: str, *headings: str) -> Table:
    """Make a table of names and figures that fits 80 columns."""
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.show_header = any(headings)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    return table


def _ranking_table(scores: Sequence[Assessment]) -> Table:
    table = _table("Search by entry, and status of the reply", "kind", "n", "ranked", *FIGURES.values())
    for kind, row in means(scores).items():
        if kind == "all":
            table.add_section()
        figures = [f"{value:.3f}" for value in asdict(row.ranking).values()] if row.ranking else ["-"] * 5
        table.add_row(kind, str(row.n), str(row.ranked), *figures, f"{row.status:.3f}")
    return table


def _interval_table(scores: Sequence[Assessment]) -> Table:
    table = _table("All kinds, 95% interval", "", "mean", "from", "to")
    for name, figures in _intervals(scores).items():
        table.add_row(FIGURES[name], *(f"{figure:.3f}" for figure in figures))
    return table


def _intervals(scores: Sequence[Assessment]) -> dict[str, tuple[float, float, float]]:
    """Return mean, low and high of each figure that any question has."""
    values = {name: [float(getattr(s.ranking, name)) for s in scores if s.ranking] for name in Ranking.__slots__}
    values["status"] = [float(s.given == s.expected) for s in scores]
    return {name: (mean(numbers), *bootstrap(numbers)) for name, numbers in values.items() if numbers}


def to_figures(scores: Sequence[Assessment]) -> dict[str, float]:
    """Return what is published of a set of questions, a number for each name."""
    figures: dict[str, float] = {}
    for name, (middle, low, high) in _intervals(scores).items():
        figures |= {name: middle, f"{name}_low": low, f"{name}_high": high}
    shares = {**refusals(scores), **citation_figures(scores)}
    for name, label in SHARES.items():
        share = shares[label]
        if isinstance(share, Share):
            figures |= {name: float(share.count), f"{name}_of": float(share.total)}
            figures |= {f"{name}_share": share.count / share.total} if share.total else {}
    return figures


def _confusion_table(scores: Sequence[Assessment]) -> Table:
    counts = confusion(scores)
    table = _table("Status: expected (rows) and given", "", *STATUSES)
    for expected in STATUSES:
        table.add_row(expected, *(str(counts[expected, given] or "·") for given in STATUSES))
    return table


def _figures_table(title: str, figures: dict[str, Any]) -> Table:
    table = _table(title, "", "")
    for name, value in figures.items():
        text = "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
        table.add_row(name, text)
    return table


def to_json(exchanges: Sequence[Exchange], assessments: Sequence[Assessment]) -> dict[str, Any]:
    """Return the figures and every question's result, for files and later comparisons."""

    def plain(figures: dict[str, Any]) -> dict[str, Any]:
        return {name: asdict(v) if isinstance(v, Share) else v for name, v in figures.items()}

    return {
        "index_versions": sorted({each.reply.index_version for each in exchanges}),
        "generators": sorted({each.reply.generator for each in exchanges}),
        "kinds": {kind: asdict(row) for kind, row in means(assessments).items()},
        "confusion": [
            {"expected": expected, "given": given, "count": count}
            for (expected, given), count in sorted(confusion(assessments).items())
        ],
        "refusals": plain(dict(refusals(assessments))),
        "citing": plain(dict(citation_figures(assessments))),
        "questions": [asdict(s) | {"got": _record(a)} for a, s in zip(exchanges, assessments, strict=True)],
    }


def _record(exchange: Exchange) -> dict[str, Any]:
    record = asdict(exchange)
    del record["passages"]
    gold: list[str] = record.pop("question")["entries"]
    reply: dict[str, Any] = record.pop("reply")
    return {"gold": gold} | reply | record
