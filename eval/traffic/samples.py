"""What people asked the service and what they got, and whether two samples of it differ: by time, or by arm."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.golden.duplicates import together
from eval.score.significance import LEVEL, holm
from eval.traffic.store import Store, rows

DAY = 86_400.0
SAMPLES, BLOCK = 4000, 200  # resamples, and how many of them are held at once
SEED = 7
LEAST = 20  # visitors of a sample: of fewer an interval says nothing
SUBJECTS = "subjects"  # their shares are tested beside the figures
UNANSWERED = ("listed_unanswered", "not_in_documents")
_ANSWERS = (
    "SELECT answers.id, question, session_id, answers.created, body, rating FROM answers"
    " LEFT JOIN feedback ON answer_id = answers.id ORDER BY answers.created"
)

Floats = NDArray[np.float64]


class TrafficError(Exception):
    """Too few questions to compare; the text says how many there are."""


@dataclass(frozen=True, slots=True)
class Request:
    """A question and its reply; `visitor` is the session, or the answer itself where none was named.

    `subject` is the heading that the first citation stands under, "" without one; `created` in seconds since 1970.
    """

    question: str
    visitor: str
    created: float
    status: str
    subject: str
    generator: str
    degraded: bool
    first_ms: float | None
    rating: str | None


@dataclass(frozen=True, slots=True)
class Trait:
    """A number of an answer, None where it has none; `better` is the sign of a gain, 0 where none is meant."""

    label: str
    of: Callable[[Request], float | None]
    better: int = 0


FIGURES = {
    "answered": Trait("answered", lambda a: float(a.status == "answered")),
    "listed": Trait("listed, no answer", lambda a: float(a.status == "listed_unanswered")),
    "refused": Trait("not in the documents", lambda a: float(a.status == "not_in_documents")),
    "declined": Trait("declined", lambda a: float(a.status == "declined")),
    "english": Trait("in English", lambda a: float(a.question.isascii())),
    "model": Trait("by a language model", lambda a: float(a.generator.startswith("vllm:"))),
    "degraded": Trait("degraded", lambda a: float(a.degraded), -1),
    "rated": Trait("rated", lambda a: float(a.rating is not None)),
    "down": Trait("down, of the rated", lambda a: None if a.rating is None else float(a.rating == "down"), -1),
    "first": Trait("first text after, ms", lambda a: a.first_ms, -1),
}


@dataclass(frozen=True, slots=True)
class Shift:
    """A figure's mean in two samples, the interval of the difference, and how likely one as great is by chance.

    `holm` is `p` adjusted for all that is tested with it.
    """

    name: str
    before: float
    after: float
    low: float
    high: float
    p: float
    holm: float

    @property
    def difference(self) -> float:
        return self.after - self.before

    @property
    def significant(self) -> bool:
        return self.holm <= 1 - LEVEL


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two samples: their figures, and the population stability index of their subjects with its p."""

    figures: tuple[Shift, ...]
    index: float
    p: float
    holm: float

    @property
    def other_subjects(self) -> bool:
        return self.holm <= 1 - LEVEL

    @property
    def differ(self) -> bool:
        return self.other_subjects or any(shift.significant for shift in self.figures)


def read(store: Store) -> list[Request]:
    """Return what is kept, oldest first; raises StoreError.

    The store forgets answers after a while, but not rated ones: what is older than the oldest unrated one is left
    out, as all of it was rated.
    """
    requests = [request for row in rows(store, _ANSWERS) if (request := _request(row))]
    since = next((request.created for request in requests if request.rating is None), 0.0)
    return [request for request in requests if request.created >= since]


def _request(row: tuple[Any, ...]) -> Request | None:
    name, question, session, created, body, rating = row
    try:
        reply: dict[str, Any] = json.loads(body)
        cited = reply["citations"][0] if reply["citations"] else {}
        return Request(
            question,
            session or name,
            created,
            reply["status"],
            (cited["heading_path"] or [cited["document"]])[0] if cited else "",
            reply["generator"],
            reply["degraded"] is not None,
            reply["timings_ms"].get("first"),
            rating,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # written by hand, or by a release that knew no such field


def compare(before: Sequence[Request], after: Sequence[Request]) -> Contrast:
    """Compare all figures that both samples have, and the shares of subjects; raises TrafficError.

    Visitors are the units, as the questions of one are alike: they are resampled for the intervals (a bootstrap by
    cluster), and swapped between the samples for p (a permutation test, two-sided).
    """
    one, other = _units(before), _units(after)
    if min(len(one), len(other)) < LEAST:
        raise TrafficError(
            f"{len(before)} questions of {len(one)} visitors, and {len(after)} of {len(other)}: "
            f"to compare them takes at least {LEAST} visitors each"
        )
    names = [name for name, figure in FIGURES.items() if _values(before, figure) and _values(after, figure)]
    topics = sorted({request.subject for request in (*before, *after)})
    sums = [_sums(units, names, topics) for units in (one, other)]
    p = dict(zip((*names, SUBJECTS), _permuted(*sums).tolist(), strict=True))
    adjusted = holm(p)
    shifts = []
    for name, low, high in zip(names, *(bound.tolist() for bound in _bootstrapped(*sums)), strict=True):
        was, now = (mean(_values(sample, FIGURES[name])) for sample in (before, after))
        shifts.append(Shift(name, was, now, low, high, p[name], adjusted[name]))
    index = float(stability(*(sample.subjects.sum(0) for sample in sums)))
    return Contrast(tuple(shifts), index, p[SUBJECTS], adjusted[SUBJECTS])


def stability(before: Floats, after: Floats) -> Floats:
    """Return the population stability index of counts, (..., k): the sum of (b - a) ln(b / a) over their shares.

    Below 0.1 is usually called stable, above 0.25 a shift (Siddiqi 2006, "Credit risk scorecards"). Half a count is
    added to each, so that what only one of them has does not make it infinite.
    """
    a, b = (counts + 0.5 for counts in (before, after))
    a, b = (counts / counts.sum(-1, keepdims=True) for counts in (a, b))
    index: Floats = ((b - a) * np.log(b / a)).sum(-1)
    return index


def subjects(before: Sequence[Request], after: Sequence[Request]) -> list[tuple[str, float, float]]:
    """Return each subject with its share in both samples, the greatest change first."""
    was, now = (Counter(request.subject for request in sample) for sample in (before, after))
    shares = [(name, was[name] / len(before), now[name] / len(after)) for name in {**was, **now}]
    return sorted(shares, key=lambda share: (-abs(share[2] - share[1]), share[0]))


def gaps(requests: Iterable[Request], least: int = 2) -> list[list[Request]]:
    """Return the questions that got no answer, those alike together, which at least so many visitors asked."""
    groups = together((a for a in requests if a.status in UNANSWERED), lambda a: a.question)
    wanted = [group for group in groups if len({a.visitor for a in group}) >= least]
    return sorted(wanted, key=lambda group: -len({a.visitor for a in group}))


@dataclass(frozen=True, slots=True)
class _Totals:
    """By visitor: sums and counts of each figure, (n, figures), and questions on each subject, (n, subjects)."""

    sums: Floats
    counts: Floats
    subjects: Floats


def _units(requests: Iterable[Request]) -> list[list[Request]]:
    visitors: dict[str, list[Request]] = {}
    for each in requests:
        visitors.setdefault(each.visitor, []).append(each)
    return list(visitors.values())


def _values(requests: Iterable[Request], figure: Trait) -> list[float]:
    return [value for each in requests if (value := figure.of(each)) is not None]


def _sums(units: Sequence[Sequence[Request]], names: Sequence[str], topics: Sequence[str]) -> _Totals:
    place = {topic: i for i, topic in enumerate(topics)}
    values = [[_values(unit, FIGURES[name]) for name in names] for unit in units]
    topic_counts = np.zeros((len(units), len(topics)))
    for i, unit in enumerate(units):
        for request in unit:
            topic_counts[i, place[request.subject]] += 1
    sums = np.array([[sum(figure) for figure in unit] for unit in values], np.float64)
    return _Totals(sums, np.array([[len(figure) for figure in unit] for unit in values], np.float64), topic_counts)


def _bootstrapped(before: _Totals, after: _Totals) -> tuple[Floats, Floats]:
    """Return the bounds of each figure's difference, (figures,) each."""
    draw, differences = np.random.default_rng(SEED), []
    for _ in range(SAMPLES // BLOCK):
        means = []
        for sample in (before, after):
            n = len(sample.sums)
            weights = draw.multinomial(n, np.full(n, 1 / n), BLOCK).astype(np.float64)
            means.append(_ratio(weights @ sample.sums, weights @ sample.counts))
        differences.append(means[1] - means[0])
    low, high = np.nanquantile(np.concatenate(differences), [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high


def _permuted(before: _Totals, after: _Totals) -> Floats:
    """Return p of each figure and of the subjects, (figures + 1,): (1 + hits) / (1 + samples), so that none is 0."""
    sums, counts, topics = (
        np.concatenate([getattr(sample, name) for sample in (before, after)]) for name in _Totals.__slots__
    )
    first = np.zeros(len(sums))
    first[: len(before.sums)] = 1

    def shifted(members: Floats) -> Floats:
        rest = 1 - members
        moved = np.abs(_ratio(rest @ sums, rest @ counts) - _ratio(members @ sums, members @ counts))
        index = stability(members @ topics, rest @ topics)
        return np.concatenate([moved, index[:, None]], axis=1)

    seen, draw, hits = shifted(first[None, :])[0], np.random.default_rng(SEED), np.zeros(sums.shape[1] + 1)
    for _ in range(SAMPLES // BLOCK):
        swapped = draw.permuted(np.tile(first, (BLOCK, 1)), axis=1)
        hits += (~(shifted(swapped) < seen - 1e-12)).sum(0)  # what one side lacks (NaN) speaks for no difference
    return (1 + hits) / (1 + SAMPLES)


def _ratio(sums: Floats, counts: Floats) -> Floats:
    """Return means, NaN where nothing was counted."""
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
