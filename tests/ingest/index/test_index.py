"""What every index must do, whatever keeps the passages: held against brute force, rank-bm25 and one another."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from qdrant_client import QdrantClient
from rank_bm25 import BM25Okapi

from ingest.build import build_index
from ingest.chunk.recursive import RecursiveChunker
from ingest.clean import CleanSteps
from ingest.fitted import FEEDBACK
from ingest.index.backend import Backend
from ingest.index.dense import ENOUGH, DenseIndex
from ingest.index.embedded import Embedded
from ingest.index.index import Index, Leg, Probe
from ingest.index.qdrant.edge import QdrantEdge
from ingest.index.qdrant.server import QdrantServer
from ingest.index.scope import Scope
from ingest.index.snapshot import Snapshot
from ingest.index.versions import CANDIDATE, Versions
from ingest.pack import Packs
from tests.support.clustered import PASSAGES, SHARES, clustered, queries, texts
from tests.support.milvus import milvus
from tests.support.tiny_embedder import TinyEmbedder

DEPTH, MANY = 60, 1000
QUERIES = queries(25)


@pytest.fixture(scope="module")
def plain() -> Snapshot:
    return clustered()


@pytest.fixture(scope="module")
def graphs(plain: Snapshot) -> Snapshot:
    """The same, its vectors searched through graphs."""
    rows, titles = plain.dense.vectors(), plain.titles.vectors()
    return replace(
        plain, dense=DenseIndex.build(rows, titles[::10], MANY), titles=DenseIndex.build(titles, rows[::30], MANY)
    )


@dataclass(frozen=True)
class Kind:
    make: Callable[[Path], Backend]  # what it keeps beside the version lies in the folder
    snapshot: str = "plain"
    least: float = 0.99  # recall where a filter leaves many
    questions: int = len(QUERIES)


KINDS = {
    "embedded": Kind(lambda _: Embedded()),
    "embedded, graphs": Kind(lambda _: Embedded(), "graphs", ENOUGH),
    "qdrant": Kind(lambda _: QdrantEdge()),
    "qdrant, graphs": Kind(lambda _: QdrantEdge(MANY)),
    # The client's own engine in memory: it reads requests as a server does, slowly, and never makes a graph.
    "qdrant server": Kind(lambda _: QdrantServer(QdrantClient(":memory:"), MANY), questions=2),
    "milvus": Kind(milvus, questions=5),
    "milvus, graphs": Kind(lambda folder: milvus(folder, MANY), questions=5),
}


SERVERS = {"qdrant server", "milvus", "milvus, graphs"}  # one test waits up to twenty seconds for these


@pytest.fixture(scope="module", params=[pytest.param(n, marks=pytest.mark.slow) if n in SERVERS else n for n in KINDS])
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture(scope="module")
def index(kind: Kind, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Index:
    snapshot, folder = request.getfixturevalue(kind.snapshot), tmp_path_factory.mktemp("version")
    backend = kind.make(tmp_path_factory.mktemp("beside"))
    backend.load(snapshot, folder)
    backend.load(snapshot, folder)  # again is no harm
    return backend.open(snapshot, folder)


def probe(vector: NDArray[np.float32], terms: Iterable[str], others: Iterable[str] = (), weight: float = 0.0) -> Probe:
    return Probe(vector, tuple(terms), tuple(others), weight)


def allowed(snapshot: Snapshot, scope: Scope | None) -> NDArray[np.bool_]:
    """(passages,): whether each, or an equal one elsewhere, may be found; asked one by one."""
    places = [(chunk, *snapshot.aliases.get(chunk.id, ())) for chunk in snapshot.chunks]
    return np.array([scope is None or any(map(scope.allows, several)) for several in places])


def recall(leg: Leg, scores: NDArray[np.floating], within: NDArray[np.bool_]) -> float:
    """The share of the best DEPTH that a leg has; all that it has must be within, in order, with its own score."""
    numbers = leg.numbers.tolist()
    assert within[numbers].all()
    assert len(set(numbers)) == len(numbers)
    np.testing.assert_allclose(leg.scores, scores[numbers], atol=1e-5)
    assert (np.diff(leg.scores) <= 0).all()
    best = np.sort(scores[within])[::-1][:DEPTH]
    assert len(numbers) <= len(best)
    return float((leg.scores >= best[-1] - 1e-6).sum() / len(best)) if len(best) else 1.0


@cache
def defined() -> list[NDArray[np.float64]]:
    """What rank-bm25 gives each passage for each question."""
    okapi = BM25Okapi(texts())
    return [okapi.get_scores(terms) for _, terms in QUERIES]


SCOPES = {
    "all": None,
    **{f"document {name}": Scope(documents=frozenset({f"{name}.md"})) for name in SHARES},
    **{f"section {number}": Scope(sections=frozenset({number})) for number in (1, 2, 3, 4)},
    "two documents": Scope(documents=frozenset({"tiny.md", "tenth.md", "none.md"})),
    "stars": Scope(min_stars=4),
    "answered": Scope(answered=True),
    "unanswered": Scope(answered=False),
    "everything at once": Scope(frozenset({2, 3, 4}), 2, frozenset({"small.md", "tenth.md", "rest.md"}), True),
    "no section": Scope(sections=frozenset()),
    "no document": Scope(documents=frozenset()),
    "no condition": Scope(),
    "nowhere": Scope(documents=frozenset({"none.md"})),
}


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)
def test_a_filter_loses_nothing(index: Index, kind: Kind, plain: Snapshot, scope: Scope | None) -> None:
    within = allowed(plain, scope)
    groups = np.array([within[list(group.rows)].any() for group in plain.groups])
    rows, titles = plain.dense.vectors(), plain.titles.vectors()
    dense, headings = [], []
    for (vector, terms), bm25 in islice(zip(QUERIES, defined(), strict=True), kind.questions):
        legs = index.find(probe(vector, terms), DEPTH, scope)
        dense.append(recall(legs.dense, rows @ vector, within))
        headings.append(recall(legs.titles, titles @ vector, groups))
        assert recall(legs.lexical, bm25, within & (bm25 > 0)) == 1
        if legs.centre is not None:
            expected = rows[legs.dense.numbers[:FEEDBACK]].mean(axis=0)
            np.testing.assert_allclose(legs.centre, expected, atol=1e-6)
        assert (legs.centre is None) == (not within.any())
    least = kind.least if within.mean() > 0.15 else 0.99
    assert np.mean(dense) >= least
    assert np.mean(headings) >= least


def test_filters_leave_what_they_are_named_for(plain: Snapshot) -> None:
    """Beside what stands elsewhere too, which is one passage in fifty."""
    for number, (name, share) in enumerate(SHARES.items(), 1):
        for scope in (Scope(documents=frozenset({f"{name}.md"})), Scope(sections=frozenset({number}))):
            assert allowed(plain, scope).mean() == pytest.approx(share, abs=0.02)
    moved = [row for row in range(0, PASSAGES, 50) if allowed(plain, Scope(documents=frozenset({"tenth.md"})))[row]]
    assert {plain.chunks[row].document for row in moved} == {"tenth.md", "rest.md"}


def test_scores_equal_rank_bm25(index: Index, kind: Kind) -> None:
    """Of every passage, with other names that count less, and words that the question repeats."""
    okapi, every = BM25Okapi(texts()), range(PASSAGES)
    for vector, terms in QUERIES[: kind.questions]:
        asked = probe(vector, [*terms, terms[0]], [terms[1], "w7", "w8", "neither"], 0.35)
        expected = okapi.get_scores(asked.terms) + 0.35 * okapi.get_scores(asked.others)
        np.testing.assert_allclose(index.score(asked, every).bm25, expected, atol=1e-5)
        assert index.strongest(asked) == pytest.approx(expected.max(), abs=1e-5)


def test_vectors_are_scored_exactly(index: Index, plain: Snapshot) -> None:
    rows, groups, centre = [2999, 0, 17, 18], [999, 3, 0], plain.dense.vectors()[5] / 2
    vector, terms = QUERIES[0]
    scores = index.score(probe(vector, terms), rows, groups, centre)
    np.testing.assert_allclose(scores.cosines, plain.dense.vectors()[rows] @ vector, atol=1e-6)
    np.testing.assert_allclose(scores.feedback, plain.dense.vectors()[rows] @ centre, atol=1e-6)
    np.testing.assert_allclose(scores.titles, plain.titles.vectors()[groups] @ vector, atol=1e-6)
    assert index.score(probe(vector, terms), rows).feedback.tolist() == [0.0] * 4


def test_what_no_document_has(index: Index) -> None:
    asked = probe(QUERIES[0][0], ["unknown"], ["neither"], 1.0)
    assert index.find(asked, DEPTH).lexical.numbers.shape == (0,)
    assert len(index.find(asked, DEPTH).dense.numbers) == DEPTH
    assert index.strongest(asked) == 0
    assert index.score(asked, [1, 2]).bm25.tolist() == [0, 0]
    nothing = index.score(asked, [], [])
    assert [len(each) for each in (nothing.bm25, nothing.cosines, nothing.feedback, nothing.titles)] == [0] * 4


def test_threads_agree(index: Index, kind: Kind) -> None:
    def numbers(asked: tuple[NDArray[np.float32], list[str]]) -> list[list[int]]:
        legs = index.find(probe(*asked), DEPTH, Scope(min_stars=2))
        scores = index.score(probe(*asked), legs.lexical.numbers.tolist())
        np.testing.assert_allclose(scores.bm25, legs.lexical.scores, atol=1e-5)
        return [leg.numbers.tolist() for leg in (legs.lexical, legs.dense, legs.titles)]

    several = QUERIES[: kind.questions]
    expected = [numbers(asked) for asked in several]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(numbers, several * 4)) == expected * 4


def test_publish_and_go_back(kind: Kind, tmp_path: Path) -> None:
    """What is asked is the version that the pointer names; a candidate is asked beside it."""
    versions, embedder, source = (
        Versions(tmp_path / "index", backend=kind.make(tmp_path)),
        TinyEmbedder(),
        tmp_path / "n",
    )
    source.mkdir()

    def build(*texts: str, into: Versions = versions) -> str:
        for number, text in enumerate(texts):
            (source / f"{number}.md").write_text(text, "utf-8")
        made = build_index([source], into, embedder, RecursiveChunker(200), CleanSteps(), Packs("none"))
        return made.manifest.version

    def said(term: str, version: str | None = None) -> list[str]:
        snapshot = versions.open(embedder.fingerprint, version, Packs("none"))
        legs = versions.index(snapshot).find(
            probe(embedder.embed_queries([term])[0], snapshot.pack.words.terms(term)), DEPTH
        )
        assert len(legs.dense.numbers) == len(snapshot.chunks)
        return sorted(snapshot.chunks[row].document for row in legs.lexical.numbers)

    first = build("apple pie", "banana bread")
    assert (said("apple"), said("cherry")) == (["0.md"], [])
    second = build("apple pie", "banana bread", "cherry cake")
    assert build("apple pie", "banana bread", "cherry cake") == second  # nothing changed
    assert said("cherry") == ["2.md"]
    versions.point(first)
    assert said("cherry") == []
    tried = replace(versions, pointer=CANDIDATE)
    third = build("apple pie", "banana bread", "damson jam", into=tried)
    assert (versions.current(), versions.candidate()) == (first, third)
    assert (said("damson"), said("damson", third), said("cherry", third)) == ([], ["2.md"], [])
    assert versions.promote() == third
    assert said("damson") == ["2.md"]
    versions.point(second)
    assert (said("cherry"), said("damson")) == (["2.md"], [])
