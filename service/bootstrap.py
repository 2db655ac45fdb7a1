"""The composition root, with composition.py: the only place in the service that names concrete classes.

Its functions are entry points (pyproject.toml): from a group of settings to what it stands for.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

from cachetools import LRUCache
from threadpoolctl import threadpool_limits

from ingest import bootstrap as ingest
from ingest import plugins
from ingest.fitted import Fitted
from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from ingest.pack import NONE, SHIPPED, none
from ingest.settings import plugged
from ingest.words.words import Words
from service.check.support import LexicalSupport, SupportModel
from service.composition import open_candidate, open_shelf
from service.decide.confidence import Matcher, confidence_models, other_cosines
from service.decide.coverage import covered
from service.decide.verdict import Decider
from service.guard.requests import Guard
from service.parts import Parts
from service.search.fusion import Fusion, ReciprocalRank, Weighted
from service.search.lexicon import Lexicon
from service.search.rerank import CrossEncoderReranker, NoReranker, Reranker
from service.search.retrieve import Query, Retriever
from service.search.scorers import HubScorer, Scorer, ShippedScorer
from service.search.search import Embed, Searcher
from service.serve.behind import Keeping, NothingKept, WriteBehind
from service.settings import (
    CrossEncoderSettings,
    ExtractiveSettings,
    NoRerankSettings,
    ReciprocalRankSettings,
    RerankSettings,
    ServiceSettings,
    ShippedSettings,
    VllmSettings,
    WeightedSettings,
    WriterSettings,
)
from service.tracing import span
from service.understand.conversation import Conversation
from service.understand.outline import Outline
from service.understand.questions import OutlineQuestions
from service.understand.recogniser import Recogniser
from service.understand.rewrite import ModelRewriter, Rewriter, RuleRewriter
from service.understand.turn import TurnReader
from service.workers.batching import Batcher
from service.workers.worker import Worker
from service.write.extractive import ExtractiveWriter
from service.write.writer import Health, Writer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from service.write.replicas import Replicas

logger = logging.getLogger(__name__)
Idf = Callable[[str], float]
ASKED = 16  # questions that are being answered, each read by several stages
THOROUGH = 4  # times the characters of an answer, for what it left out


def _own(settings: WeightedSettings) -> dict[str, float]:
    """The weights that someone has set instead of the fitted ones."""
    return settings.model_dump(exclude={"kind"}, exclude_none=True)


def weighted(s: WeightedSettings, fitted: Fitted) -> Fusion:
    return Weighted(fitted.fusion.model_copy(update=_own(s)))


def reciprocal_rank(s: ReciprocalRankSettings, fitted: Fitted) -> Fusion:
    return ReciprocalRank.of(fitted.reciprocal.of(s.k) if s.k else fitted.reciprocal)


def no_scorer(_: NoRerankSettings) -> None:
    return None


def shipped_scorer(s: ShippedSettings) -> Scorer:
    return _shipped(s.max_tokens, s.threads)


@lru_cache(maxsize=1)
def _shipped(max_tokens: int, threads: int) -> ShippedScorer:
    """Load it once for all services of a process."""
    return ShippedScorer(max_tokens, threads)


def hub_scorer(s: CrossEncoderSettings) -> Scorer:
    return HubScorer(s.model, s.max_tokens)


def scorer(settings: RerankSettings) -> Scorer | None:
    """Load the model that scores candidates; None for none."""
    made: Scorer | None = plugins.factory("rerankers", plugged(settings))(settings)
    return made


def _reranker(settings: RerankSettings) -> Reranker:
    model = scorer(settings)
    if model is None or isinstance(settings, NoRerankSettings):
        return NoReranker()
    return CrossEncoderReranker(
        model, settings.candidates, settings.budget_ms, settings.decision_ms, settings.weight, settings.fused
    )


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """Who writes, made once: `writer` gives the one for a snapshot's words and weights, or the extractive one back."""

    writer: Callable[[Words, Idf, Writer], Writer]
    rewriter: Callable[[Words, Worker], Rewriter]
    health: Callable[[], Awaitable[Health]]
    min_support: float | None = None  # instead of the fitted one
    replicas: Replicas | None = None


def extractive_only(_: ExtractiveSettings) -> LanguageModel:
    async def health() -> Health:
        return Health(True)

    return LanguageModel(lambda _, __, extractive: extractive, RuleRewriter, health)


def vllm(s: VllmSettings) -> LanguageModel:
    from service.write.prompt import SYSTEM
    from service.write.replicas import Replicas
    from service.write.vllm import ChatModel, VllmWriter  # LangChain takes seconds to load

    replicas = Replicas(s.base_urls, s.api_key.get_secret_value(), s.model)
    chat = ChatModel(
        replicas, s.model, s.max_tokens, s.temperature, s.first_token_seconds, s.stall_seconds, s.extra_body
    )
    try:
        system = s.prompt.read_text("utf-8").strip() if s.prompt else SYSTEM
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the writer's prompt {str(s.prompt)!r} cannot be read: {error}") from error
    return LanguageModel(
        lambda words, idf, _: VllmWriter(chat, words, idf, s.context_tokens, system),
        lambda words, work: ModelRewriter(chat, s.rewrite_seconds, words, work),
        replicas.health,
        s.min_support,
        replicas,
    )


def _language_model(settings: WriterSettings) -> LanguageModel:
    made: LanguageModel = plugins.factory("writers", plugged(settings))(settings)
    return made


class Service:
    """The models, loaded once, and what is made anew for each snapshot."""

    def __init__(self, settings: ServiceSettings, embedder: Embedder | None = None) -> None:
        """Load the models; raises ModelUnavailableError or ValueError naming what is missing.

        From then on NumPy multiplies in one thread in this process: OpenBLAS's others spin for a tenth of a second
        after each product, and so take a core from the cross-encoder that reads next.
        """
        self.settings = settings
        threadpool_limits(1, user_api="blas")
        with ThreadPoolExecutor(2, thread_name_prefix="loading") as beside:
            reranker = beside.submit(_reranker, settings.rerank)
            self.embedder = embedder or ingest.embedder(settings)
            named = beside.submit(getattr, self.embedder, "fingerprint")  # reads all of the weights
            self.embedder.embed_queries(["warm up"])
            self.reranker, _ = reranker.result(), named.result()
        self.index, self.packs = ingest.index(settings), ingest.packs(settings)
        self.embed = Batcher(self._embed)
        self._asked: LRUCache[tuple[Words, str], Query] = LRUCache(ASKED)
        self._vectors: LRUCache[str, NDArray[np.float32]] = LRUCache(ASKED)
        self._lock = Lock()
        self.work = Worker()
        self.model = _language_model(settings.writer)
        self.candidate = open_candidate(settings)
        self.candidate_model = _language_model(self.candidate.writer) if self.candidate else None
        self._turns = TurnReader.read(SHIPPED / NONE, self.embedder.fingerprint)
        self._recogniser = Recogniser.read(SHIPPED / NONE, self.embedder.fingerprint)
        self._guard = Guard.read(SHIPPED / NONE, self.embedder.fingerprint, self._plain)

    def open(self) -> Snapshot:
        """Open the current index, to be asked with these models; raises SnapshotError."""
        return self.index.open(self.embedder.fingerprint, packs=self.packs)

    def retriever(self, snapshot: Snapshot) -> Retriever:
        retrieval = self.settings.retrieval
        fusion = plugins.factory("fusions", plugged(self.settings.fusion))(self.settings.fusion, snapshot.fitted)
        index = self.index.index(snapshot)
        return Retriever(snapshot, fusion, retrieval.depth, retrieval.per_entry, retrieval.expansion, index)

    def searcher(self, snapshot: Snapshot, lexicon: Lexicon | None = None) -> Searcher:
        """Bind the search to a snapshot."""
        retriever = self.retriever(snapshot)
        return Searcher(
            snapshot,
            retriever,
            self.reranker.blended(snapshot.fitted.blend(retriever.name)),
            self._reader(snapshot),
            self.work,
            passages=self.settings.answer.passages,
            lexicon=lexicon,
        )

    def parts(self, snapshot: Snapshot, model: LanguageModel | None = None) -> Parts:
        """Bind the pipeline to a snapshot, and to the model that is set where none is given."""
        model = model or self.model
        answer, pack, idf = self.settings.answer, snapshot.pack, snapshot.postings.idf
        words, fitted, specificity = pack.words, snapshot.fitted, snapshot.postings.specificity
        lexicon = Lexicon(snapshot)
        searcher = self.searcher(snapshot, lexicon)
        scale = searcher.scale
        if scale.fused is None:
            logger.warning("nothing was fitted to %r: candidates are told apart by places", searcher.retriever.name)
        sentence = (scale.reranked.margins if scale.reranked else scale.places).sentence
        longest, relevance = answer.max_characters, self.reranker.relevance
        extractive = ExtractiveWriter(words, specificity, relevance, longest, sentence, searcher.within)
        rewriter, reader = model.rewriter(words, self.work), self._reader(snapshot)
        return Parts(
            snapshot=snapshot,
            guard=self._guard,
            outline=OutlineQuestions(Outline(snapshot), self._recogniser, words, self._reader(snapshot), self.work),
            conversation=Conversation(snapshot, self._turns, rewriter, reader, self.work, searcher.mended, lexicon),
            rewriter=rewriter,
            searcher=searcher,
            decider=Decider(
                Matcher(snapshot, searcher.retriever, lexicon, other_cosines(snapshot)),
                confidence_models(snapshot, scale),
                scale,
                covered(snapshot.entries, pack.covered),
                answer.min_confidence,
            ),
            writer=model.writer(words, idf, extractive),
            extractive=extractive,
            thorough=ExtractiveWriter(words, specificity, relevance, THOROUGH * longest, math.inf),
            support=LexicalSupport(
                words, specificity, self._reader(snapshot), SupportModel.of(fitted.support), self.work
            ),
            work=self.work,
            min_support=fitted.support.threshold if model.min_support is None else model.min_support,
        )

    def _reader(self, snapshot: Snapshot) -> Embed:
        """How questions to a snapshot are read: with its words, and embedded with whatever else waits."""

        async def read(text: str) -> Query:
            return await self._query(text, snapshot.pack.words)

        return read

    async def _plain(self, text: str) -> Query:
        """Read a question with no documents' words."""
        return await self._query(text, none().words)

    async def _query(self, text: str, words: Words) -> Query:
        """Embed a question once for all stages of its answer."""
        with self._lock:
            known = self._asked.get((words, text))
        if known is None:
            with span("embeddings", "EMBEDDING", gen_ai__operation__name="embeddings") as noted:
                noted.note(gen_ai__request__model=self.embedder.fingerprint)
                known = await self.embed((text, words))
            with self._lock:
                self._asked[words, text] = known
        return known

    def keeping(self, lost: Callable[[int], None]) -> Keeping:
        """Keep answers as the settings say; `lost` is told of those that could not be."""
        store = self.settings.store
        if not store.enabled:
            return NothingKept()
        return WriteBehind(open_shelf(store), lost)

    def forget(self) -> None:
        """Forget the questions that were read last."""
        with self._lock:
            self._asked.clear()
            self._vectors.clear()

    def close(self) -> None:
        self.embed.close()
        self.work.close()
        self.reranker.close()

    def queries(self, texts: Sequence[str], words: Words) -> list[Query]:
        """Read questions with the words of an index."""
        return self._embed([(text, words) for text in texts])

    def _embed(self, questions: Sequence[tuple[str, Words]]) -> list[Query]:
        vectors = self._read([words.bilingual(text) for text, words in questions])
        return [Query.of(text, vector, words) for (text, words), vector in zip(questions, vectors, strict=True)]

    def _read(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        """Embed texts, once whichever words they are cut by: the guard reads a question before the documents are."""
        with self._lock:
            known = {text: self._vectors[text] for text in texts if text in self._vectors}
        if new := [text for text in dict.fromkeys(texts) if text not in known]:
            known |= zip(new, self.embedder.embed_queries(new), strict=True)
            with self._lock:
                self._vectors.update(known)
        return [known[text] for text in texts]
