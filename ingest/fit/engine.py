"""What fitting needs of the engine that answers: measurements of its own stages, under numbers that are tried.

`ingest` knows no engine. One is plugged in as `outline_qa.engine` (ingest/plugins.py): a function without arguments
that opens the current index with the settings of the environment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.fit.part import Part
from ingest.fitted import Fitted, Lead, Stage
from ingest.index.snapshot import Snapshot

Key = tuple[str, ...]  # a group of the index: document and entry id


class EngineError(RuntimeError):
    """There is nothing to fit with; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the indexes say of the entries found for a question.

    `columns`, (entries, 7), are what the weighted fusion weighs; `gains`, (entries,), sums of 1 / (k + rank).
    """

    keys: tuple[Key, ...]
    columns: NDArray[np.float64]
    gains: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Passages:
    """The passages of one entry: their texts, and (passages, 2) BM25 and cosine as `relative` gives them."""

    texts: tuple[str, ...]
    columns: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranking:
    """A question's candidates, best first; `columns`, (candidates read, 2), are log odds and fused score."""

    keys: tuple[Key, ...]
    columns: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a decision about a question hangs on; `lead` is None when an entry with an answer is first."""

    keys: tuple[Key, ...]  # best first
    lead: Lead | None
    places: Lead | None  # the same in places
    features: Mapping[str, float]
    vector: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence, and the chunk of the index that supports it or not."""

    text: str
    row: int
    question: str
    supported: bool
    kind: str


class Engine(Protocol):
    """Measures questions as the service would answer them with the numbers given; `evidence` takes the expansion.

    `reranker` names the cross-encoder, "" for none, and `folder` is where its files lie.
    """

    @property
    def snapshot(self) -> Snapshot: ...

    @property
    def reranker(self) -> str: ...

    @property
    def folder(self) -> Path: ...

    def prepare(self, questions: Sequence[str]) -> None:
        """Read many questions at once, which is faster."""

    def condensed(self, question: str, history: Sequence[tuple[str, str]]) -> str: ...

    def fusions(self, fitted: Fitted) -> tuple[str, ...]:
        """Return the names of the fusions with these numbers, the default one first."""

    def evidence(self, question: str, k: int, expansion: float) -> Evidence: ...

    def passages(self, question: str, key: Key, expansion: float) -> Passages: ...

    def ranking(self, question: str, fitted: Fitted, fusion: str) -> Ranking: ...

    def sight(self, question: str, fitted: Fitted, stage: Stage) -> Sight: ...

    def support(self, claims: Sequence[Claim]) -> list[Mapping[str, float] | None]:
        """Return the features of each claim, None where a rule decides."""

    def refit(self, folder: Path) -> Sequence[Part[object]]:
        """Fit what the engine alone knows of into a pack for any documents, which has the questions for it."""

    def close(self) -> None: ...
