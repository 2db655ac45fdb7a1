"""What counts as right, plain fusion and the sums of the table, by hand."""

import json
from pathlib import Path, PurePosixPath

import pytest

from benchmarks.corpora import difference, means, table
from benchmarks.corpus.asked import Asked, found, overlap, relevant, result
from benchmarks.corpus.fetch import Source, wanted
from benchmarks.corpus.labelled import collection
from benchmarks.corpus.legs import LEGS, Scored, plain, reciprocal
from eval.score.figures import Ranking, rank
from service.search.retrieve import Query
from tests.support.tiny_embedder import TinyEmbedder
from tests.support.tiny_index import index

TEXT = "# 泵\n\n甲泵每三个月换一次油。\n\n# 阀\n\n乙阀每年检查一次密封。\n"


def test_plain_fusion_adds_reciprocal_ranks() -> None:
    """7: 1/61 + 1/63; 5: 1/62 + 1/62, which is less; 9: 1/63; 3: 1/61."""
    assert 1 / 61 + 1 / 63 > 2 / 62 > 1 / 61 > 1 / 63
    assert reciprocal([7, 5, 9], [3, 5, 7]) == [7, 5, 3, 9]
    assert reciprocal([2], [1]) == [1, 2]  # a tie goes by number


def test_a_chunk_is_relevant_that_holds_half_of_the_evidence(tmp_path: Path) -> None:
    snapshot = index(tmp_path, doc=TEXT)
    pump, valve = snapshot.chunks
    at = TEXT.index("每三个月")
    assert pump.end == at + len("每三个月换一次油。")
    assert overlap(pump, at, pump.end) == 1
    assert overlap(pump, pump.end - 2, pump.end + 2) == 0.5
    assert overlap(valve, at, pump.end) == 0
    assert list(found("一次又一次", "一次")) == [(0, 2), (3, 5)]
    asked = Asked("1", "?", evidence=("每三个月换一次油",))
    assert relevant(asked, snapshot.chunks, snapshot.documents) == {pump.id} == {result(asked, pump)}
    assert relevant(Asked("2", "?", evidence=("每月",)), snapshot.chunks, snapshot.documents) == frozenset()


def test_evidence_over_a_boundary_has_a_place_where_most_of_it_is(tmp_path: Path) -> None:
    snapshot = index(tmp_path, doc=TEXT)
    across = TEXT[
        TEXT.index("换一次油") : TEXT.index("乙阀") + 2
    ]  # five of fourteen are in the first chunk, two in the second
    assert len(across) == 14
    assert relevant(Asked("1", "?", evidence=(across,)), snapshot.chunks, snapshot.documents) == frozenset()
    most = TEXT[TEXT.index("每三个月") : TEXT.index("# 阀")]  # nine of eleven
    assert relevant(Asked("2", "?", evidence=(most,)), snapshot.chunks, snapshot.documents) == {snapshot.chunks[0].id}


def test_a_labelled_passage_counts_as_its_document(tmp_path: Path) -> None:
    snapshot = index(tmp_path, doc=TEXT)
    asked = Asked("1", "?", documents=frozenset({"doc.md"}))
    assert {result(asked, chunk) for chunk in snapshot.chunks} == {"doc.md"}
    assert relevant(asked, snapshot.chunks, snapshot.documents) == {"doc.md"}


def test_plain_orders_are_of_the_index(tmp_path: Path) -> None:
    snapshot = index(tmp_path, doc=TEXT)
    vector = TinyEmbedder().embed_queries(["密封"])[0]
    orders = plain(snapshot, Query.of("密封", vector, snapshot.pack.words))
    assert orders["BM25"] == [snapshot.chunks[1]]
    assert len(orders["dense"]) == len(orders["RRF"]) == 2


def test_ndcg_of_labelled_passages() -> None:
    """Right at rank 2, of two right ones: 1/log2(3) over 1 + 1/log2(3)."""
    ranking = rank(["b", "a", "c"], ["a", "d"])
    assert ranking.ndcg_10 == pytest.approx(0.63093 / 1.63093, abs=1e-5)
    assert (ranking.hit_1, ranking.hit_5) == (0, 1)


def test_passages_of_the_same_text_are_one_file(tmp_path: Path) -> None:
    rows = {
        "corpus": [
            {"id": "p", "text": "Ａ b"},
            {"id": "q", "text": "other"},
            {"id": "r", "text": "a B"},
            {"id": "w", "text": "another", "kind": "counterfactual"},
        ],
        "queries": [{"id": "1", "text": "what?"}, {"id": "2", "text": "who?"}],
        "qrels": [{"qid": "1", "pid": "r"}, {"qid": "1", "pid": "q"}],
    }
    (tmp_path / "set").mkdir()
    for name, lines in rows.items():
        (tmp_path / "set" / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "stale.md").touch()
    one = collection("set", tmp_path, tmp_path / "documents")
    assert sorted(file.name for file in (tmp_path / "documents").iterdir()) == ["00000.md", "00001.md"]
    assert one.questions[0].documents == {"00000.md", "00001.md"}
    assert [question.id for question in one.answerable] == ["1"]


def scored(name: str, ndcg: dict[str, float]) -> Scored:
    return Scored(Asked(name, "?"), True, {leg: Ranking(1, 1, 1, 1, ndcg[leg]) for leg in LEGS})


def test_fused_is_held_against_the_best_plain_order() -> None:
    rows = [
        scored("1", {"BM25": 0.5, "dense": 0.2, "RRF": 0.4, "fused": 0.6, "reranked": 0.5}),
        scored("2", {"BM25": 0.1, "dense": 0.8, "RRF": 0.6, "fused": 0.8, "reranked": 1.0}),
    ]
    # means: BM25 0.3, dense 0.5, RRF 0.5, fused 0.7, reranked 0.75
    assert difference(means(rows)) == pytest.approx((0.2, 0.05))
    lines = list(table({"one": means(rows), "other": means(rows[:1])}))
    assert lines[-3].endswith("| +0.100 | -0.100 |")
    assert lines[-2].endswith("| +0.150 | -0.025 |")
    assert lines[-1].endswith("| +0.100 | -0.100 |")


def test_only_documents_of_an_archive_are_wanted() -> None:
    source = Source("npm", "x", "1", "0", "MIT", ("docs",), without=(".en.md",))
    names = ("docs/a.md", "docs/b.en.md", "docs/c.js", "src/d.md", "docs/../e.md")
    assert [name for name in names if wanted(source, PurePosixPath(name))] == ["docs/a.md"]
