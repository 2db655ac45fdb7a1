"""What kind of answer a question gets: from the documents, "listed without an answer", or "not in them"."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from service.confidence import Matcher, Model
from service.covered import Key
from service.retrieve import Candidate, Query

# All were chosen on the development questions: the least that leaves recognition of listed questions as it is.
AHEAD = 0.75  # in fused score, of the unanswered entry over the best answered one
FAR_AHEAD = 5.0  # from which on it is the question asked, whatever another passage mentions
HELD = 0.6  # share of the question's term weight in the answered passage, from which on it is the answer
COVERED = 5.5  # in fused score, up to which an answered entry that deals with the same subject may be behind
SAID = 0.9  # of it, from which on such an entry is the answer however far behind it is

Verdict = Literal["answered", "listed_unanswered", "not_in_documents"]


@dataclass(frozen=True, slots=True)
class Decision:
    """`confidence` is the probability that the documents deal with the question."""

    verdict: Verdict
    confidence: float


class Decider:
    """Decides from the candidates of one snapshot; `threshold` None takes the model's own.

    `covered` names the answered entries that deal with an unanswered one's subject, as `covered.covered` gives them.
    """

    def __init__(
        self, matcher: Matcher, model: Model, covered: Mapping[Key, Collection[Key]], threshold: float | None = None
    ) -> None:
        self._matcher, self._model, self._covered = matcher, model, covered
        self._threshold = model.threshold if threshold is None else threshold

    def decide(self, query: Query, candidates: Sequence[Candidate]) -> Decision:
        """Decide from candidates, best first; without any the documents do not deal with the question."""
        if not candidates:
            return Decision("not_in_documents", 0.0)
        confidence = self._model.probability(self._matcher.features(query, candidates), query.vector)
        if confidence < self._threshold:
            return Decision("not_in_documents", confidence)
        return Decision("listed_unanswered" if self._is_listed(query, candidates) else "answered", confidence)

    def _is_listed(self, query: Query, candidates: Sequence[Candidate]) -> bool:
        """Whether an unanswered entry fits best, and no answered one is about as good or says what is asked."""
        answered = next((c for c in candidates if c.chunk.kind == "text"), None)
        if candidates[0].chunk.kind == "text" or answered is None:
            return answered is None
        ahead = candidates[0].score - answered.score
        return not self._is_covered(query, candidates) and (
            ahead > FAR_AHEAD or (ahead > AHEAD and self._matcher.held(query, answered) < HELD)
        )

    def _is_covered(self, query: Query, candidates: Sequence[Candidate]) -> bool:
        """Whether an answered entry on the first one's subject is not far behind, or says all that is asked."""
        covering = self._covered.get(_key(candidates[0]), ())
        return any(
            candidates[0].score - c.score <= COVERED or self._matcher.held(query, c) >= SAID
            for c in candidates
            if _key(c) in covering
        )


def _key(candidate: Candidate) -> Key:
    return candidate.chunk.document, candidate.chunk.entry_id or ""
