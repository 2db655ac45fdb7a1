"""Which fitted margins hold for candidates: those of their fusion and reranker, or a rule on places."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from ingest.fitted import Margins, Stage
from ingest.index.snapshot import Snapshot
from service.search.rerank import Reranker
from service.search.retrieve import Candidate, Retriever


@dataclass(frozen=True, slots=True)
class Scale:
    """What was fitted to the scores of candidates as they were fused, and as they were reranked.

    A stage is None where nothing was: with weights of someone's own, another embedder, tokeniser or cross-encoder.
    `places` are the margins that hold then. `alike` are the stages of these weights and this cross-encoder, with
    whatever embedder.
    """

    fused: Stage | None
    reranked: Stage | None
    places: Margins
    alike: tuple[Stage | None, Stage | None] = (None, None)

    @classmethod
    def of(cls, snapshot: Snapshot, retriever: Retriever, reranker: Reranker) -> Self:
        """Return what the snapshot's pack has for how its candidates are scored."""
        fitted, made = snapshot.fitted, snapshot.manifest.settings
        same = fitted.embedder == made.get("embedder") and fitted.tokeniser in ("", made.get("tokeniser"))
        fused = fitted.stage(retriever.name, "")
        reranked = fitted.stage(retriever.name, reranker.name, reranker.blend) if reranker.name else None
        return cls(fused if same else None, reranked if same else None, fitted.places, (fused, reranked))

    @property
    def telling(self) -> tuple[Stage | None, Stage | None]:
        """What tells whether the documents deal with a question, as fused and reranked: it holds for any embedder."""
        return self.fused or self.alike[0], self.reranked or self.alike[1]

    def stage(self, candidates: Sequence[Candidate]) -> Stage | None:
        """Return what was fitted to candidates like these, of which there is at least one."""
        return self.fused if candidates[0].rerank_score is None else self.reranked

    def margins(self, candidates: Sequence[Candidate]) -> Margins:
        stage = self.stage(candidates) if candidates else None
        return stage.margins if stage else self.places


def distances(margins: Margins, candidates: Sequence[Candidate]) -> list[float]:
    """Return how far each candidate is behind the first, in the margins' unit; candidates are best first."""
    if margins.unit == "places":
        return [float(place) for place in range(len(candidates))]
    return [candidates[0].score - candidate.score for candidate in candidates]
