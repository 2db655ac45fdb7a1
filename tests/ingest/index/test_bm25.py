import json
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi

from ingest.index.bm25 import Postings, top
from ingest.index.terms import write_terms
from tests.support.packs import WORDS

CHINESE = [
    WORDS.terms(text)
    for text in (
        "KV缓存保存每一层的键和值，PagedAttention 按页管理它。",
        "残差连接让梯度直接流过，缓解梯度消失。",
        "残差连接与层归一化一起出现在每个 Transformer 子层。",
        "灾难性遗忘：微调后模型忘记预训练的知识；LoRA 只训练低秩矩阵。",
        "RLHF 用奖励模型的分数优化策略模型，PPO 限制每一步的变化。",
        "注意力机制的复杂度是 O(n²)，模型、模型、还是模型。",
        "",
        "🚀",
    )
]
# Few terms, so that half, most and all of the documents hold one of them.
TERMS = st.sampled_from(["模型", "缓存", "kv", "self-attention", "o(n2)", "残差", "a", "b"])
DOCUMENTS = st.lists(st.lists(TERMS, max_size=12), min_size=1, max_size=12).filter(any)


def reference(documents: Sequence[Sequence[str]], **constants: float) -> BM25Okapi:
    """rank_bm25 itself, with the idf of the terms it fails on, and of no other, set as Postings documents."""
    okapi = BM25Okapi(documents, **constants)
    n = len(documents)
    for term in okapi.idf:
        df = sum(term in document for document in documents)
        if 2 * df >= n and okapi.average_idf <= 1e-12:
            okapi.idf[term] = okapi.epsilon * math.log(1 + (n - df + 0.5) / (df + 0.5))
        elif 2 * df == n:
            okapi.idf[term] = okapi.epsilon * okapi.average_idf
    return okapi


@given(
    DOCUMENTS,
    st.lists(TERMS | st.just("unseen"), max_size=8),
    st.floats(0.1, 3),
    st.floats(0, 0.99),
    st.floats(0.01, 1),
)
def test_scores_equal_rank_bm25(
    documents: list[list[str]], query: list[str], k1: float, b: float, epsilon: float
) -> None:
    postings = Postings.build(documents, k1, b, epsilon)
    expected = reference(documents, k1=k1, b=b, epsilon=epsilon).get_scores(query)
    np.testing.assert_allclose(postings.scores(query), expected, rtol=0, atol=1e-9)
    holds = np.array([not set(query).isdisjoint(document) for document in documents])
    np.testing.assert_array_equal(postings.scores(query) > 0, holds)


@pytest.mark.parametrize("query", ["残差连接", "kv缓存 KV缓存 缓存", "模型", "遗忘 unseen", "unseen", ""])
def test_chinese_scores_equal_rank_bm25_as_it_is(query: str) -> None:
    expected = BM25Okapi(CHINESE).get_scores(WORDS.terms(query))
    np.testing.assert_allclose(Postings.build(CHINESE).scores(WORDS.terms(query)), expected, rtol=0, atol=1e-9)


def test_score_by_hand() -> None:
    documents = [["x", "x", "y"], ["y"], ["z", "z"], ["w", "v"]]  # mean length 2
    # x: df 1 of 4, idf ln(3.5 / 1.5); tf 2, length 3: 2 * 2.5 / (2 + 1.5 * (0.25 + 0.75 * 1.5)) = 5 / 4.0625
    expected = math.log(3.5 / 1.5) * 5 / 4.0625
    np.testing.assert_allclose(Postings.build(documents).scores(["x"]), [expected, 0, 0, 0])
    np.testing.assert_allclose(Postings.build(documents).scores(["x", "x"]), [2 * expected, 0, 0, 0])


def test_a_term_in_half_of_the_documents_scores() -> None:
    documents = [["half", "a"], ["half", "b"], ["c"], ["d"]]
    assert BM25Okapi(documents).get_scores(["half"]).tolist() == [0, 0, 0, 0]
    # average idf 4/5 ln(3.5 / 1.5), times 0.25; length 2 of mean 1.5: 2.5 / (1 + 1.5 * (0.25 + 0.75 * 4 / 3))
    expected = 0.25 * 0.8 * math.log(3.5 / 1.5) * 2.5 / 2.875
    np.testing.assert_allclose(Postings.build(documents).scores(["half"]), [expected, expected, 0, 0])


def test_one_document_scores_above_zero() -> None:
    documents = [["模型"]]
    assert BM25Okapi(documents).get_scores(["模型"])[0] < 0
    np.testing.assert_allclose(Postings.build(documents).scores(["模型"]), [0.25 * math.log(1 + 0.5 / 1.5)])


@pytest.mark.parametrize("documents", [[], [[]], [[], []]])
def test_nothing_to_index_matches_nothing(documents: list[list[str]], tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        BM25Okapi(documents)
    Postings.build(documents).save(tmp_path)
    postings = Postings.load(tmp_path)
    assert postings.scores(["x"]).shape == (len(documents),)
    assert top(postings.scores(["x"]), 3).tolist() == []


@given(DOCUMENTS, st.lists(TERMS, max_size=5), st.integers(1, 15), st.data())
def test_the_top_is_that_of_the_sorted_scores(
    documents: list[list[str]], query: list[str], k: int, data: st.DataObject
) -> None:
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=len(documents), max_size=len(documents))))
    check_top(Postings.build(documents), query, k, allowed)


@pytest.mark.parametrize("k", [1, 10, 500, 5000])
@pytest.mark.parametrize("vocabulary", [5, 3000])
def test_the_top_of_many_documents_is_that_of_the_sorted_scores(k: int, vocabulary: int) -> None:
    generator = np.random.default_rng(vocabulary)
    drawn = (vocabulary * generator.random((3000, 6)) ** 3).astype(int)  # skewed, as words are
    postings = Postings.build([[str(word) for word in document] for document in drawn])
    for query in (["0"], ["1", "4", "4"], [str(vocabulary - 1)], ["0", "7", "30", "200"]):
        check_top(postings, query, k, generator.random(3000) < 0.5)


def check_top(postings: Postings, query: list[str], k: int, allowed: np.ndarray) -> None:
    scores = postings.scores(query)
    for marks in (None, allowed):
        wanted = scores if marks is None else np.where(marks, scores, 0)
        expected = sorted(np.flatnonzero(wanted).tolist(), key=lambda i: (-wanted[i], i))[:k]
        assert top(wanted, k).tolist() == expected


def test_arguments_are_checked() -> None:
    postings = Postings.build(CHINESE)
    with pytest.raises(ValueError, match="k is 0"):
        top(postings.scores(["模型"]), 0)
    for constants in ((-1, 0.75, 0.25), (1.5, 1.1, 0.25), (1.5, 0.75, 0), (math.nan, 0.75, 0.25)):
        with pytest.raises(ValueError, match="give k1 >= 0"):
            Postings.build(CHINESE, *constants)


def test_threads_get_what_one_thread_gets() -> None:
    postings = Postings.build(CHINESE * 50)
    queries = [[term] for document in CHINESE for term in document] * 5
    expected = [postings.scores(query).tolist() for query in queries]
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda query: postings.scores(query).tolist(), queries)
        assert list(found) == expected


def test_saved_and_loaded_index_is_the_same(tmp_path: Path) -> None:
    postings = Postings.build(CHINESE)
    postings.save(tmp_path / "a")
    loaded = Postings.load(tmp_path / "a")
    loaded.save(tmp_path / "b")
    assert loaded.vocabulary == postings.vocabulary
    assert loaded.scores(WORDS.terms("残差连接")).tolist() == postings.scores(WORDS.terms("残差连接")).tolist()
    names = ["ends.npy", "ids.npy", "keys.npy", "offsets.npy", "postings.json", "terms", "weights.npy"]
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == names
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def edit(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    return lambda folder: np.save(folder / name, change(np.load(folder / name)))


def head(**fields: object) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        path = folder / "postings.json"
        path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **fields}), "utf-8")

    return write


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "postings.json").write_text("{"), "postings.json .* Expecting"),
        (lambda folder: (folder / "postings.json").write_bytes(b"\xff"), "postings.json .* decode"),
        (lambda folder: (folder / "postings.json").write_text("[]"), "not of format 2"),
        (head(format=1), "not of format 2"),
        (head(documents=-1), "documents is -1"),
        (head(documents=True), "documents is True"),
        (head(documents=3), "outside 0 to 2"),
        (lambda folder: (folder / "terms").write_bytes(b"x"), "1 bytes of terms are not those of"),
        (lambda folder: (folder / "terms").write_bytes(b"\xff" * (folder / "terms").stat().st_size), "decode"),
        (lambda folder: write_terms(folder, ["模型", "模型"]), "'模型' is there more than once"),
        (lambda folder: write_terms(folder, ["模型"]), "offsets do not fit 1 terms"),
        (lambda folder: (folder / "ids.npy").write_bytes(b""), "ids.npy"),
        (lambda folder: (folder / "ids.npy").write_bytes((folder / "ids.npy").read_bytes()[:-1]), "ids.npy"),
        (lambda folder: np.save(folder / "ids.npy", np.array([{}], object)), "ids.npy .* Python objects"),
        (edit("ids.npy", lambda ids: ids.astype(np.int64)), "int64 .* not int32"),
        (edit("ids.npy", lambda ids: ids[:, None]), "not int32"),
        (edit("ids.npy", lambda ids: ids[:-1]), "postings"),
        (edit("ids.npy", lambda ids: ids - 1), "outside 0 to 7"),
        (edit("ids.npy", lambda ids: np.zeros_like(ids)), "do not ascend"),
        (edit("offsets.npy", lambda offsets: offsets[::-1].copy()), "offsets do not fit"),
        (edit("offsets.npy", lambda offsets: offsets[:0]), "0 offsets do not fit"),
        (edit("weights.npy", lambda weights: -weights), "not a positive number"),
        (edit("weights.npy", lambda weights: weights * np.inf), "not a positive number"),
    ],
)
def test_damage_is_named(damage: Callable[[Path], None], message: str, tmp_path: Path) -> None:
    Postings.build(CHINESE).save(tmp_path)
    damage(tmp_path)
    with pytest.raises(ValueError, match=message) as caught:
        Postings.load(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert str(caught.value).endswith("build the index again")


@pytest.mark.parametrize("name", ["ids.npy", "keys.npy", "offsets.npy", "postings.json", "terms", "weights.npy"])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    Postings.build(CHINESE).save(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(FileNotFoundError, match=name):
        Postings.load(tmp_path)
