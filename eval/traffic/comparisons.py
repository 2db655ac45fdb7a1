"""What the service's shadow kept: each answer that was shown beside the candidate's, and how the two differ."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean

from pydantic import TypeAdapter

from eval.score.row import METRICS, Row
from eval.score.significance import LEVEL, bootstrap, holm, sign_flip
from eval.traffic.live import scored
from eval.traffic.store import StoreError

RECORD = Path("var/store/shadow.jsonl")


@dataclass(frozen=True, slots=True)
class Arm:
    """One of two answers, without its words; times in milliseconds. `figures` are those of METRICS, where words are."""

    writer: str
    index_version: str
    status: str
    citations: int
    support: float | None
    characters: int
    removed: int
    replaced: int
    taken: int
    missing: tuple[str, ...]
    first_ms: float | None
    total_ms: float | None
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pair:
    """What was shown and what the candidate said; `rows` hold the words of both, where they were kept."""

    created: float
    outcome: str
    shown: Arm
    candidate: Arm
    question: str | None = None
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Quality:
    """A number of an answer, None where it has none; `better` is the sign of a gain, 0 where none is meant."""

    label: str
    of: Callable[[Arm], float | None]
    better: int = 0


@dataclass(frozen=True, slots=True)
class Movement:
    """Means over the pairs that have both, the paired interval of the difference, p with Holm's correction."""

    label: str
    shown: float
    candidate: float
    low: float
    high: float
    p: float
    pairs: int
    better: int

    @property
    def verdict(self) -> str:
        """Return "better", "worse" or "differ" where it is beyond chance, else ""."""
        if self.p >= 1 - LEVEL:
            return ""
        gain = (self.candidate - self.shown) * self.better
        return "better" if gain > 0 else "worse" if gain < 0 else "differ"


def _figure(name: str) -> Quality:
    return Quality(METRICS[name].label, lambda arm: arm.figures.get(name), 1 if METRICS[name].higher else -1)


# A candidate answers while the service is not busy, and its question has been embedded: times tell and decide nothing.
QUALITIES = (
    Quality("answered", lambda arm: float(arm.status == "answered")),
    Quality("nothing missing", lambda arm: float(not arm.missing), 1),
    Quality("mean support of citations", lambda arm: arm.support, 1),
    Quality("sentences left out", lambda arm: float(arm.removed), -1),
    Quality("sentences replaced", lambda arm: float(arm.replaced), -1),
    Quality("citations", lambda arm: float(arm.citations)),
    Quality("characters", lambda arm: float(arm.characters)),
    Quality("first text, ms", lambda arm: arm.first_ms),
    Quality("whole answer, ms", lambda arm: arm.total_ms),
    *map(_figure, ("marked", "faults", "supported")),
)
_ARM = TypeAdapter(Arm)


def read_pairs(record: Path, since: float = 0) -> list[Pair]:
    """Return what was compared since a moment, in seconds since 1970, oldest first; raises StoreError."""
    try:
        lines = record.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        told = "the service writes it while OUTLINE_QA_TRIAL__SHADOW is above 0 (OUTLINE_QA_TRIAL__RECORD)"
        raise StoreError(f"cannot read what was compared in {str(record)!r}: {error}; {told}") from error
    try:
        found = [_pair(number, json.loads(line)) for number, line in enumerate(lines, 1) if line.strip()]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{str(record)!r} is no record of compared answers: {error}") from error
    return [pair for pair in found if pair.created >= since]


def _pair(number: int, told: dict[str, object]) -> Pair:
    shown, candidate = (_ARM.validate_python(told[name]) for name in ("shown", "candidate"))
    question, replies = told.get("question"), told.get("replies")
    pair = Pair(float(str(told["created"])), str(told["outcome"]), shown, candidate)
    if not isinstance(question, str) or not isinstance(replies, list):
        return pair
    rows = [scored(f"{number}", question, json.dumps(reply)) for reply in replies]
    if len(rows) != 2 or rows[0] is None or rows[1] is None:
        return replace(pair, question=question)
    return measured(replace(pair, question=question), (rows[0], rows[1]))


def measured(pair: Pair, rows: Sequence[Row]) -> Pair:
    """Return a pair with these rows, the one that was shown first, and their figures."""
    first, second = (
        replace(arm, figures=row.figures) for arm, row in zip((pair.shown, pair.candidate), rows, strict=True)
    )
    return replace(pair, shown=first, candidate=second, rows=tuple(rows))


def movements(pairs: Sequence[Pair]) -> list[Movement]:
    """Return how far the candidate is from what was shown, quality by quality: those that any pair has."""
    both = {
        quality: [(a, b) for pair in pairs if (a := quality.of(pair.shown)) is not None
                if (b := quality.of(pair.candidate)) is not None]
        for quality in QUALITIES
    }  # fmt: skip
    both = {quality: values for quality, values in both.items() if values}
    p = holm({quality.label: sign_flip([b - a for a, b in values]) for quality, values in both.items()})
    return [
        Movement(
            quality.label,
            fmean(a for a, _ in values),
            fmean(b for _, b in values),
            *bootstrap([b - a for a, b in values]),
            p[quality.label],
            len(values),
            quality.better,
        )
        for quality, values in both.items()
    ]


def outcomes(pairs: Sequence[Pair]) -> list[tuple[str, int]]:
    """Return what differs first, with how often, most often first."""
    return Counter(pair.outcome for pair in pairs).most_common()


def statuses(pairs: Sequence[Pair]) -> list[tuple[str, str, int]]:
    """Return the statuses that were shown and those of the candidate, with how often."""
    counted = Counter((pair.shown.status, pair.candidate.status) for pair in pairs)
    return [(*both, count) for both, count in counted.most_common()]
