"""One search over a small index, and what is drawn from it, worked out by hand."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from ingest.index.snapshot import Snapshot
from service.language.phrases import Missing
from service.search.fusion import ReciprocalRank
from service.search.neighbours import related
from service.search.passages import Passage, entry_line, section_line
from service.search.rerank import NoReranker
from service.search.retrieve import Candidate, Query, Retriever, Scope
from service.search.scale import Scale
from service.search.search import Hits, Searcher
from service.workers.worker import Worker
from tests.support.tiny_embedder import TinyEmbedder
from tests.support.tiny_index import index

PUMPS = """# 手册

## 1. 泵

★★★ **1. 离心泵怎么保养？**

离心泵每月检查轴承。

★★ **2. 齿轮泵怎么保养？**

## 2. 阀

★★★★ **1. 球阀怎么保养？**

球阀每年换密封圈。
"""
OTHER = PUMPS.replace("离心泵", "柱塞泵").replace("球阀", "蝶阀")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return index(tmp_path_factory.mktemp("index"), a=PUMPS, b=OTHER)


class Late(NoReranker):
    """Leaves the order as it is, and says so."""

    async def rerank(
        self, query: Query, candidates: Sequence[Candidate], decided: bool = False, texts: Sequence[str] = ()
    ) -> tuple[list[Candidate], Missing | None]:
        return list(candidates), "reranker_late"


@asynccontextmanager
async def searcher(snapshot: Snapshot, reranker: NoReranker, passages: int = 6) -> AsyncIterator[Searcher]:
    embedder, words, work = TinyEmbedder(), snapshot.pack.words, Worker()

    async def read(text: str) -> Query:
        return Query.of(text, embedder.embed_queries([text])[0], words)

    try:
        retriever = Retriever(snapshot, ReciprocalRank())
        yield Searcher(snapshot, retriever, reranker, read, work, candidates=4, passages=passages)
    finally:
        work.close()


def find(snapshot: Snapshot, text: str, k: int = 0, scope: Scope | None = None, late: bool = False) -> Hits:
    async def run() -> Hits:
        async with searcher(snapshot, Late() if late else NoReranker()) as search:
            return await search.find(text, k, scope)

    return asyncio.run(run())


def draw(snapshot: Snapshot, text: str, passages: int = 6) -> list[Passage]:
    async def run() -> list[Passage]:
        async with searcher(snapshot, NoReranker(), passages) as search:
            return await search.draw(await search.find(text))

    return asyncio.run(run())


def test_the_entry_that_names_it_comes_first(snapshot: Snapshot) -> None:
    hits = find(snapshot, "球阀怎么保养？")
    first = hits.candidates[0].chunk
    assert (first.document, first.entry_id) == ("a.md", "2.1")
    assert set(hits.timings_ms) == {"embed", "retrieve", "rerank"}
    assert hits.missing is None


def test_ids_that_two_documents_have_are_two_entries(snapshot: Snapshot) -> None:
    hits = find(snapshot, "怎么保养？", k=10)
    assert {(c.chunk.document, c.chunk.entry_id) for c in hits.candidates} == {
        (document, entry) for document in ("a.md", "b.md") for entry in ("1.1", "1.2", "2.1")
    }
    assert snapshot.entry("b.md", "2.1").question == "蝶阀怎么保养？"
    with pytest.raises(KeyError):
        snapshot.entry("c.md", "2.1")


def test_as_many_are_found_as_are_decided_on(snapshot: Snapshot) -> None:
    assert len(find(snapshot, "保养", k=1).candidates) == 4
    assert len(find(snapshot, "保养", k=6).candidates) == 6


def test_a_filter_holds(snapshot: Snapshot) -> None:
    hits = find(snapshot, "球阀怎么保养？", scope=Scope(documents=frozenset({"b.md"})))
    assert {c.chunk.document for c in hits.candidates} == {"b.md"}


def test_what_was_missing_is_said(snapshot: Snapshot) -> None:
    assert find(snapshot, "球阀", late=True).missing == "reranker_late"


def test_passages_are_drawn_from_entries_with_text(snapshot: Snapshot) -> None:
    passages = draw(snapshot, "齿轮泵怎么保养？")
    assert passages
    assert all(passage.entry_id != "1.2" for passage in passages)
    assert [p.relevance for p in passages] == sorted((p.relevance for p in passages), reverse=True)
    for passage in passages:
        assert snapshot.documents[passage.document][passage.start : passage.end] == passage.text


def test_parts_of_a_question_keep_the_best_of_each(snapshot: Snapshot) -> None:
    async def run() -> tuple[list[Passage], list[Passage], list[Passage]]:
        async with searcher(snapshot, NoReranker(), passages=2) as search:
            one, two = [await search.draw(await search.find(text)) for text in ("球阀换密封圈", "柱塞泵检查轴承")]
            return one, two, search.join(one, two)

    one, two, joined = asyncio.run(run())
    assert len(joined) == 2
    assert {one[0].chunk_id, two[0].chunk_id} <= {p.chunk_id for p in (*one, *two)}
    assert len({p.chunk_id for p in joined}) == 2


def test_related_entries_are_those_nothing_was_drawn_from(snapshot: Snapshot) -> None:
    hits = find(snapshot, "球阀怎么保养？", k=6)
    drawn = draw(snapshot, "球阀怎么保养？", passages=1)
    scale = Scale(None, None, snapshot.pack.fitted.places)
    others = related(snapshot, scale, hits.candidates, drawn)
    assert (drawn[0].document, drawn[0].entry_id) not in {(entry.document, entry.id) for entry in others}
    answered = [entry.answered for entry in others]
    assert answered == sorted(answered, reverse=True)
    assert related(snapshot, scale, []) == ()


def test_lines_of_an_entry_and_its_section(snapshot: Snapshot) -> None:
    entry = snapshot.entry("b.md", "2.1")
    assert entry_line(snapshot, entry).text == "★★★★ **1. 蝶阀怎么保养？**"
    assert section_line(snapshot, entry).text == "## 2. 阀"
    assert {entry_line(snapshot, entry).document, section_line(snapshot, entry).document} == {"b.md"}
