from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.chunk import Chunk
from ingest.index.bm25 import Postings
from ingest.index.dense import DenseIndex
from ingest.index.snapshot import Manifest, Snapshot, groups
from ingest.index.ways import Ways
from ingest.models.embedder import Embedder
from ingest.pack import none
from ingest.parse.outline import Entry
from service.search.fusion import Evidence, ReciprocalRank
from service.search.retrieve import Query, Retriever, Scope
from tests.support.packs import WORDS, question
from tests.support.weighted import weighted

QUESTIONS = [
    "QLoRA 比 LoRA 省在哪里？",
    "beam search",
    "为什么要做模型剪枝",
    "梯度检查点 显存",
    "GPT-2 tokenizer function",
]
WEIGHTED = weighted(3.9, 2.1, 0.5, 1.0, -0.7)


class Spy:
    """Reciprocal rank that keeps what it was given."""

    def __init__(self) -> None:
        self.evidence: dict[int, Evidence] = {}

    @property
    def name(self) -> str:
        return "spy"

    def score(self, evidence: Mapping[int, Evidence], spread: float) -> dict[int, float]:
        self.evidence = dict(evidence)
        return ReciprocalRank().score(evidence, spread)


def unit(degrees: float) -> NDArray[np.float32]:
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], np.float32)


def tiny() -> Snapshot:
    """Entries 1.1 (two chunks), 1.2, and 2.1 without an answer; chunk vectors at 0, 60, 30 and 90 degrees."""

    def chunk(name: str, entry: str, stars: int, text: str, kind: str = "text") -> Chunk:
        path = (f"{entry[0]}. s", f"t{entry}")
        return Chunk(name, kind, "a.md", path, entry, stars, 0, len(text), (0, len(text)), text)  # type: ignore[arg-type]

    chunks = (
        chunk("a", "1.1", 5, "apple"),
        chunk("b", "1.1", 5, "banana banana"),
        chunk("c", "1.2", 3, "cherry"),
        chunk("d", "2.1", 4, "date", "listing"),
    )
    return Snapshot(
        manifest=Manifest("v", "", "", {}, {}, {}),
        documents={"a.md": ""},
        entries=(),
        chunks=chunks,
        aliases={},
        groups=groups(chunks),
        dense=DenseIndex.build(np.stack([unit(0), unit(60), unit(30), unit(90)])),
        postings=Postings.build([WORDS.terms(c.text) for c in chunks]),
        titles=DenseIndex.build(np.stack([unit(0), unit(45), unit(90)])),
        ways=Ways((), (), DenseIndex.build(np.empty((0, 2), np.float32)), Postings.build([])),
        pack=none(),
    )


def test_reciprocal_rank_of_entries_by_hand() -> None:
    retriever = Retriever(tiny(), ReciprocalRank())
    found = retriever.retrieve(question("cherry banana", unit(80)), 10)
    # Nearest passages to 80 degrees: d (10), b (20), c (50), a (80), so entries 2.1, 1.1, 1.2 by cosine.
    # BM25, equal idf, mean length 1.25: b 5 / (2 + 1.5 * 1.45) = 1.20, c 2.5 / (1 + 1.5 * 0.85) = 1.10.
    expected = {"1.1": 1 / 61 + 1 / 62, "1.2": 1 / 62 + 1 / 63, "2.1": 1 / 61}
    assert {c.chunk.entry_id: c.score for c in found} == pytest.approx(expected)
    assert [c.score for c in found] == sorted(expected.values(), reverse=True)
    by_entry = {c.chunk.entry_id: c for c in found}
    assert by_entry["1.1"].chunk.id == "b"  # the passage with the word and the nearer vector stands for it
    assert (by_entry["1.1"].dense_rank, by_entry["1.2"].dense_rank, by_entry["2.1"].dense_rank) == (2, 3, 1)
    assert by_entry["2.1"].bm25_rank is None
    assert by_entry["1.1"].cosine == pytest.approx(np.cos(np.radians(20)), abs=1e-6)
    assert by_entry["1.1"].title_cosine == pytest.approx(np.cos(np.radians(80)), abs=1e-6)


def test_weighted_by_hand() -> None:
    retriever = Retriever(tiny(), weighted(1.0, 1.0, 1.0, 0.0, -0.5))
    found = {c.chunk.entry_id: c.score for c in retriever.retrieve(question("cherry", unit(30)), 10)}
    # Cosines of all titles with all chunks: differences of 0, 45, 90 and 0, 60, 30, 90 degrees.
    spread = np.std([np.cos(np.radians(t - c)) for t in (0, 45, 90) for c in (0, 60, 30, 90)])
    cos = {"1.1": np.cos(np.radians(30)), "1.2": 1.0, "2.1": 0.5}
    title = {"1.1": np.cos(np.radians(30)), "1.2": np.cos(np.radians(15)), "2.1": 0.5}
    best = np.cos(np.radians(15))
    expected = {e: (cos[e] - 1.0) / spread + (title[e] - best) / spread for e in cos}
    expected["1.2"] += 1.0  # the only one with the word
    expected["2.1"] -= 0.5  # listed without an answer
    assert found == pytest.approx(expected, abs=1e-5)


def test_tiny_scopes() -> None:
    retriever = Retriever(tiny(), WEIGHTED, per_entry=2)
    query = question("banana", unit(60))

    def found(scope: Scope | None, k: int = 10) -> list[str]:
        return [c.chunk.id for c in retriever.retrieve(query, k, scope)]

    assert found(None)[:2] == ["b", "a"]
    assert sorted(found(None)) == ["a", "b", "c", "d"]
    assert found(None, 1) == ["b"]
    assert found(Scope(sections=frozenset({2}))) == ["d"]
    assert sorted(found(Scope(min_stars=4))) == ["a", "b", "d"]
    assert sorted(found(Scope(min_stars=4, answered=True))) == ["a", "b"]
    assert found(Scope(answered=False)) == ["d"]
    assert found(Scope(documents=frozenset({"b.md"}))) == []
    assert found(Scope(sections=frozenset())) == []


@pytest.fixture(scope="module")
def queries(embedder: Embedder) -> list[Query]:
    vectors = embedder.embed_queries(QUESTIONS)
    return [question(text, vector) for text, vector in zip(QUESTIONS, vectors, strict=True)]


def test_evidence_equals_brute_force(snapshot: Snapshot, queries: list[Query]) -> None:
    spy = Spy()
    retriever = Retriever(snapshot, spy, expansion=0.35)
    vectors, titles = snapshot.dense.vectors(), snapshot.titles.vectors()
    for query in queries:
        retriever.retrieve(query, 10)
        words, names = WORDS.terms(query.text), WORDS.expand(query.text)
        bm25 = snapshot.postings.scores(words) + 0.35 * snapshot.postings.scores(names)
        cosines, title_cosines = vectors @ query.vector, titles @ query.vector
        ways = snapshot.ways.dense.vectors() @ query.vector
        ways_bm25 = snapshot.ways.postings.scores(words) + 0.35 * snapshot.ways.postings.scores(names)
        assert len(spy.evidence) >= 60 / max(len(group.rows) for group in snapshot.groups)
        for group, evidence in spy.evidence.items():
            rows = list(snapshot.groups[group].rows)
            assert evidence.bm25 == pytest.approx(bm25[rows].max(), abs=1e-6)
            assert evidence.cosine == pytest.approx(cosines[rows].max(), abs=1e-5)
            own = [way for way, of in enumerate(snapshot.ways.groups) if of == group]
            best = max(title_cosines[group], *ways[own], -1)
            assert evidence.title_cosine == pytest.approx(best, abs=1e-5)
            assert evidence.asked_bm25 == pytest.approx(max(ways_bm25[own], default=0), abs=1e-6)
        nearest = list(dict.fromkeys(_group(snapshot, row) for row in np.argsort(-cosines)[:60]))
        assert {g: e.dense_rank for g, e in spy.evidence.items() if e.dense_rank} == {
            group: rank for rank, group in enumerate(nearest, 1)
        }


def _group(snapshot: Snapshot, row: np.intp) -> int:
    return next(number for number, group in enumerate(snapshot.groups) if row in group.rows)


@pytest.mark.parametrize("per_entry", [1, 2])
def test_candidates_are_grouped_and_ordered(snapshot: Snapshot, queries: list[Query], per_entry: int) -> None:
    retriever = Retriever(snapshot, WEIGHTED, per_entry=per_entry)
    for query in queries:
        found = retriever.retrieve(query, 20)
        scores = [candidate.score for candidate in found]
        assert len(found) == 20
        assert scores == sorted(scores, reverse=True)
        assert max(Counter(candidate.chunk.group for candidate in found).values()) <= per_entry
        assert len({candidate.chunk.id for candidate in found}) == 20
        assert retriever.retrieve(query, 5) == found[:5]


@pytest.mark.parametrize(
    ("scope", "allows"),
    [
        (Scope(sections=frozenset({5, 8})), lambda e: e.section in (5, 8)),
        (Scope(min_stars=5), lambda e: e.stars == 5),
        (Scope(answered=False), lambda e: not e.answered),
        (
            Scope(sections=frozenset({5}), min_stars=4, answered=True),
            lambda e: e.section == 5 and e.stars > 3 and e.answered,
        ),
    ],
    ids=lambda value: "" if callable(value) else str(value),  # a function's name holds its address
)
def test_scopes_hold_and_lose_nothing(
    snapshot: Snapshot, queries: list[Query], scope: Scope, allows: Callable[[Entry], bool]
) -> None:
    wanted = {entry.id for entry in snapshot.entries if allows(entry)}
    assert wanted
    for query in queries:
        found = Retriever(snapshot, WEIGHTED, depth=len(snapshot.chunks)).retrieve(query, 200, scope)
        assert {candidate.chunk.entry_id for candidate in found} == wanted


def test_a_scope_keeps_the_order_of_the_dense_search(snapshot: Snapshot, queries: list[Query]) -> None:
    for query in queries:
        found = Retriever(snapshot, weighted(0, 1, 0, 0, 0)).retrieve(query, 10, Scope(answered=True))
        cosines = snapshot.dense.vectors() @ query.vector
        best: dict[str, float] = {}
        for row, chunk in enumerate(snapshot.chunks):
            if chunk.kind == "text" and chunk.entry_id:
                best[chunk.entry_id] = max(best.get(chunk.entry_id, -1), float(cosines[row]))
        expected = sorted(best, key=lambda entry: -best[entry])[:10]
        assert [candidate.chunk.entry_id for candidate in found] == expected
