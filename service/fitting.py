"""What `python -m ingest fit` measures of this engine (ingest/fit/engine.py), as it would answer with other numbers."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ingest.fit.engine import Claim, Engine, Evidence, Key, Passages, Ranking, Sight
from ingest.fit.part import Part
from ingest.fitted import Fitted, Stage
from ingest.index.snapshot import Snapshot
from ingest.pack import NONE
from service.bootstrap import Service, scorer
from service.check.support import FEATURES, LexicalSupport, SupportModel
from service.decide.confidence import Matcher
from service.decide.coverage import covered
from service.decide.verdict import lead
from service.guard.training import fit_guard
from service.search.fusion import ReciprocalRank, Weighted, columns, gain
from service.search.lexicon import Lexicon
from service.search.passages import passage
from service.search.reading import Reading
from service.search.rerank import joined
from service.search.retrieve import Candidate, Query, Retriever
from service.search.scorers import SHIPPED
from service.settings import NoRerankSettings, ServiceSettings
from service.understand.follow_ups import Message, condense
from service.understand.training import fit_recogniser
from service.understand.turn_training import fit_turns

CANDIDATES = 30  # as answering retrieves


def open_engine(index: Path | None = None) -> Engine:
    """Open an index with the settings of the environment; raises what the service raises at its start.

    None is the current index; another is opened without a pack.
    """
    settings = ServiceSettings() if index is None else ServiceSettings(index=index, pack=NONE)
    service = Service(settings.model_copy(update={"rerank": NoRerankSettings(kind="none")}))
    return ServiceEngine(service, settings, service.open())


@dataclass(frozen=True, slots=True)
class _Trial:
    """What finds candidates with the numbers that are tried."""

    retriever: Retriever
    matcher: Matcher


class ServiceEngine:
    """Keeps questions as embedded and pairs as scored, so that other numbers cost no model time."""

    folder: Path = SHIPPED

    def __init__(self, service: Service, settings: ServiceSettings, snapshot: Snapshot) -> None:
        self._service, self.snapshot = service, snapshot
        self._reading = Reading(snapshot, Lexicon(snapshot))
        self._scorer = scorer(settings.rerank)
        self._read = 0 if isinstance(settings.rerank, NoRerankSettings) else settings.rerank.candidates
        self.reranker = self._scorer.name if self._scorer else ""
        self._covered = covered(snapshot.entries, snapshot.pack.covered)
        self._numbers = {group.key: number for number, group in enumerate(snapshot.groups)}
        self._queries: dict[str, Query] = {}
        self._odds: dict[tuple[str, str], float] = {}
        self._trials: dict[str, _Trial] = {}

    def prepare(self, questions: Sequence[str]) -> None:
        new = [text for text in dict.fromkeys(questions) if text not in self._queries]
        read = [self._reading.of(text) for text in new]
        self._queries |= zip(new, self._service.queries(read, self.snapshot.pack.words), strict=True)

    def condensed(self, question: str, history: Sequence[tuple[str, str]]) -> str:
        return condense(question, [Message(*turn) for turn in history], self.snapshot.pack.words)

    def fusions(self, fitted: Fitted) -> tuple[str, ...]:
        return tuple(retriever.name for retriever in self._retrievers(fitted))

    def evidence(self, question: str, k: int, expansion: float) -> Evidence:
        retriever = self._trial(self._with_expansion(expansion)).retriever
        found = retriever.evidence(self._query(question))
        return Evidence(
            tuple(self.snapshot.groups[number].key for number in found),
            columns(list(found.values()), retriever.spread),
            np.array([gain(k, (e.bm25_rank, e.dense_rank)) for e in found.values()]),
        )

    def passages(self, question: str, key: Key, expansion: float) -> Passages:
        retriever, query = self._trial(self._with_expansion(expansion)).retriever, self._query(question)
        rows = list(self.snapshot.groups[self._numbers[key]].rows)
        texts = tuple(self.snapshot.chunks[row].text for row in rows)
        return Passages(texts, retriever.nearness(query, rows))

    def ranking(self, question: str, fitted: Fitted, fusion: str) -> Ranking:
        query, candidates = self._query(question), self._fused(question, fitted, fusion)
        head = candidates[: self._read]
        odds = self._log_odds(query, head)
        return Ranking(tuple(c.chunk.group for c in head), np.array([odds, [c.score for c in head]]).T)

    def sight(self, question: str, fitted: Fitted, stage: Stage) -> Sight:
        query, candidates = self._query(question), self._fused(question, fitted, stage.fusion)
        if stage.blend is not None:
            head, tail = candidates[: self._read], candidates[self._read :]
            candidates = joined(head, self._log_odds(query, head), tail, stage.blend)
        matcher = self._trial(fitted, stage.fusion).matcher
        return Sight(
            keys=tuple(c.chunk.group for c in candidates),
            lead=lead(matcher, self._covered, query, candidates, stage.margins),
            places=lead(matcher, self._covered, query, candidates, fitted.places),
            features=matcher.features(query, candidates),
            vector=query.vector,
        )

    def support(self, claims: Sequence[Claim]) -> list[Mapping[str, float] | None]:
        return asyncio.run(self._support(claims))

    async def _support(self, claims: Sequence[Claim]) -> list[Mapping[str, float] | None]:
        words, service = self.snapshot.pack.words, self._service

        async def embed(text: str) -> Query:
            return await service.embed((text, words))

        blank = SupportModel(0.0, (0.0,) * len(FEATURES))  # features need no weights
        support = LexicalSupport(words, self.snapshot.postings.specificity, embed, blank, service.work)
        measured: list[Mapping[str, float] | None] = []
        for claim in claims:
            source = passage(self.snapshot, self.snapshot.chunks[claim.row], 1.0)
            found = await support.features(claim.text, source, claim.question)
            measured.append(dict(zip(FEATURES, found, strict=True)) if found else None)
        return measured

    def refit(self, folder: Path) -> Sequence[Part[object]]:
        return [fit(self._service.embedder, folder) for fit in (fit_recogniser, fit_guard, fit_turns)]

    def close(self) -> None:
        self._service.close()

    def _query(self, question: str) -> Query:
        self.prepare([question])
        return self._queries[question]

    def _fused(self, question: str, fitted: Fitted, fusion: str) -> list[Candidate]:
        return self._trial(fitted, fusion).retriever.retrieve(self._query(question), CANDIDATES)

    def _log_odds(self, query: Query, candidates: Sequence[Candidate]) -> list[float]:
        if self._scorer is None:
            raise ValueError("there is no cross-encoder to ask: set rerank.kind")
        asked = query.read if self._scorer.bilingual else query.text
        keys = [(asked, candidate.chunk.id) for candidate in candidates]
        new = [
            (key, (asked, c.chunk.indexed)) for key, c in zip(keys, candidates, strict=True) if key not in self._odds
        ]
        scores = self._scorer.scores([pair for _, pair in new]).tolist()
        self._odds |= {key: score for (key, _), score in zip(new, scores, strict=True)}
        return [self._odds[key] for key in keys]

    def _with_expansion(self, expansion: float) -> Fitted:
        fitted = self.snapshot.pack.fitted
        return fitted.model_copy(update={"fusion": fitted.fusion.model_copy(update={"expansion": expansion})})

    def _trial(self, fitted: Fitted, fusion: str | None = None) -> _Trial:
        """Return what finds candidates with a fusion, by its name, or with the default one; made once."""
        key = f"{fusion} {fitted.fusion!r} {fitted.reciprocal!r} {fitted.match!r}"
        if key not in self._trials:
            retriever = next(r for r in self._retrievers(fitted) if fusion in (None, r.name))
            self._trials[key] = _Trial(retriever, Matcher(self.snapshot, retriever))
        return self._trials[key]

    def _retrievers(self, fitted: Fitted) -> list[Retriever]:
        manifest = replace(self.snapshot.manifest, fusion={})  # what is tried, not what was chosen at the build
        snapshot = replace(self.snapshot, pack=replace(self.snapshot.pack, fitted=fitted), manifest=manifest)
        fusions = (Weighted(fitted.fusion), ReciprocalRank.of(fitted.reciprocal))
        return [Retriever(snapshot, fusion) for fusion in fusions]
