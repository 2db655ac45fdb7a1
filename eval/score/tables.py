"""Score what was asked, sum it up per kind, and lay it out as tables and as JSON."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import mean
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from eval.ask.client import Asked
from eval.score import metrics

STATUSES = ("answered", "listed_unanswered", "not_in_documents", "declined")
UNSORTED = "structure"  # questions about the outline itself: no entry is the right one to find
SHOWN = 10
FIGURES = {
    "hit_1": "hit@1",
    "hit_3": "hit@3",
    "hit_5": "hit@5",
    "reciprocal_rank": "MRR",
    "ndcg_10": "nDCG@10",
    "status": "status",
}


@dataclass(frozen=True, slots=True)
class Ranking:
    """Figures of one question's results, against its gold entries."""

    hit_1: float
    hit_3: float
    hit_5: float
    reciprocal_rank: float
    ndcg_10: float


@dataclass(frozen=True, slots=True)
class Citing:
    """Check of one `answered` reply; the first four are what the service guarantees to be empty."""

    not_verbatim: list[int]
    marks_without_citation: list[int]
    citations_without_mark: list[int]
    without_mark: list[str]
    citations: int
    precision: float | None  # of the entries cited; None where no gold entries were to be cited
    recall: float | None
    holds_key_points: bool | None  # None but for questions about the outline itself

    @property
    def sound(self) -> bool:
        return not (
            self.not_verbatim or self.marks_without_citation or self.citations_without_mark or self.without_mark
        )


@dataclass(frozen=True, slots=True)
class Score:
    """One question; `ranking` is None without gold entries, `citing` where the reply is not `answered`."""

    id: str
    kind: str
    expected: str
    given: str
    ranking: Ranking | None
    citing: Citing | None


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `total`."""

    count: int
    total: int

    def __str__(self) -> str:
        return f"{self.count}/{self.total}" + (f" ({self.count / self.total:.1%})" if self.total else "")


@dataclass(frozen=True, slots=True)
class Row:
    """Means over the questions of a kind; None where none of them has gold entries."""

    n: int
    ranked: int
    ranking: Ranking | None
    status: float


def score(asked: Asked) -> Score:
    """Score one question's results and reply."""
    question, reply = asked.question, asked.reply
    gold = [] if question.kind == UNSORTED else question.entries
    ranked = asked.ranked
    return Score(
        id=question.id,
        kind=question.kind,
        expected=question.status,
        given=reply.status,
        ranking=rank(ranked, gold) if gold else None,
        citing=_citing(asked, gold) if reply.status == "answered" else None,
    )


def rank(ranked: Sequence[str], gold: Sequence[str]) -> Ranking:
    """Score distinct entries, best first, against the gold ones."""
    return Ranking(
        hit_1=metrics.hit(ranked, gold, 1),
        hit_3=metrics.hit(ranked, gold, 3),
        hit_5=metrics.hit(ranked, gold, 5),
        reciprocal_rank=metrics.reciprocal_rank(ranked, gold),
        ndcg_10=metrics.ndcg(ranked, gold, 10),
    )


def average(rankings: Sequence[Ranking]) -> Ranking | None:
    """Return the mean of each figure, None without any."""
    if not rankings:
        return None
    return Ranking(**{name: mean(getattr(r, name) for r in rankings) for name in Ranking.__slots__})


def _citing(asked: Asked, gold: Sequence[str]) -> Citing:
    question, reply = asked.question, asked.reply
    marks, numbers = metrics.marks(reply.answer), {c.n for c in reply.citations}
    cited = {c.entry_id for c in reply.citations}
    to_cite = gold if question.status == "answered" and cited else []
    return Citing(
        not_verbatim=[c.n for c in reply.citations if not c.verbatim],
        marks_without_citation=sorted(marks - numbers),
        citations_without_mark=sorted(numbers - marks),
        without_mark=metrics.unmarked(reply.answer, {c.n: c.quote for c in reply.citations}),
        citations=len(reply.citations),
        precision=metrics.precision(cited, to_cite) if to_cite else None,
        recall=metrics.recall(cited, to_cite) if to_cite else None,
        holds_key_points=all(metrics.holds(reply.answer, point) for point in question.key_points)
        if question.kind == UNSORTED
        else None,
    )


def rows(scores: Sequence[Score]) -> dict[str, Row]:
    """Return the means by kind, in order of first appearance, and over all of them as "all"."""
    kinds = {kind: [s for s in scores if s.kind == kind] for kind in dict.fromkeys(s.kind for s in scores)}
    return {kind: _row(group) for kind, group in (kinds | {"all": list(scores)}).items()}


def _row(scores: Sequence[Score]) -> Row:
    rankings = [s.ranking for s in scores if s.ranking]
    return Row(len(scores), len(rankings), average(rankings), mean(s.given == s.expected for s in scores))


def confusion(scores: Iterable[Score]) -> Counter[tuple[str, str]]:
    """Count questions by (expected, given) status."""
    return Counter((s.expected, s.given) for s in scores)


def refusals(scores: Sequence[Score]) -> dict[str, Share]:
    """Return how often the service refuses where it should, and where it should not."""

    def share(expected: str, *given: str) -> Share:
        replies = [s.given for s in scores if s.expected == expected]
        return Share(sum(reply in given for reply in replies), len(replies))

    return {
        "listed without an answer, recognised": share("listed_unanswered", "listed_unanswered"),
        "answered in the outline, called unanswered": share("answered", "listed_unanswered"),
        "not in the documents, refused": share("not_in_documents", "not_in_documents", "declined"),
        "answered in the outline, refused": share("answered", "not_in_documents", "declined"),
    }


def citing(scores: Iterable[Score]) -> dict[str, Share | float | None]:
    """Sum up the citation checks of the `answered` replies; the means are over those with gold entries."""
    checks = [s.citing for s in scores if s.citing]
    citations = sum(c.citations for c in checks)
    told = [c.holds_key_points for c in checks if c.holds_key_points is not None]
    precisions = [c.precision for c in checks if c.precision is not None]
    recalls = [c.recall for c in checks if c.recall is not None]

    def without(fault: Callable[[Citing], list[Any]]) -> Share:
        return Share(sum(not fault(c) for c in checks), len(checks))

    return {
        "quotes verbatim": Share(citations - sum(len(c.not_verbatim) for c in checks), citations),
        "answers whose every quote is verbatim": without(lambda c: c.not_verbatim),
        "answers whose every mark has a citation": without(lambda c: c.marks_without_citation),
        "answers whose every citation has a mark": without(lambda c: c.citations_without_mark),
        "answers whose every statement has a mark": without(lambda c: c.without_mark),
        "precision of the entries cited": mean(precisions) if precisions else None,
        "recall of the entries to cite": mean(recalls) if recalls else None,
        "structure answers with all key points": Share(sum(told), len(told)),
    }


def show(scores: Sequence[Score], console: Console) -> None:
    """Print the tables, then the first broken guarantees one by one."""
    console.print(_ranking_table(scores))
    console.print(_interval_table(scores))
    console.print(_confusion_table(scores))
    console.print(_figures_table("Refusals", refusals(scores)))
    console.print(_figures_table("Citations in `answered` replies", citing(scores)))
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


def _ranking_table(scores: Sequence[Score]) -> Table:
    table = _table("Search by entry, and status of the reply", "kind", "n", "ranked", *FIGURES.values())
    for kind, row in rows(scores).items():
        if kind == "all":
            table.add_section()
        figures = [f"{value:.3f}" for value in asdict(row.ranking).values()] if row.ranking else ["-"] * 5
        table.add_row(kind, str(row.n), str(row.ranked), *figures, f"{row.status:.3f}")
    return table


def _interval_table(scores: Sequence[Score]) -> Table:
    table = _table("All kinds, 95% interval", "", "mean", "from", "to")
    values = {name: [float(getattr(s.ranking, name)) for s in scores if s.ranking] for name in Ranking.__slots__}
    values["status"] = [float(s.given == s.expected) for s in scores]
    for name, numbers in values.items():
        if numbers:
            figures = (mean(numbers), *metrics.bootstrap(numbers))
            table.add_row(FIGURES[name], *(f"{figure:.3f}" for figure in figures))
    return table


def _confusion_table(scores: Sequence[Score]) -> Table:
    counts = confusion(scores)
    table = _table("Status: expected (rows) and given", "", *STATUSES)
    for expected in STATUSES:
        table.add_row(expected, *(str(counts[expected, given] or "·") for given in STATUSES))
    return table


def _figures_table(title: str, figures: dict[str, Any]) -> Table:
    table = _table(title, "", "")
    for name, value in figures.items():
        told = "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
        table.add_row(name, told)
    return table


def to_json(asked: Sequence[Asked], scores: Sequence[Score]) -> dict[str, Any]:
    """Return the figures and every question's result, for files and later comparisons."""

    def plain(figures: dict[str, Any]) -> dict[str, Any]:
        return {name: asdict(v) if isinstance(v, Share) else v for name, v in figures.items()}

    return {
        "index_versions": sorted({each.reply.index_version for each in asked}),
        "generators": sorted({each.reply.generator for each in asked}),
        "kinds": {kind: asdict(row) for kind, row in rows(scores).items()},
        "confusion": [
            {"expected": expected, "given": given, "count": count}
            for (expected, given), count in sorted(confusion(scores).items())
        ],
        "refusals": plain(dict(refusals(scores))),
        "citing": plain(dict(citing(scores))),
        "questions": [asdict(s) | {"got": _told(a)} for a, s in zip(asked, scores, strict=True)],
    }


def _told(asked: Asked) -> dict[str, Any]:
    told = asdict(asked)
    del told["passages"]
    gold: list[str] = told.pop("question")["entries"]
    reply: dict[str, Any] = told.pop("reply")
    return {"gold": gold} | reply | told
