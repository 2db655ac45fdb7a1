"""What kind of answer a question gets: from the documents, "listed without an answer", or "not in them"."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ingest.fitted import Fitted, Margins
from service.decide.confidence import Matcher, Models
from service.decide.covered import Key
from service.search.retrieve import Candidate, Query

Verdict = Literal["answered", "listed_unanswered", "not_in_documents"]


@dataclass(frozen=True, slots=True)
class Decision:
    """`confidence` is the probability that the documents deal with the question."""

    verdict: Verdict
    confidence: float


class Decider:
    """Decides from the candidates of one snapshot; `threshold` None takes each model's own.

    `covered` names the answered entries that deal with an unanswered one's subject, as `covered.covered` gives them.
    """

    def __init__(
        self,
        matcher: Matcher,
        models: Models,
        fitted: Fitted,
        covered: Mapping[Key, Collection[Key]],
        threshold: float | None = None,
    ) -> None:
        self._matcher, self._models, self._fitted, self._covered = matcher, models, fitted, covered
        self._threshold = threshold

    def decide(self, query: Query, candidates: Sequence[Candidate]) -> Decision:
        """Decide from candidates, best first; without any the documents do not deal with the question."""
        if not candidates:
            return Decision("not_in_documents", 0.0)
        model = self._models.of(candidates)
        confidence = model.probability(self._matcher.features(query, candidates), query.vector)
        if confidence < (model.threshold if self._threshold is None else self._threshold):
            return Decision("not_in_documents", confidence)
        return Decision("listed_unanswered" if self._is_listed(query, candidates) else "answered", confidence)

    def _is_listed(self, query: Query, candidates: Sequence[Candidate]) -> bool:
        """Whether an unanswered entry fits best, and no answered one is about as good or says what is asked."""
        answered = next((c for c in candidates if c.chunk.kind == "text"), None)
        if candidates[0].chunk.kind == "text" or answered is None:
            return answered is None
        margins = (self._fitted.fused if candidates[0].rerank_score is None else self._fitted.reranked).margins
        ahead = candidates[0].score - answered.score
        first = ahead > margins.ahead or _preference(candidates[0], answered) > margins.preferred
        return not self._is_covered(query, candidates, margins) and (
            ahead > margins.far_ahead or (first and self._matcher.held(query, answered) < margins.held)
        )

    def _is_covered(self, query: Query, candidates: Sequence[Candidate], margins: Margins) -> bool:
        """Whether an answered entry on the first one's subject is not far behind, or says all that is asked."""
        covering = self._covered.get(_key(candidates[0]), ())
        return any(
            candidates[0].score - c.score <= margins.covered or self._matcher.held(query, c) >= margins.said
            for c in candidates
            if _key(c) in covering
        )


def _preference(one: Candidate, other: Candidate) -> float:
    """How much more the cross-encoder thinks of one candidate, in log odds; 0 where it did not score both."""
    if one.rerank_score is None or other.rerank_score is None:
        return 0.0
    return one.rerank_score - other.rerank_score


def _key(candidate: Candidate) -> Key:
    return candidate.chunk.document, candidate.chunk.entry_id or ""
