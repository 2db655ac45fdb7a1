"""The composition root: the only place in the service that names concrete classes."""

from collections.abc import Callable, Sequence
from typing import Any

from ingest import bootstrap as ingest
from ingest.embed import Embedder
from ingest.snapshot import Snapshot
from service.answer import Parts
from service.batching import Batcher
from service.confidence import Matcher, model
from service.covered import covered
from service.decide import Decider
from service.fusion import Fusion, ReciprocalRank, Weighted
from service.rerank import CrossEncoderReranker, NoReranker, Reranker
from service.retrieve import Query, Retriever, bilingual
from service.settings import ServiceSettings
from service.write.extractive import ExtractiveWriter

FUSIONS: dict[str, Callable[[Any], Fusion]] = {
    "weighted": lambda s: Weighted(s.bm25, s.dense, s.title, s.asked, s.listed),
    "rrf": lambda s: ReciprocalRank(s.k),
}
RERANKERS: dict[str, Callable[[Any], Reranker]] = {
    "none": lambda _: NoReranker(),
    "cross-encoder": lambda s: CrossEncoderReranker(s.model, s.candidates, s.budget_ms, s.max_tokens),
}


class Service:
    """The models, loaded once, and what is made anew for each snapshot."""

    def __init__(self, settings: ServiceSettings, embedder: Embedder | None = None) -> None:
        """Load the models; raises ModelUnavailableError or ValueError naming what is missing."""
        self.settings = settings
        self.embedder = embedder or ingest.embedder(settings)
        self.embed = Batcher(self.queries)
        self.reranker = RERANKERS[settings.rerank.kind](settings.rerank)
        self.embedder.embed_queries(["warm up"])
        Query("预热 warm up", self.embedder.embed_queries(["warm up"])[0])

    def retriever(self, snapshot: Snapshot) -> Retriever:
        retrieval = self.settings.retrieval
        fusion = FUSIONS[self.settings.fusion.kind](self.settings.fusion)
        return Retriever(snapshot, fusion, retrieval.depth, retrieval.per_entry, retrieval.expansion)

    def parts(self, snapshot: Snapshot) -> Parts:
        """Bind the pipeline to a snapshot."""
        answer = self.settings.answer
        retriever = self.retriever(snapshot)
        return Parts(
            snapshot=snapshot,
            retriever=retriever,
            decider=Decider(
                Matcher(snapshot, retriever), model(snapshot), covered(snapshot.entries), answer.min_confidence
            ),
            writer=ExtractiveWriter(snapshot.postings.idf, answer.max_characters),
            embed=self.embed,
            rerank=self.reranker.rerank,
            passages=answer.passages,
        )

    def close(self) -> None:
        self.embed.close()
        self.reranker.close()

    def queries(self, texts: Sequence[str]) -> list[Query]:
        vectors = self.embedder.embed_queries([bilingual(text) for text in texts])
        return [Query(text, vector) for text, vector in zip(texts, vectors, strict=True)]
