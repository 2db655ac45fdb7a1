"""Whether a question is about an outline, or on the subject that the outline is about.

A logistic model of the question's vector and of the rules that took something in it: on held-back wordings it takes
more of them than patterns alone, and raises fewer false alarms (`python -m ingest fit --general` shows the figures).
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from ingest.pack import model_of
from service.understand.slots import Slots

FILE = "outline.json"
SCALE = 8.0  # of a question's vector beside features that are 0 or 1


class Logistic(BaseModel):
    """`signs` weigh the keys of the rules that took something, `rest` log(1 + terms that none took), `direction`, (d,)
    or empty, the question's vector. Below the probability `threshold` a question is on the subject.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    bias: float
    signs: Mapping[str, float]
    rest: float
    direction: tuple[float, ...] = ()
    threshold: float = Field(ge=0, le=1)


class Fit(BaseModel):
    """What is fitted: `alone` without vectors, `embedded` with those of the embedder whose fingerprint it names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    embedder: str
    embedded: Logistic
    alone: Logistic
    possible: float = Field(ge=0, le=1)  # below this probability without its vector, a question is not embedded


class Recogniser:
    """Tells questions about an outline from others."""

    def __init__(self, fit: Fit, embedder: str) -> None:
        """With an embedder that the fit does not hold for, the rules alone tell."""
        self.embedded = fit.embedder == embedder
        self._alone, self._possible = fit.alone, fit.possible
        self._model = fit.embedded if self.embedded else fit.alone
        self._direction = np.array(self._model.direction, np.float32)

    @classmethod
    def read(cls, folder: Path, embedder: str) -> "Recogniser":
        """Read what is fitted; raises PackError for a file that cannot be used."""
        return cls(model_of(folder / FILE, Fit), embedder)

    def possible(self, slots: Slots) -> bool:
        """Tell, without its vector, whether a question may be about an outline."""
        return _probability(self._alone, slots) >= self._possible

    def recognises(self, slots: Slots, vector: NDArray[np.float32] | None = None) -> bool:
        """Tell whether a question is about an outline, by its slots and, where `embedded`, its (d,) unit vector."""
        near = float(self._direction @ vector) if vector is not None and len(self._direction) else 0.0
        return _probability(self._model, slots, near) >= self._model.threshold


def _probability(model: Logistic, slots: Slots, near: float = 0.0) -> float:
    """The probability that a question is about an outline; `near` is its vector's product with the direction."""
    signs = sum(model.signs.get(sign, 0.0) for sign in slots.signs)
    return 1 / (1 + math.exp(-(model.bias + model.rest * rest(slots) + signs + SCALE * near)))


def rest(slots: Slots) -> float:
    """How much of a question no rule takes: log(1 + its terms), where a compound stands for its parts.

    So a field's compounds, which one pack knows and another does not, make a question no longer.
    """
    return math.log1p(sum(_whole(piece.terms) for piece in slots.rest))


def _whole(terms: Sequence[str]) -> int:
    return sum(not any(term != other and term in other for other in terms) for term in terms)
