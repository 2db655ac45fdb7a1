"""Fit the margins that tell an unanswered entry that is asked for from one that merely resembles the question."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ingest.fit.listwise import FOLDS
from ingest.fit.part import Part, better
from ingest.fitted import Lead, Margins

SHARES = tuple(round(step / 20, 2) for step in range(6, 20))  # of a question's term weight
STEPS = 20  # values tried of a distance, evenly many cases between them
PLACES = tuple(float(place) for place in range(13))


@dataclass(frozen=True, slots=True)
class Situation:
    """How an unanswered entry that was first stands to the others, and whether it is the one asked for."""

    lead: Lead | None  # None when an entry with an answer was first
    listed: bool


@dataclass(frozen=True, slots=True)
class Errors:
    """Answered questions called unanswered, and listed ones not recognised."""

    called: int
    missed: int
    answered: int
    listed: int

    @classmethod
    def of(cls, margins: Margins, situations: Sequence[Situation]) -> "Errors":
        taken = [s.lead is not None and margins.takes(s.lead) for s in situations]
        wrong = [s.listed for s, listed in zip(situations, taken, strict=True) if listed != s.listed]
        listed = sum(s.listed for s in situations)
        return cls(wrong.count(False), wrong.count(True), len(situations) - listed, listed)

    @property
    def cost(self) -> int:
        """An answer that is withheld counts twice what a listed question costs that is answered from elsewhere."""
        return 2 * self.called + self.missed

    def __add__(self, other: "Errors") -> "Errors":
        return Errors(
            self.called + other.called,
            self.missed + other.missed,
            self.answered + other.answered,
            self.listed + other.listed,
        )

    def __str__(self) -> str:
        recognised = f"{self.listed - self.missed} of {self.listed} listed recognised"
        return f"{recognised}, {self.called} of {self.answered} answered called unanswered"


def fit_margins(name: str, situations: Sequence[Situation], start: Margins, anew: bool) -> Part[Margins]:
    """Search from the present margins for fewer errors; new ones are taken where they make no more of either kind."""
    before = Errors.of(start, situations)
    after = Errors(0, 0, 0, 0)
    for fold in range(FOLDS):
        others = [s for i, s in enumerate(situations) if i % FOLDS != fold]
        after += Errors.of(descend(others, start), situations[fold::FOLDS])
    taken = anew or better((-after.called, -after.missed), (-before.called, -before.missed))
    return Part(name, str(before), str(after), taken, descend(situations, start) if taken else start)


def descend(situations: Sequence[Situation], start: Margins) -> Margins:
    """Descend coordinate by coordinate, twice, to the middle of the values with the fewest errors."""
    best, fewest = start, Errors.of(start, situations).cost
    grid = _grid(situations, start)
    for _ in range(2):
        for name, values in grid.items():
            trials = [best.model_copy(update={name: value}) for value in values]
            errors = [Errors.of(trial, situations).cost for trial in trials]
            if errors and min(errors) < fewest:
                fewest = min(errors)
                least = [trial for trial, count in zip(trials, errors, strict=True) if count == fewest]
                best = least[len(least) // 2]
    return best


def _grid(situations: Sequence[Situation], start: Margins) -> dict[str, Sequence[float]]:
    leads = [s.lead for s in situations if s.lead is not None and s.lead.ahead is not None]
    ahead = [lead.ahead for lead in leads if lead.ahead is not None]
    covered = [behind for lead in leads for behind, _ in lead.covering]
    distances = {"ahead": ahead, "far_ahead": ahead, "covered": covered}
    if start.unit == "places":
        grid: dict[str, Sequence[float]] = dict.fromkeys(distances, PLACES)
    else:
        grid = {name: _between(values) for name, values in distances.items() if values}
        if start.preferred is not None:
            grid["preferred"] = _between([lead.preferred for lead in leads])
    grid["held"] = SHARES
    if start.said is not None:
        grid["said"] = SHARES
    return grid


def _between(values: Iterable[float]) -> list[float]:
    return [round(float(v), 2) for v in np.quantile(list(values), np.linspace(0.02, 0.98, STEPS))]
