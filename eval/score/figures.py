"""Figures of each question's results and reply, and their sums by kind of question."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from eval.golden.question import UNSORTED
from eval.score import measures, prose
from eval.score.exchange import Exchange


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
class Assessment:
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
class KindMeans:
    """Means over the questions of a kind; None where none of them has gold entries."""

    n: int
    ranked: int
    ranking: Ranking | None
    status: float


def assess(exchange: Exchange) -> Assessment:
    """Score one question's results and reply."""
    question, reply = exchange.question, exchange.reply
    gold = [] if question.kind == UNSORTED else question.entries
    ranked = exchange.ranked
    return Assessment(
        id=question.id,
        kind=question.kind,
        expected=question.status,
        given=reply.status,
        ranking=rank(ranked, gold) if gold else None,
        citing=_citing(exchange, gold) if reply.status == "answered" else None,
    )


def rank(ranked: Sequence[str], gold: Sequence[str]) -> Ranking:
    """Score distinct entries, best first, against the gold ones."""
    return Ranking(
        hit_1=measures.hit(ranked, gold, 1),
        hit_3=measures.hit(ranked, gold, 3),
        hit_5=measures.hit(ranked, gold, 5),
        reciprocal_rank=measures.reciprocal_rank(ranked, gold),
        ndcg_10=measures.ndcg(ranked, gold, 10),
    )


def mean_ranking(rankings: Sequence[Ranking]) -> Ranking | None:
    """Return the mean of each figure, None without any."""
    if not rankings:
        return None
    return Ranking(**{name: mean(getattr(r, name) for r in rankings) for name in Ranking.__slots__})


def _citing(exchange: Exchange, gold: Sequence[str]) -> Citing:
    question, reply = exchange.question, exchange.reply
    marks, numbers = prose.marks(reply.answer), {c.n for c in reply.citations}
    cited = {c.entry_id for c in reply.citations}
    to_cite = gold if question.status == "answered" and cited else []
    return Citing(
        not_verbatim=[c.n for c in reply.citations if not c.verbatim],
        marks_without_citation=sorted(marks - numbers),
        citations_without_mark=sorted(numbers - marks),
        without_mark=prose.unmarked(reply.answer, {c.n: c.quote for c in reply.citations}),
        citations=len(reply.citations),
        precision=measures.precision(cited, to_cite) if to_cite else None,
        recall=measures.recall(cited, to_cite) if to_cite else None,
        holds_key_points=all(prose.holds(reply.answer, point) for point in question.key_points)
        if question.kind == UNSORTED
        else None,
    )


def means(scores: Sequence[Assessment]) -> dict[str, KindMeans]:
    """Return the means by kind, in order of first appearance, and over all of them as "all"."""
    kinds = {kind: [s for s in scores if s.kind == kind] for kind in dict.fromkeys(s.kind for s in scores)}
    return {kind: _row(group) for kind, group in (kinds | {"all": list(scores)}).items()}


def _row(scores: Sequence[Assessment]) -> KindMeans:
    rankings = [s.ranking for s in scores if s.ranking]
    return KindMeans(len(scores), len(rankings), mean_ranking(rankings), mean(s.given == s.expected for s in scores))


def confusion(scores: Iterable[Assessment]) -> Counter[tuple[str, str]]:
    """Count questions by (expected, given) status."""
    return Counter((s.expected, s.given) for s in scores)


def refusals(scores: Sequence[Assessment]) -> dict[str, Share]:
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


def citation_figures(scores: Iterable[Assessment]) -> dict[str, Share | float | None]:
    """Sum up the citation checks of the `answered` replies; the means are over those with gold entries."""
    checks = [s.citing for s in scores if s.citing]
    citations = sum(c.citations for c in checks)
    complete = [c.holds_key_points for c in checks if c.holds_key_points is not None]
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
        "structure answers with all key points": Share(sum(complete), len(complete)),
    }
