"""What is fitted to documents and models, in one file that names what it was fitted with."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class FittedError(ValueError):
    """A file of fitted numbers that cannot be used; the text names it and what is wrong."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Logistic(_Part):
    """A logistic model: weights of named features; `direction`, (d,) or empty, those of the question's vector.

    Below the probability `threshold` the answer is no.
    """

    bias: float
    weights: Mapping[str, float]
    threshold: float = Field(0.5, ge=0, le=1)
    direction: tuple[float, ...] = ()


class FusionWeights(_Part):
    """Weights of what the indexes say of an entry (service/search/fusion.py)."""

    bm25: float  # of the BM25 score relative to the best entry's
    dense: float  # of a standard deviation of cosine below the nearest passage
    title: float  # the same for the entries' questions
    asked: float  # of the BM25 score of the other ways to ask, relative to the best
    listed: float  # for an entry without an answer
    expansion: float = Field(ge=0)  # of a question's other names, in BM25


class Blend(_Part):
    """Weights of the cross-encoder's log odds and of the fused score beside it."""

    weight: float = Field(ge=0)
    fused: float = Field(ge=0)


class Margins(_Part):
    """How far an unanswered entry must be ahead to be the one asked for; those without a unit are in score."""

    ahead: float  # of the unanswered entry over the best answered one
    preferred: float = math.inf  # of its cross-encoder score over that one's, in log odds: either suffices
    far_ahead: float  # from which on it is the question asked, whatever another passage mentions
    held: float  # share of the question's term weight in the answered passage, from which on it is the answer
    covered: float  # up to which an answered entry that deals with the same subject may be behind
    said: float = math.inf  # share of the term weight, from which on such an entry is the answer however far behind


class Stage(_Part):
    """What decides for candidates in one order: as fused, or as the cross-encoder put them."""

    margins: Margins
    confidence: Logistic


class Fitted(_Part):
    """`embedder`, `reranker` and `tokeniser` are the fingerprints of what it was fitted with.

    `documents` are the sources (name and sha256) that the confidence was fitted to; none: to documents in general.
    """

    format: Literal[1]
    embedder: str
    reranker: str
    tokeniser: str
    documents: Mapping[str, str] = {}
    fusion: FusionWeights
    blend: Blend
    fused: Stage
    reranked: Stage
    support: Logistic

    @classmethod
    def read(cls, path: Path) -> "Fitted":
        """Read a file; raises FittedError naming it and the field that is wrong."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise FittedError(f"{path} holds no fitted numbers: {error}; `python -m ingest fit` makes it") from error
