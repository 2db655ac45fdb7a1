"""The stage after fusion: a cross-encoder's order of the best candidates, or none."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from service.batching import Batcher
from service.retrieve import Candidate, Query


class Reranker(Protocol):
    """Reorder candidates; the second value says in one sentence why it could not, None when it did."""

    async def rerank(self, query: Query, candidates: Sequence[Candidate]) -> tuple[list[Candidate], str | None]: ...

    def close(self) -> None: ...


class NoReranker:
    """Returns what it got."""

    async def rerank(self, query: Query, candidates: Sequence[Candidate]) -> tuple[list[Candidate], str | None]:
        return list(candidates), None

    def close(self) -> None:
        """Nothing is held."""


class CrossEncoderReranker:
    """A sentence-transformers CrossEncoder in one worker thread; requests share its batches.

    The model reads what is indexed, heading path first, cut to `max_tokens` with the question. Past the budget,
    or when the model gives a score that is no number, the fused order stands.
    """

    def __init__(self, model: str, candidates: int = 30, budget_ms: int = 800, max_tokens: int = 256) -> None:
        """Load the weights; raises ValueError naming the model when it cannot be loaded."""
        from sentence_transformers import CrossEncoder

        try:
            self._model = CrossEncoder(model, max_length=max_tokens, num_labels=1)
        except (OSError, ValueError) as error:
            raise ValueError(
                f"cannot load the cross-encoder {model!r}: {error}. Set rerank.model to a CrossEncoder folder or "
                "Hugging Face id, or rerank.kind to none"
            ) from error
        self._candidates, self._budget = candidates, budget_ms / 1000
        self._score = Batcher(self._run, limit=4)

    async def rerank(self, query: Query, candidates: Sequence[Candidate]) -> tuple[list[Candidate], str | None]:
        head, tail = list(candidates[: self._candidates]), list(candidates[self._candidates :])
        if not head:
            return [], None
        pairs = [(query.text, candidate.chunk.indexed) for candidate in head]
        try:
            scores = await asyncio.wait_for(self._score(pairs), self._budget)
        except TimeoutError:
            return [
                *head,
                *tail,
            ], f"Reranking took over {self._budget * 1000:.0f} ms; the fused order stands."
        if not np.isfinite(scores).all():
            return [*head, *tail], "The reranker gave a score that is no number; the fused order stands."
        scored = [replace(c, rerank_score=float(s)) for c, s in zip(head, scores, strict=True)]
        return [*sorted(scored, key=lambda c: -(c.rerank_score or 0.0)), *tail], None

    def close(self) -> None:
        self._score.close()

    def _run(self, requests: Sequence[list[tuple[str, str]]]) -> list[list[float]]:
        """Score the pairs of several requests in one go; `predict` sorts them by length itself."""
        flat = [pair for pairs in requests for pair in pairs]
        scores = iter(self._model.predict(flat, show_progress_bar=False).tolist())
        return [[next(scores) for _ in pairs] for pairs in requests]
