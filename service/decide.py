"""What kind of answer a question gets: from the documents, "listed without an answer", or "not in them"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from service.confidence import Matcher, Model
from service.retrieve import Candidate, Query

Verdict = Literal["answered", "listed_unanswered", "not_in_documents"]


@dataclass(frozen=True, slots=True)
class Decision:
    """`confidence` is the probability that the documents deal with the question."""

    verdict: Verdict
    confidence: float


class Decider:
    """Decides from the candidates of one snapshot; `threshold` None takes the model's own."""

    def __init__(self, matcher: Matcher, model: Model, threshold: float | None = None) -> None:
        self._matcher, self._model = matcher, model
        self._threshold = model.threshold if threshold is None else threshold

    def decide(self, query: Query, candidates: Sequence[Candidate]) -> Decision:
        """Decide from candidates, best first; without any the documents do not deal with the question."""
        if not candidates:
            return Decision("not_in_documents", 0.0)
        confidence = self._model.probability(self._matcher.features(query, candidates), query.vector)
        if confidence < self._threshold:
            return Decision("not_in_documents", confidence)
        listed = candidates[0].chunk.kind == "listing"
        return Decision("listed_unanswered" if listed else "answered", confidence)
