"""What kind of answer a question gets: from the documents, "listed without an answer", or "not in them"."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from ingest.glossary import expand
from ingest.text import terms
from service.retrieve import Candidate, Query

Verdict = Literal["answered", "listed_unanswered", "not_in_documents"]
FEATURES = ("cosine", "title_cosine", "coverage", "unknown", "best_term", "english", "short")


@dataclass(frozen=True, slots=True)
class Decision:
    """`confidence` is the probability that the documents deal with the question."""

    verdict: Verdict
    confidence: float


class Decider:
    """Logistic model over how well the best candidates match; its weights lie beside this file.

    They were fitted on eval/golden/develop.jsonl by benchmarks/weights.py; `idf` gives a term's weight, 0 for
    terms that no document has.
    """

    def __init__(self, idf: Callable[[str], float], threshold: float) -> None:
        self._idf, self._threshold = idf, threshold

    def decide(self, query: Query, candidates: Sequence[Candidate]) -> Decision:
        """Decide from candidates, best first."""
        if not candidates:
            return Decision("not_in_documents", 0.0)
        confidence = self.confidence(query, candidates)
        if confidence < self._threshold:
            return Decision("not_in_documents", confidence)
        listed = candidates[0].chunk.kind == "listing"
        return Decision("listed_unanswered" if listed else "answered", confidence)

    def confidence(self, query: Query, candidates: Sequence[Candidate]) -> float:
        weights = _weights()
        values = self.features(query, candidates)
        return 1 / (
            1
            + math.exp(-weights["bias"] - sum(weights[n] * v for n, v in zip(FEATURES, values, strict=True)))
        )

    def features(self, query: Query, candidates: Sequence[Candidate]) -> tuple[float, ...]:
        """Return the features named in FEATURES, each about 0 to 1, of the best three candidates.

        `coverage` is the share of the question's term weight found in the best of them, a term also counting
        when one of its other names is there; `unknown` the share of terms that no document has; `best_term`
        whether the question's rarest known term is found.
        """
        asked = set(query.terms)
        weight = {term: self._idf(term) for term in asked}
        unknown = [term for term in asked if not weight[term] and not any(map(self._idf, expand(term)))]
        rare = max((self._idf(term) for term in asked), default=1.0) or 1.0
        weight |= {term: rare for term in unknown}
        total = sum(weight.values()) or 1.0
        coverage, best_term = 0.0, 0.0
        heaviest = max(weight, key=lambda term: (weight[term], term), default="")
        for candidate in candidates[:3]:
            found = set(terms(candidate.chunk.indexed))
            held = {term for term in asked if term in found or not found.isdisjoint(expand(term))}
            coverage = max(coverage, sum(weight[term] for term in held) / total)
            best_term = max(best_term, float(heaviest in held))
        return (
            max(c.cosine for c in candidates[:3]),
            max(c.title_cosine for c in candidates[:3]),
            coverage,
            sum(weight[term] for term in unknown) / total,
            best_term,
            float(query.text.isascii()),
            float(len(asked) < 3),
        )


@cache
def _weights() -> dict[str, float]:
    weights: dict[str, float] = json.loads(Path(__file__).with_name("confidence.json").read_text("utf-8"))
    return weights
