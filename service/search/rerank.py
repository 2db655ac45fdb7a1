"""The stage after fusion: a cross-encoder's order of the best candidates, or none."""

import asyncio
import logging
import math
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from time import monotonic
from typing import Protocol, Self

import numpy as np

from ingest.fitted import Blend
from service.language.phrases import Missing
from service.search.retrieve import Candidate, Query
from service.search.scorers import Scorer
from service.workers.batching import Batcher

# An answer is decided once the right candidate is among those read this likely; so many are read first, then as many
# again, whatever the machine, so that every one decides alike, and no more than MOST. What that saves, and changes:
# docs/reranker.md.
DECIDED, STEP, MOST = 0.97, 2, 8

logger = logging.getLogger(__name__)


class Reranker(Protocol):
    """Reorder candidates; the second value is the code of why it could not, None when it did.

    Scores stay in nats, as the fusion gave them: exp(a - b) is how much likelier a is the right one than b. `name` says
    whose scores they are, "" where there are none, and `blend` what they are worth; `blended` is the same model with
    the blend that a pack was fitted with, unless someone has set one. An order alone has a small budget of time; what
    is `decided` on waits longer, so that an answer does not hang on how busy the machine is, and may be read only as
    far as it takes to decide. `relevance` gives the scores of texts for a question, in log odds, [] where there are
    none, and waits as long; it raises UnreadError.
    `texts` are what is read of the candidates, where that is not what is indexed.
    """

    @property
    def name(self) -> str: ...

    @property
    def blend(self) -> Blend | None: ...

    def blended(self, blend: Blend) -> "Reranker": ...

    async def rerank(
        self, query: Query, candidates: Sequence[Candidate], decided: bool = False, texts: Sequence[str] = ()
    ) -> tuple[list[Candidate], Missing | None]: ...

    async def relevance(self, query: Query, texts: Sequence[str]) -> list[float]: ...

    def close(self) -> None: ...


class UnreadError(Exception):
    """Why there are no scores."""

    def __init__(self, code: Missing) -> None:
        super().__init__(code)
        self.code: Missing = code


class NoReranker:
    """Returns what it got."""

    name = ""
    blend = None

    def blended(self, blend: Blend) -> "NoReranker":
        return self

    async def rerank(
        self, query: Query, candidates: Sequence[Candidate], decided: bool = False, texts: Sequence[str] = ()
    ) -> tuple[list[Candidate], Missing | None]:
        return list(candidates), None

    async def relevance(self, query: Query, texts: Sequence[str]) -> list[float]:
        return []

    def close(self) -> None:
        """Nothing is held."""


class CrossEncoderReranker:
    """Scores the best candidates in one worker thread; requests share its batches.

    The model reads what is indexed, or part of it, heading path first. Past its time, or when the model fails or gives
    a score that is no number, the fused order stands.
    """

    def __init__(
        self,
        scorer: Scorer,
        candidates: int = 12,
        budget_ms: int = 800,
        decision_ms: int = 20_000,
        weight: float | None = None,
        fused: float | None = None,
    ) -> None:
        """`weight` and `fused` are someone's own instead of the fitted blend's."""
        self.name = scorer.name
        self._scorer, self._candidates = scorer, candidates
        self._budget, self._decision = budget_ms / 1000, max(budget_ms, decision_ms) / 1000
        self._weight, self._fused = weight, fused
        self.blend = self._own(Blend(weight=1.0, fused=0.0))
        self._score = Batcher(self._run, limit=scorer.together)

    def blended(self, blend: Blend) -> Self:
        same = copy(self)
        same.blend = self._own(blend)
        return same

    def _own(self, blend: Blend) -> Blend:
        return Blend(
            weight=blend.weight if self._weight is None else self._weight,
            fused=blend.fused if self._fused is None else self._fused,
            reach=blend.reach,
        )

    async def rerank(
        self, query: Query, candidates: Sequence[Candidate], decided: bool = False, texts: Sequence[str] = ()
    ) -> tuple[list[Candidate], Missing | None]:
        if not candidates:
            return [], None
        head = candidates[: min(self._candidates, MOST) if decided else self._candidates]
        read = texts[: len(head)] or [candidate.chunk.indexed for candidate in head]
        pairs = [(self._question(query), text) for text in read]
        try:
            scores = await (self._decide(head, pairs) if decided else self._read(pairs, self._budget))
        except UnreadError as error:
            return list(candidates), error.code
        return joined(head[: len(scores)], scores, candidates[len(scores) :], self.blend), None

    async def relevance(self, query: Query, texts: Sequence[str]) -> list[float]:
        return await self._read([(self._question(query), text) for text in texts], self._decision) if texts else []

    async def _decide(self, candidates: Sequence[Candidate], pairs: list[tuple[str, str]]) -> list[float]:
        """Score pairs of candidates, best first, until it is decided; raises UnreadError."""
        until = monotonic() + self._decision
        fused, scores = [self.blend.fused * each.score for each in candidates], list[float]()
        while not settled(fused, scores, self.blend):
            scores += await self._read(pairs[len(scores) :][: max(STEP, len(scores))], until - monotonic())
        return scores

    def _question(self, query: Query) -> str:
        return query.read if self._scorer.bilingual else query.text

    async def _read(self, pairs: list[tuple[str, str]], seconds: float) -> list[float]:
        """Score pairs within some seconds; raises UnreadError saying why it could not."""
        try:
            scores = await asyncio.wait_for(self._score(pairs, seconds), seconds)
        except TimeoutError:
            raise UnreadError("reranker_late") from None
        except Exception as error:  # whatever it is, the fused order is an answer
            logger.exception("the reranker failed")
            raise UnreadError("reranker_failed") from error
        if not np.isfinite(scores).all():
            raise UnreadError("reranker_invalid")
        return scores

    def close(self) -> None:
        self._score.close()

    def _run(self, requests: Sequence[list[tuple[str, str]]]) -> list[list[float]]:
        """Score the pairs of several requests in one go."""
        scores = iter(self._scorer.scores([pair for pairs in requests for pair in pairs]).tolist())
        return [[next(scores) for _ in pairs] for pairs in requests]


def settled(fused: Sequence[float], scores: Sequence[float], blend: Blend) -> bool:
    """Whether the right one is among the first, those that have `scores`, with odds of DECIDED.

    `fused` are what fused scores say of all, in nats. What was not read counts as all of those read do but the best: a
    question that resembles much has wrong candidates that are read as near.
    """
    count = len(scores)
    if count < STEP or count == len(fused):
        return count == len(fused)
    worth = blend.worth(scores)
    others = np.logaddexp.reduce(np.sort(worth)[:-1]) - math.log(count - 1)
    read, unread = np.logaddexp.reduce(fused[:count] + worth), np.logaddexp.reduce(fused[count:]) + others
    return bool(unread - read <= math.log(1 / DECIDED - 1))


def joined(
    read: Sequence[Candidate], scores: Sequence[float], unread: Sequence[Candidate], blend: Blend
) -> list[Candidate]:
    """Return candidates by the sum of log odds and fused score: a learned blend never loses to what it is made of."""
    worth = blend.worth(scores).tolist()
    scored = [
        replace(c, rerank_score=score, score=nats + blend.fused * c.score)
        for c, score, nats in zip(read, scores, worth, strict=True)
    ]
    lowest = min(worth)  # what was not read counts as the worst of what was
    rest = [replace(c, score=lowest + blend.fused * c.score) for c in unread]
    return [*sorted(scored, key=lambda c: -c.score), *rest]
