"""What a change of the question or of the documents does to search and answers: figures from rows."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Literal

from eval.golden.question import UNSORTED, GoldenQuestion
from eval.nights.run import SEED
from eval.robust.distract import PREFIX
from eval.score import measures, prose, significance
from eval.score.row import Row

COMPARED = ("hit_1", "hit_5", "status")
REFUSALS = ("not_in_documents", "listed_unanswered", "declined")
Outcome = Literal["refused", "elsewhere", "unfounded", "failed"]


class RobustnessError(Exception):
    """Parts that do not belong together, or nothing to measure; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A figure of n questions as changed and as written, and the 95 % interval of the mean difference."""

    n: int
    written: float
    changed: float
    low: float
    high: float

    @property
    def mean(self) -> float:
        return self.changed - self.written


@dataclass(frozen=True, slots=True)
class Noise:
    """One share of noise: as asked for, as it is among the index's passages, and what it does.

    `hit_1` and `hit_5` let distracting passages take places; `shown` is the share of them among the first five
    passages found, `distracted` that of the answered ones that cite one or name one of its inventions.
    """

    wanted: float
    share: float
    passages: int
    shown: float
    hit_1: Effect
    hit_5: Effect
    status: Effect
    answered: int
    distracted: float | None


@dataclass(frozen=True, slots=True)
class Orphan:
    """A question whose entry was removed: what the service gave for it."""

    id: str
    question: str
    removed: str
    status: str
    outcome: Outcome
    cited: tuple[str, ...]
    answer: str


def measure_effect(written: Sequence[float], changed: Sequence[float]) -> Effect:
    """Compare figures of the same questions in the same order; raises ValueError when empty or of two lengths."""
    low, high = significance.bootstrap([after - before for before, after in zip(written, changed, strict=True)])
    return Effect(len(written), mean(written), mean(changed), low, high)


def compare(written: Sequence[Row], changed: Sequence[Row]) -> dict[str, Effect]:
    """Compare rows of variants with those of their questions; a figure that no pair has is left out."""
    before = {row.question.id: row.figures for row in written}
    effects: dict[str, Effect] = {}
    for name in COMPARED:
        pairs = [(before[row.question.id.partition("#")[0]], row.figures) for row in changed]
        both = [(was[name], now[name]) for was, now in pairs if name in was and name in now]
        if both:
            effects[name] = measure_effect([was for was, _ in both], [now for _, now in both])
    return effects


def hit_among_noise(row: Row, k: int) -> float:
    """Return hit@k over entries and passages of no entry: unlike in a row's figures, noise takes places."""
    places = dict.fromkeys(passage.entry_id or passage.chunk_id for passage in row.passages)
    return measures.hit(list(places), row.question.entries, k)


def is_distracted(row: Row, names: Collection[str]) -> bool:
    """Whether an answer cites a distracting document or names an invention."""
    return row.status == "answered" and (
        any(citation.document.startswith(PREFIX) for citation in row.citations)
        or any(name in row.answer for name in names)
    )


def sum_up_noise(
    wanted: float, passages: tuple[int, int], clear: Sequence[Row], rows: Sequence[Row], names: Collection[str]
) -> Noise:
    """Sum up one share of noise against the rows without any; `passages` are of the index without it and with it."""
    ranked = [i for i, row in enumerate(rows) if row.question.entries and row.question.kind != UNSORTED]
    if not ranked:
        raise RobustnessError("none of the questions has an entry to find; noise needs some that have")
    answered = [row for row in rows if row.status == "answered"]
    shown = [passage.document.startswith(PREFIX) for row in rows for passage in row.passages[:5]]

    def hits(k: int) -> Effect:
        return measure_effect(
            [hit_among_noise(clear[i], k) for i in ranked], [hit_among_noise(rows[i], k) for i in ranked]
        )

    return Noise(
        wanted=wanted,
        share=1 - passages[0] / passages[1],
        passages=passages[1],
        shown=mean(shown) if shown else 0.0,
        hit_1=hits(1),
        hit_5=hits(5),
        status=measure_effect([r.figures["status"] for r in clear], [r.figures["status"] for r in rows]),
        answered=len(answered),
        distracted=mean(is_distracted(row, names) for row in answered) if answered else None,
    )


def removable(questions: Sequence[GoldenQuestion], n: int) -> list[GoldenQuestion]:
    """Return n questions whose only entry can be removed, one an entry, drawn by a fixed seed, in their order.

    Follow-ups are left out: the conversation before them tells of the entry. Raises RobustnessError without any.
    """
    fit = [
        q
        for q in questions
        if q.status == "answered" and q.kind not in (UNSORTED, "follow_up") and len(set(q.entries)) == 1
    ]
    if not fit:
        raise RobustnessError("no question has a single entry that could be removed; name another --golden")
    drawn: dict[str, GoldenQuestion] = {}
    for question in random.Random(SEED).sample(fit, len(fit)):
        drawn.setdefault(question.entries[0], question)
    chosen = {question.id for question in list(drawn.values())[:n]}
    return [question for question in fit if question.id in chosen]


def orphan_of(row: Row) -> Orphan:
    """Say what became of a question whose entry is gone.

    An answer from another entry may be right: "elsewhere" when it has all key points, else "unfounded". Both are
    for a person to read.
    """
    outcome: Outcome = "failed"
    if row.status in REFUSALS:
        outcome = "refused"
    elif row.status == "answered":
        complete = all(prose.holds(row.answer, point) for point in row.question.key_points)
        outcome = "elsewhere" if complete else "unfounded"
    return Orphan(
        id=row.question.id,
        question=row.question.question,
        removed=row.question.entries[0],
        status=row.status,
        outcome=outcome,
        cited=tuple(dict.fromkeys(c.entry_id or c.document for c in row.citations)),
        answer=row.answer,
    )
