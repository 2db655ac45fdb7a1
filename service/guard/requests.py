"""Requests the service does not take: its instructions, another role, harm.

A logistic model of a request's vector and its signs: on held-back wordings it sees more of them than patterns alone,
and turns fewer questions down (`python -m ingest fit --general` shows the figures). A request without any sign is
taken, whatever its vector.
"""

import math
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from ingest.pack import model_of
from service.guard.address import asks, signs, unquoted
from service.search.retrieve import Query
from service.tracing import span

FILE = "guard.json"
SCALE = 8.0  # of a request's vector beside signs, which are 0 or 1
ASKING = "asking"


class Weights(BaseModel):
    """`signs` weigh the keys of the rules that took something, `direction`, (d,) or empty, the request's vector."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bias: float
    signs: Mapping[str, float]
    direction: tuple[float, ...] = ()
    threshold: float = Field(ge=0, le=1)  # from this probability on a request is declined


class GuardFit(BaseModel):
    """What is fitted: `alone` without vectors, `embedded` with those of the embedder whose fingerprint it names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    embedder: str
    embedded: Weights
    alone: Weights


class Guard:
    """Tells requests that are not taken from questions."""

    def __init__(self, fit: GuardFit, embedder: str, embed: Callable[[str], Awaitable[Query]]) -> None:
        """With an embedder that the fit does not hold for, the signs alone tell."""
        self._embed = embed if fit.embedder == embedder else None
        self._weights = fit.embedded if self._embed else fit.alone

    @classmethod
    def read(cls, folder: Path, embedder: str, embed: Callable[[str], Awaitable[Query]]) -> "Guard":
        """Read what is fitted; raises PackError for a file that cannot be used."""
        return cls(model_of(folder / FILE, GuardFit), embedder, embed)

    async def declined(self, request: str) -> str | None:
        """Return the name of the rule by which a request is turned down, None when it is taken."""
        with span("guard", "GUARDRAIL") as noted:
            rule = await self._rule(request)
            noted.note(outline_qa__rule=rule)
        return rule

    async def _rule(self, request: str) -> str | None:
        found = signs(request)
        if not found:
            return None
        vector = (await self._embed(unquoted(request))).vector if self._embed else None
        if probability(self._weights, keys(request, found), vector) < self._weights.threshold:
            return None
        return next(iter(found.values())).name


def keys(request: str, found: Collection[str]) -> frozenset[str]:
    """Return the keys that are weighed: those of a request's signs, and whether it asks."""
    return frozenset((*found, *([ASKING] if asks(unquoted(request).lower()) else ())))


def probability(weights: Weights, found: Collection[str], vector: NDArray[np.float32] | None) -> float:
    """The probability that a request is not one to take; `vector` is (d,), unit norm."""
    near = float(np.array(weights.direction, np.float32) @ vector) if vector is not None and weights.direction else 0.0
    return 1 / (1 + math.exp(-(weights.bias + sum(weights.signs.get(key, 0.0) for key in found) + SCALE * near)))
