"""What is fitted to documents and models, in one file that names what it was fitted with.

Scores of entries are in nats, whatever fused or reranked them: exp(a - b) is how much likelier the entry with score a
is the right one than that with score b. Weights in that unit come from listwise logistic regression (ingest/fit).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError


class FittedError(ValueError):
    """A file of fitted numbers that cannot be used; the text names it and what is wrong."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Logistic(_Part):
    """A logistic model: weights of named features; `direction`, (d,) or empty, those of the question's vector.

    A feature counts up to its cap, where it has one. Below the probability `threshold` the answer is no.
    """

    bias: float
    weights: Mapping[str, float]
    caps: Mapping[str, float] = {}
    threshold: float = Field(0.5, ge=0, le=1)
    direction: tuple[float, ...] = ()

    def scaled(self, feature: str, factor: float) -> "Logistic":
        """Return the same model for a feature that is `factor` times as large."""
        weights, caps = dict(self.weights), dict(self.caps)
        if feature in weights:
            weights[feature] = round(weights[feature] / factor, 4)
        if feature in caps:
            caps[feature] = round(caps[feature] * factor, 3)
        return self.model_copy(update={"weights": weights, "caps": caps})


FEW = 60  # passages, below which what was fitted to many says little
RANK_CONSTANT = 60  # what ranks are added to beside scores
FEEDBACK = 3  # passages that are asked with once more
LATER = frozenset({"ranks", "feedback", "piece"})  # features that a fusion is named by where they count


class FusionWeights(_Part):
    """Weights of what the indexes say of an entry, in nats (service/search/fusion.py)."""

    bm25: float  # of the BM25 score relative to the best entry's
    dense: float  # of a spread of cosine below the nearest passage
    title: float  # the same for the entries' questions
    asked: float  # of the BM25 score of the other ways to ask, relative to the best
    listed: float  # for an entry without an answer
    expansion: float = Field(ge=0)  # of a question's other names, in BM25
    ranks: float = 0.0  # of the mean of reciprocal ranks of BM25 and dense search, 1 for the first
    feedback: float = 0.0  # of a spread of cosine to the first passages found
    piece: float = 0.0  # of a spread of cosine below the nearest piece of a passage

    @property
    def name(self) -> str:
        """Name the fusion of these weights; those of later features only where they count."""
        given = self.model_dump(exclude={"expansion"})
        return "weighted " + " ".join(f"{n}={w:g}" for n, w in given.items() if w or n not in LATER)


class Reciprocal(_Part):
    """Reciprocal rank fusion: `factor` is what a sum of 1 / (k + rank) is worth, in nats."""

    k: int = Field(ge=1)
    factor: float = Field(gt=0)

    def of(self, k: int) -> "Reciprocal":
        """Return it for another k: the first place is worth as much over the second as with this one."""
        return Reciprocal(k=k, factor=self.factor * (k + 1) * (k + 2) / ((self.k + 1) * (self.k + 2)))


class Match(_Part):
    """How well a passage of an entry matches a question, beside the entry's others, in nats."""

    bm25: float  # of its BM25 score relative to the best
    dense: float  # of a spread of cosine below the nearest
    near: float  # up to which a passage may be behind the entry's best to be drawn on
    fading: float = Field(gt=0)  # by which a passage is behind when it counts 1 / e


class Cosines(_Part):
    """Where an embedder's cosines lie, over corpora: numbers that were fitted to them hold for another's, put there."""

    average: float  # of a question with the average passage
    spread: float = Field(gt=0)  # of a question's cosines

    def put(self, cosine: float, average: float, spread: float) -> float:
        """Return what stands for another embedder's cosine, which has its own average and spread."""
        return self.average + (cosine - average) / spread * self.spread


class Blend(_Part):
    """What the cross-encoder's log odds and the fused score are worth in the score of both, in nats.

    A passage that is read as more than `reach` nats worse than the best counts as that much worse, so that one harsh
    reading does not outweigh both indexes; None sets no such limit.
    """

    weight: float = Field(ge=0)
    fused: float = Field(ge=0)
    reach: float | None = Field(default=None, gt=0)

    def worth(self, log_odds: ArrayLike) -> NDArray[np.float64]:
        """Return (n,) nats that the log odds of the passages read for a question, (n,), add to their scores."""
        read = np.asarray(log_odds, np.float64)
        return self.weight * (read if self.reach is None else np.maximum(read, read.max() - self.reach))


@dataclass(frozen=True, slots=True)
class Lead:
    """How an unanswered entry that is first stands to the others; `ahead` is None where no answered one was found.

    Distances are in the unit of the margins that it is held against.
    """

    ahead: float | None  # of the best answered entry
    preferred: float  # the same in the cross-encoder's log odds, 0 without
    held: float  # share of the question's term weight in that answered entry's passage
    covering: tuple[tuple[float, float], ...] = ()  # the same two of each answered entry on its subject


class Margins(_Part):
    """How far candidates must be apart for a decision, in `unit`: nats of score, or places where those say nothing.

    The first five tell an unanswered entry that is the one asked for from one that merely resembles the question.
    """

    unit: Literal["nats", "places"]
    ahead: float  # of the unanswered entry over the best answered one
    preferred: float | None = None  # of its cross-encoder score over that one's, in log odds: either suffices
    far_ahead: float  # from which on it is the question asked, whatever another passage mentions
    held: float  # share of the question's term weight in the answered passage, from which on it is the answer
    covered: float  # up to which an answered entry that deals with the same subject may be behind
    said: float | None = None  # share of the term weight, from which on such an entry is the answer however far behind
    beside: float  # up to which an answered entry may be behind the best one to be drawn on too
    related: float  # up to which an entry may be behind the first one to be named beside the answer
    fading: float = Field(gt=0)  # by which an entry is behind when its passages count 1 / e
    sentence: float | None = None  # log odds that count as one nat between sentences

    def takes(self, lead: Lead) -> bool:
        """Whether an unanswered entry is the one asked for, and no answered one is about as good or says it."""
        if lead.ahead is None:
            return True
        said = math.inf if self.said is None else self.said
        if any(behind <= self.covered or held >= said for behind, held in lead.covering):
            return False
        first = lead.ahead > self.ahead or (self.preferred is not None and lead.preferred > self.preferred)
        return lead.ahead > self.far_ahead or (first and lead.held < self.held)

    def scaled(self, factor: float) -> "Margins":
        """Return margins of scores that are `factor` times as large."""
        names = ("ahead", "far_ahead", "covered", "beside", "related", "fading")
        return self.model_copy(update={name: round(getattr(self, name) * factor, 3) for name in names})


class Stage(_Part):
    """What decides for candidates that were scored one way.

    `fusion` names the fusion with its weights; `reranker` the model, "" for none, and `blend` what it is worth.
    `confidence` holds for documents in general, `few` for those of fewer than FEW passages, `own` for those that it was
    fitted to.
    """

    fusion: str
    reranker: str
    blend: Blend | None = None
    margins: Margins
    confidence: Logistic
    few: Logistic | None = None
    own: Logistic | None = None

    def scaled(self, factor: float) -> "Stage":
        """Return what decides alike for scores that are `factor` times as large."""
        models = {"confidence": self.confidence, "few": self.few, "own": self.own}
        scaled = {name: model.scaled("margin", factor) for name, model in models.items() if model}
        return self.model_copy(update={"margins": self.margins.scaled(factor), **scaled})


class Input(_Part):
    """A file that was fitted to; `name` is its path or its name in the pack."""

    name: str
    sha256: str


class Fit(_Part):
    """How the numbers were made."""

    command: str
    date: str
    versions: Mapping[str, str]
    seeds: Mapping[str, int]
    inputs: tuple[Input, ...]
    kept: tuple[str, ...] = ()  # parts that were there before, where new ones were no better


class Fitted(_Part):
    """`embedder` and `tokeniser` are the fingerprints of what it was fitted with; no tokeniser: any.

    `documents` are the sources (name and sha256) that each stage's `own` confidence was fitted to. `places` are the
    margins for what no stage was fitted with.
    """

    format: Literal[2]
    unit: Literal["nats"]
    embedder: str
    tokeniser: str
    documents: Mapping[str, str] = {}
    fusion: FusionWeights
    choices: Mapping[str, FusionWeights] = {}  # others, of which a build takes what serves its documents best
    reciprocal: Reciprocal
    match: Match
    cosines: Cosines | None = None
    stages: tuple[Stage, ...] = Field(min_length=1)  # the first is the default fusion's, without a cross-encoder
    places: Margins
    support: Logistic
    fit: Fit

    @classmethod
    def read(cls, path: Path) -> "Fitted":
        """Read a file; raises FittedError naming it and the field that is wrong."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise FittedError(f"{path} holds no fitted numbers: {error}; `python -m ingest fit` makes it") from error

    def write(self, path: Path) -> None:
        """Write it whole or not at all."""
        partial = path.with_name(f".{path.name}.partial")
        partial.write_text(self.model_dump_json(indent=1, exclude_none=True) + "\n", "utf-8")
        partial.replace(path)

    def stage(self, fusion: str, reranker: str, blend: Blend | None = None) -> Stage | None:
        """Return what was fitted with a fusion and a cross-encoder, None when nothing was."""
        wanted = (fusion, reranker, blend)
        return next((s for s in self.stages if (s.fusion, s.reranker, s.blend) == wanted), None)

    def fused_by(self, weights: FusionWeights) -> "Fitted":
        """Return the same with another weighted fusion: what was fitted to its nats holds for these nats too."""
        old, new = (f"{w.name} expansion={w.expansion:g}" for w in (self.fusion, weights))
        stages = tuple(s.model_copy(update={"fusion": new}) if s.fusion == old else s for s in self.stages)
        return self.model_copy(update={"fusion": weights, "stages": stages})

    def blend(self, fusion: str) -> Blend:
        """Return what a cross-encoder's log odds count beside a fusion's score: as fitted, or as with another one."""
        blends = [s for s in self.stages if s.blend is not None]
        stage = next((s for s in blends if s.fusion == fusion), blends[0] if blends else None)
        return stage.blend if stage and stage.blend else Blend(weight=1.0, fused=1.0)


def probability(score: float) -> float:
    """Return the logistic function of log odds, without overflow."""
    return 1 / (1 + math.exp(-score)) if score > -700 else 0.0
