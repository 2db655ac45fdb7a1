"""How far a judge is to be trusted: its labels against those that people gave the same answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

Label = Literal["supported", "partly", "not"]
Text = Annotated[str, Field(min_length=1)]
LABELS: tuple[Label, ...] = get_args(Label)  # in this order, which the weighted kappa goes by
LABELLED = Path(__file__).parents[1] / "golden" / "trust.jsonl"
# A share of supported statements from 0 to 1 as a label: nearly all, some, nearly none.
SUPPORTED, PARTLY = 0.9, 0.25

Counts = NDArray[np.float64]


class TrustError(Exception):
    """Labelled answers that cannot be read; the text names the line."""


@checked(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class LabelledAnswer:
    """An answer, the texts that it should rest on, and what a person says of it."""

    id: Text
    question: Text
    answer: Text
    contexts: Annotated[list[Text], Field(min_length=1)]
    label: Label


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True, slots=True)
class Trust:
    """`table[i][j]`: answers that a person gave LABELS[i] and the judge LABELS[j]."""

    table: tuple[tuple[int, ...], ...]
    agreement: Estimate
    kappa: Estimate
    weighted: Estimate

    @property
    def n(self) -> int:
        return sum(map(sum, self.table))


_LABELLED = TypeAdapter(LabelledAnswer)


def load(path: Path = LABELLED) -> list[LabelledAnswer]:
    """Read the labelled answers, one JSON object a line; raises TrustError."""
    try:
        lines = path.read_bytes().decode("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise TrustError(f"cannot read the labelled answers: {error}; name a file with --labels") from error
    answers = [_parse(f"{path}, line {n}", line) for n, line in enumerate(lines, 1) if line.strip()]
    if not answers:
        raise TrustError(f"{path} has no labelled answers")
    seen: set[str] = set()
    for answer in answers:
        if answer.id in seen:
            raise TrustError(f"{path} has the id {answer.id!r} twice")
        seen.add(answer.id)
    return answers


def _parse(place: str, line: str) -> LabelledAnswer:
    try:
        return _LABELLED.validate_json(line)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'line'}: {e['msg']}" for e in error.errors())
        raise TrustError(f"{place} is no labelled answer: {faults}") from error


def label(score: float) -> Label:
    """Return the label of a score from 0 to 1: from SUPPORTED on, over PARTLY, or up to it."""
    return "supported" if score >= SUPPORTED else "partly" if score > PARTLY else "not"


def measure(labels: Sequence[Label], scores: Sequence[float], samples: int = 2000, seed: int = 7) -> Trust:
    """Hold scores against labels, with intervals over resampled answers (Efron 1979); raises ValueError when empty."""
    if not labels:
        raise ValueError("trust needs at least one judged answer")
    pairs = [LABELS.index(ours) * 3 + LABELS.index(label(s)) for ours, s in zip(labels, scores, strict=True)]
    codes = np.asarray(pairs)
    drawn = np.random.default_rng(seed).integers(0, len(codes), (samples, len(codes)))
    tables = np.stack([_table(codes[rows]) for rows in drawn])
    table = _table(codes)

    def estimate(figure: Callable[[Counts], Counts]) -> Estimate:
        low, high = np.quantile(figure(tables), [0.025, 0.975])
        return Estimate(float(figure(table[None])[0]), float(low), float(high))

    return Trust(
        table=tuple(tuple(int(count) for count in row) for row in table),
        agreement=estimate(_agreement),
        kappa=estimate(lambda t: kappa(t, weighted=False)),
        weighted=estimate(lambda t: kappa(t, weighted=True)),
    )


def kappa(tables: Counts, weighted: bool) -> Counts:
    """Return Cohen's kappa of each table (Cohen 1960), or the one with quadratic weights (Cohen 1968).

    1 - sum(w * observed) / sum(w * expected), w = 1 off the diagonal or (i - j)^2; `tables` is (n, 3, 3), the result
    (n,). 0 where both sides know one label only: then chance agrees as well.
    """
    rank = np.arange(tables.shape[1])
    apart = np.abs(rank[:, None] - rank[None, :])
    weights = (apart**2 if weighted else apart > 0).astype(np.float64)
    total = tables.sum((1, 2))
    expected = tables.sum(2)[:, :, None] * tables.sum(1)[:, None, :] / total[:, None, None]
    chance = (weights * expected).sum((1, 2))
    missed: Counts = (weights * tables).sum((1, 2))
    return np.where(chance > 0, 1 - missed / np.where(chance > 0, chance, 1), 0.0)


def _agreement(tables: Counts) -> Counts:
    shares: Counts = np.trace(tables, axis1=1, axis2=2) / tables.sum((1, 2))
    return shares


def _table(codes: NDArray[np.int64]) -> Counts:
    return np.bincount(codes, minlength=9).reshape(3, 3).astype(np.float64)
