"""The stage after fusion: a cross-encoder's order of the best candidates, or none."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from service.search.retrieve import Candidate, Query
from service.search.scorers import Scorer
from service.workers.batching import Batcher

logger = logging.getLogger(__name__)


class Reranker(Protocol):
    """Reorder candidates; the second value says in one sentence why it could not, None when it did.

    `name` says whose scores they are, "" where there are none. `relevance` gives the scores of texts for a question, []
    where there are none in time.
    """

    @property
    def name(self) -> str: ...

    async def rerank(self, query: Query, candidates: Sequence[Candidate]) -> tuple[list[Candidate], str | None]: ...

    async def relevance(self, query: Query, texts: Sequence[str]) -> list[float]: ...

    def close(self) -> None: ...


class _UnreadError(Exception):
    """Why there are no scores, as the beginning of a sentence."""


class NoReranker:
    """Returns what it got."""

    name = ""

    async def rerank(self, query: Query, candidates: Sequence[Candidate]) -> tuple[list[Candidate], str | None]:
        return list(candidates), None

    async def relevance(self, query: Query, texts: Sequence[str]) -> list[float]:
        return []

    def close(self) -> None:
        """Nothing is held."""


class CrossEncoderReranker:
    """Scores the best candidates in one worker thread; requests share its batches.

    A candidate's new score is the model's times `weight` plus the fused score times `fused`: a learned blend never
    loses to what it is made of. The model reads what is indexed, heading path first. Past the budget, or when the model
    fails or gives a score that is no number, the fused order stands.
    """

    def __init__(
        self, scorer: Scorer, candidates: int = 12, budget_ms: int = 800, weight: float = 1.0, fused: float = 0.0
    ) -> None:
        self.name = scorer.name
        self._scorer, self._candidates, self._budget = scorer, candidates, budget_ms / 1000
        self._weight, self._fused = weight, fused
        self._score = Batcher(self._run, limit=scorer.together, patience=self._budget)

    async def rerank(self, query: Query, candidates: Sequence[Candidate]) -> tuple[list[Candidate], str | None]:
        head, tail = list(candidates[: self._candidates]), list(candidates[self._candidates :])
        if not head:
            return [], None
        try:
            scores = await self._read([(self._question(query), candidate.chunk.indexed) for candidate in head])
        except _UnreadError as error:
            return list(candidates), f"{error}; the fused order stands."
        scored = [
            replace(c, rerank_score=score, score=self._weight * score + self._fused * c.score)
            for c, score in zip(head, scores, strict=True)
        ]
        lowest = self._weight * min(scores)  # what was not read counts as the worst of what was
        unread = [replace(c, score=lowest + self._fused * c.score) for c in tail]
        return [*sorted(scored, key=lambda c: -c.score), *unread], None

    async def relevance(self, query: Query, texts: Sequence[str]) -> list[float]:
        try:
            return await self._read([(self._question(query), text) for text in texts]) if texts else []
        except _UnreadError:
            return []

    def _question(self, query: Query) -> str:
        return query.read if self._scorer.bilingual else query.text

    async def _read(self, pairs: list[tuple[str, str]]) -> list[float]:
        """Score pairs within the budget; raises _UnreadError saying why it could not."""
        try:
            scores = await asyncio.wait_for(self._score(pairs), self._budget)
        except TimeoutError:
            raise _UnreadError(f"Reranking took over {self._budget * 1000:.0f} ms") from None
        except Exception as error:  # whatever it is, the fused order is an answer
            logger.exception("the reranker failed")
            raise _UnreadError("The reranker failed") from error
        if not np.isfinite(scores).all():
            raise _UnreadError("The reranker gave a score that is no number")
        return scores

    def close(self) -> None:
        self._score.close()

    def _run(self, requests: Sequence[list[tuple[str, str]]]) -> list[list[float]]:
        """Score the pairs of several requests in one go."""
        scores = iter(self._scorer.scores([pair for pairs in requests for pair in pairs]).tolist())
        return [[next(scores) for _ in pairs] for pairs in requests]
