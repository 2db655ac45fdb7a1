"""What kind of answer a question gets: from the documents, "listed without an answer", or "not in them"."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ingest.fitted import Lead, Margins
from service.decide.confidence import ConfidenceModels, Matcher
from service.decide.coverage import Key
from service.search.retrieve import Candidate, Query
from service.search.scale import Scale, distances

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
        models: ConfidenceModels,
        scale: Scale,
        covered: Mapping[Key, Collection[Key]],
        threshold: float | None = None,
    ) -> None:
        self._matcher, self._models, self._scale, self._covered = matcher, models, scale, covered
        self._threshold = threshold

    def decide(self, query: Query, candidates: Sequence[Candidate]) -> Decision:
        """Decide from candidates, best first; without any the documents do not deal with the question."""
        if not candidates:
            return Decision("not_in_documents", 0.0)
        model = self._models.of(candidates)
        confidence = model.probability(self._matcher.features(query, candidates), query.vector)
        threshold = model.threshold if self._threshold is None else self._threshold
        if confidence < threshold and self._matcher.stands(query, candidates):
            confidence = threshold
        if confidence < threshold or self._matcher.foreign(query) or self._matcher.untold(query, candidates):
            return Decision("not_in_documents", confidence)
        margins = self._scale.margins(candidates)
        first = lead(self._matcher, self._covered, query, candidates, margins)
        if first and margins.takes(first):
            return Decision("not_in_documents" if self._matcher.other(query) else "listed_unanswered", confidence)
        if self._matcher.formless(query, candidates):
            return Decision("listed_unanswered" if first else "not_in_documents", confidence)
        return Decision("answered", confidence)


def lead(
    matcher: Matcher,
    covered: Mapping[Key, Collection[Key]],
    query: Query,
    candidates: Sequence[Candidate],
    margins: Margins,
) -> Lead | None:
    """Return how the first candidate, when it has no answer, stands to the others; None when it has one."""
    first = candidates[0]
    if first.chunk.kind == "text":
        return None
    placed = list(zip(candidates, distances(margins, candidates), strict=True))
    answered = next(((c, behind) for c, behind in placed if c.chunk.kind == "text"), None)
    if answered is None:
        return Lead(None, 0.0, 0.0)
    covering = covered.get(_key(first), ())
    return Lead(
        ahead=answered[1],
        preferred=_preference(first, answered[0]),
        held=matcher.held(query, answered[0]),
        covering=tuple((behind, matcher.held(query, c)) for c, behind in placed if _key(c) in covering),
    )


def _preference(one: Candidate, other: Candidate) -> float:
    """How much more the cross-encoder thinks of one candidate, in log odds; 0 where it did not score both."""
    if one.rerank_score is None or other.rerank_score is None:
        return 0.0
    return one.rerank_score - other.rerank_score


def _key(candidate: Candidate) -> Key:
    return candidate.chunk.document, candidate.chunk.entry_id or ""
