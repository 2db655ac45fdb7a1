"""One search: a question is embedded, its candidates are retrieved and reranked, and what was missing is said."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from ingest.chunk import Chunk
from ingest.index.snapshot import Snapshot
from ingest.parse.outline import Entry
from service.language.phrases import Missing
from service.search.lexicon import Lexicon
from service.search.naming import Naming
from service.search.neighbours import related
from service.search.passages import Passage, gather, passage
from service.search.reading import Reading
from service.search.rerank import Reranker
from service.search.retrieve import Candidate, Query, Retriever, Scope
from service.search.rows import abridged
from service.search.scale import Scale
from service.search.titled import Titled
from service.tracing import span
from service.workers.worker import Worker

Embed = Callable[[str], Awaitable[Query]]


@dataclass(frozen=True, slots=True)
class Hits:
    """The candidates for a question, best first; `missing` is the code of what was."""

    query: Query
    candidates: Sequence[Candidate]
    missing: Missing | None
    timings_ms: dict[str, float]  # by stage
    scope: Scope | None = None


class Searcher:
    """Searches one snapshot; answering, the search route, the LangChain retriever and the benchmarks use it."""

    def __init__(
        self,
        snapshot: Snapshot,
        retriever: Retriever,
        reranker: Reranker,
        embed: Embed,
        work: Worker,
        candidates: int = 30,
        passages: int = 6,
        lexicon: Lexicon | None = None,
    ) -> None:
        """`candidates` are retrieved at least, so that what is decided on does not hang on how many are asked for;
        `passages` are drawn at most. `lexicon` is the snapshot's where it is there already.
        """
        self.retriever, self.reranker = retriever, reranker
        self.scale, self._snapshot = Scale.of(snapshot, retriever, reranker), snapshot
        self._naming = Naming(snapshot.pack.words)
        lexicon = lexicon or Lexicon(snapshot)
        self._reading, self._titled = Reading(snapshot, lexicon), Titled(lexicon)
        self._embed, self._work, self._least, self._passages = embed, work, candidates, passages

    def warm(self) -> None:
        """Make what would be made for the first question that needs it."""
        self._reading.warm()

    async def find(self, text: str, k: int = 0, scope: Scope | None = None, decided: bool = False) -> Hits:
        """Return the candidates for a question: `k` of them, or as many as are decided on where that is more.

        What is `decided` on waits for the reranker.
        """
        timings: dict[str, float] = {}
        lap = time.perf_counter()

        def took(stage: str) -> None:
            nonlocal lap
            now = time.perf_counter()
            timings[stage] = round((now - lap) * 1000, 2)
            lap = now

        query = replace(await self._embed(await self._work(self._reading.of, text)), asked=text)
        took("embed")
        wanted, index = max(k, self._least), self._snapshot.manifest.version
        with span("retrieval", "RETRIEVER", gen_ai__operation__name="retrieval") as noted:
            noted.note(gen_ai__data_source__id=index, gen_ai__retrieval__top_k=wanted)
            noted.content(gen_ai__retrieval__query__text=query.text, input__value=query.text)
            retrieved = await self._work(self.retriever.retrieve, query, wanted, scope)
            noted.documents({candidate.chunk.id: float(candidate.score) for candidate in retrieved})
        took("retrieve")
        with span("rerank", "RERANKER", reranker__model_name=self.reranker.name) as noted:
            texts = await self._work(self._texts, query, retrieved)
            candidates, missing = await self.reranker.rerank(query, retrieved, decided, texts)
            noted.note(reranker__top_k=len(candidates), outline_qa__missing=missing)
        candidates = await self._work(self._titled.first, query.text, candidates)
        candidates = await self._work(self._naming.apart, query.text, candidates)
        candidates = [replace(c, place=self._place(c.chunk, query, scope)) for c in candidates]
        took("rerank")
        return Hits(query, candidates, missing, timings, scope)

    def mended(self, text: str) -> str:
        """Return a text with its slips of the pen mended."""
        return self._reading.mended(text)

    def clause(self, text: str) -> str:
        """Return the clause of a question that may be answered without the others, "" where there is none."""
        return self._reading.clause(text)

    async def draw(self, hits: Hits) -> list[Passage]:
        """Return the passages that a writer may draw on, best first."""
        candidates = [candidate for candidate in hits.candidates if not candidate.outdone]
        passages = await self._work(
            gather, self._snapshot, hits.query, candidates, self.retriever, self.scale, self._passages
        )
        return [self._moved(passage, hits) for passage in passages]

    def within(self, query: Query, drawn: Passage, places: Sequence[tuple[int, int]]) -> list[float]:
        """Return how near places of a passage are to a question, in spreads; [] where that is not known."""
        chunk = self._snapshot.chunk(drawn.chunk_id)
        indent = len(drawn.text) - len(chunk.text)
        return self.retriever.within(query, chunk, [(start - indent, stop - indent) for start, stop in places])

    def _texts(self, query: Query, candidates: Sequence[Candidate]) -> list[str]:
        """What a reranker reads of each."""
        return [abridged(c.chunk.indexed, query.terms, self._snapshot.pack.words) for c in candidates]

    def _place(self, chunk: Chunk, query: Query, scope: Scope | None) -> Chunk:
        """Return where a passage is shown: the place that the scope allows and the question names, else its own."""
        aliases = self._snapshot.aliases.get(chunk.id, ())
        places = [place for place in (chunk, *aliases) if scope is None or scope.allows(place)]
        return replace(self._naming.place(query.text, places), id=chunk.id) if aliases and places else chunk

    def _moved(self, drawn: Passage, hits: Hits) -> Passage:
        chunk = self._snapshot.chunk(drawn.chunk_id)
        place = self._place(chunk, hits.query, hits.scope)
        return drawn if place is chunk else passage(self._snapshot, place, drawn.relevance)

    def related(self, candidates: Sequence[Candidate], drawn: Sequence[Passage] = ()) -> tuple[Entry, ...]:
        """Return the entries worth naming beside an answer that draws on some passages."""
        return related(self._snapshot, self.scale, candidates, drawn)

    def join(self, passages: Sequence[Passage], more: Sequence[Passage]) -> list[Passage]:
        """Join the passages of a question's parts: the best of each stay in."""
        known = {passage.chunk_id for passage in passages}
        joined = [*passages, *(passage for passage in more if passage.chunk_id not in known)]
        return sorted(joined, key=lambda passage: -passage.relevance)[: self._passages]
