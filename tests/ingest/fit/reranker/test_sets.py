import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.build import build_index
from ingest.chunk.recursive import RecursiveChunker
from ingest.clean import CleanSteps
from ingest.fit.reranker.sets import HELD_BACK, WINDOW, QuestionSet, folder, outline, windows_of
from ingest.index.snapshot import Snapshot
from ingest.index.versions import Versions
from ingest.pack import KEPT, LabelledQuestion, Packs, nth
from ingest.parse import outline as outlines
from ingest.parse.outline import Entry
from ingest.parse.sentences import sentence_spans
from tests.support.packs import PACK
from tests.support.paths import ROOT
from tests.support.tiny_embedder import TinyEmbedder

LONG = "甲一二三四五六七八九十" * 60
FIRST, SECOND, THIRD = (f"{char * 40}由此可见。" for char in "春夏秋")
SMALL = f"""# 题

## 1. 节

★★ **1. 甲？**

{FIRST}

{SECOND}

{THIRD}

★ **2. 乙？**

答案在此。

★ **3. 丙？**
"""

# Sentences with protected parts, ends of both scripts, line breaks and none.
PARTS = ["甲乙丙", "。", "！”", "；", "\n", " ", "e.g. ", "Is it? ", "`a。b`", "$x.$", "：\n", "**", "🚀", "字" * 30]
TEXTS = st.lists(st.sampled_from(PARTS)).map(lambda parts: "".join(parts).lstrip())


def solid(text: str) -> str:
    return "".join(text.split())


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def write(path: Path, records: list[dict[str, Any]]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), "utf-8")


def snapshot_of(path: Path, index: Path, size: int) -> Snapshot:
    embedder = TinyEmbedder()
    versions = Versions(index)
    build_index([path], versions, embedder, RecursiveChunker(size), CleanSteps(), Packs())
    return versions.open(embedder.fingerprint, packs=Packs())


@given(TEXTS, st.integers(8, 40))
def test_windows_lose_nothing_and_are_short(text: str, size: int) -> None:
    cut = windows_of(text, size)
    assert all(len(window) <= size for window in cut)
    assert solid("".join(cut)) == solid(text)
    at = 0
    for window in cut:  # in the text's own words and order
        assert window in text[at:]
        at = text.index(window, at) + len(window)


@given(TEXTS, st.integers(8, 40))
def test_windows_are_of_whole_sentences(text: str, size: int) -> None:
    places, at = [], 0
    for window in windows_of(text, size):
        at = text.index(window, at)
        places.append((at, at + len(window)))
        at += len(window)
    for start, stop in sentence_spans(text):
        if stop - start <= size:
            assert any(begin <= start and stop <= end for begin, end in places), text[start:stop]


@given(TEXTS, st.integers(8, 40))
def test_windows_are_as_long_as_sentences_let_them_be(text: str, size: int) -> None:
    """No window and the sentence after it would fit into one."""
    spans = sentence_spans(text)
    at = 0
    for window, later in pairwise(windows_of(text, size)):
        begin = text.index(window, at)
        at = begin + len(window)
        first = text.index(later, at)
        following = [stop for start, stop in spans if start == first]
        assert not following or following[0] - begin > size


def test_windows_by_hand() -> None:
    assert windows_of("甲甲。乙乙。 丙丙。", 6) == ["甲甲。乙乙。", "丙丙。"]
    assert windows_of("甲甲。乙乙。 丙丙。", 7) == ["甲甲。乙乙。", "丙丙。"]
    assert windows_of("甲甲。 乙乙。丙丙。", 7) == ["甲甲。 乙乙。", "丙丙。"]
    assert windows_of("甲甲。乙乙。丙丙。", 9) == ["甲甲。乙乙。丙丙。"]
    assert windows_of("甲。一二三四五六七八九十。乙。", 5) == ["甲。", "一二三四五", "六七八九十", "。乙。"]
    assert windows_of("一二三四五六七八九十。乙。", 11) == ["一二三四五六七八九十。", "乙。"]


def test_a_long_sentence_is_cut() -> None:
    cut = windows_of(f"{LONG}。末尾。")
    assert [len(window) for window in cut] == [240, 240, 184]
    assert "".join(cut) == f"{LONG}。末尾。"


def test_an_empty_text_is_one_window() -> None:
    assert windows_of("") == [""]


def test_one_of_every_n() -> None:
    """The first four bytes of sha256, as computed with sha256sum: 2c26b46b of foo, fcde2b2e of bar."""
    assert [n for n in range(2, 12) if nth("foo", n)] == [n for n in range(2, 12) if 0x2C26B46B % n == 0]
    assert [n for n in range(2, 12) if nth("bar", n)] == [n for n in range(2, 12) if 0xFCDE2B2E % n == 0] != []
    assert 800 < sum(nth(f"key {i}", 10) for i in range(10_000)) < 1200


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Passages and questions in Chinese and, with the same ids, in English."""
    zh = ["春天在一月。" * 40 + "夏天在七月。" + "秋天在十月。" * 50, "短文。", "冬天。" * 100]
    en = ["In January. " * 20 + "Summer is in July. " + "Autumn is in October. " * 14, "Short.", "Winter. " * 40]
    asked = {
        "zh": ("夏天在几月？", "几月？", "秋天？", "什么短？"),
        "en": ("When is summer?", "Which?", "Autumn?", "Short?"),
    }
    answers: dict[str, tuple[list[str], ...]] = {
        "zh": (["七月"], ["没有", "十月"], [], ["短文"]),
        "en": (["July"], ["no", "October"], [], ["Short"]),
    }
    for name, texts in (("zh", zh), ("en", en)):
        path = tmp_path / name
        write(path / "corpus.jsonl", [{"id": f"p{i}", "text": text} for i, text in enumerate(texts)])
        queries = [
            {"id": f"q{i}", "text": text} | ({"answers": found} if found else {})
            for i, (text, found) in enumerate(zip(asked[name], answers[name], strict=True))
        ]
        write(path / "queries.jsonl", queries)
        write(path / "qrels.jsonl", [{"qid": f"q{i}", "pid": "p1" if i == 3 else "p0"} for i in range(4)])
    return tmp_path


def answering(found: QuestionSet, number: int) -> list[str]:
    return [found.windows[row] for row in found.questions[number].rows]


def test_a_folder(data: Path) -> None:
    found = folder(data / "zh")
    assert found.name == "zh"
    texts = [record["text"] for record in read(data / "zh/corpus.jsonl")]
    assert list(found.windows) == [window for text in texts for window in windows_of(text)]
    assert list(found.owners) == [i for i, text in enumerate(texts) for _ in windows_of(text)]
    assert max(map(len, found.windows)) <= WINDOW
    assert [question.text for question in found.questions] == ["夏天在几月？", "几月？", "秋天？", "什么短？"]
    assert [question.owner for question in found.questions] == [0, 0, 0, 1]


def test_the_windows_with_an_answer_are_right(data: Path) -> None:
    found = folder(data / "zh")
    (summer,) = answering(found, 0)
    assert "七月" in summer
    assert found.questions[0].rows != (0,)  # not just the passage's first
    assert answering(found, 1) == [w for w, owner in zip(found.windows, found.owners, strict=True) if "十月" in w]
    assert len(answering(found, 1)) > 1
    assert found.questions[2].rows == (0,)  # no answer is given: the passage's first window
    assert answering(found, 3) == ["短文。"]


def test_an_answer_in_another_passage_is_not_right(data: Path) -> None:
    write(data / "zh/corpus.jsonl", [{"id": "p0", "text": "没有。"}, {"id": "p1", "text": "短文。夏天在七月。"}])
    found = folder(data / "zh")
    assert found.questions[0].rows == (0,)


def test_passages_are_taken_by_id(data: Path) -> None:
    found = folder(data / "zh", lambda key: key != "p0")
    assert list(found.windows) == ["短文。", *windows_of("冬天。" * 100)]
    assert set(found.owners) == {0, 1}
    assert [(question.text, question.owner, question.rows) for question in found.questions] == [("什么短？", 0, (0,))]


def test_questions_across_languages(data: Path) -> None:
    found = folder(data / "en", questions=data / "zh")
    assert found.name == "zh-en"
    assert found.windows == folder(data / "en").windows
    assert [question.text for question in found.questions] == ["夏天在几月？", "几月？", "秋天？", "什么短？"]
    (summer,) = answering(found, 0)
    assert "July" in summer  # the answer in the passage's language marks the window
    own = folder(data / "en").questions
    assert [question.rows for question in found.questions] == [question.rows for question in own]


def test_all_questions_of_a_passage_are_held_back_together(tmp_path: Path) -> None:
    n = 300
    for name in ("zh", "en"):
        write(tmp_path / name / "corpus.jsonl", [{"id": f"{i}", "text": f"{name} {i}。"} for i in range(n)])
        write(tmp_path / name / "queries.jsonl", [{"id": f"q{i}", "text": f"{name} {i}?"} for i in range(3 * n)])
        write(tmp_path / name / "qrels.jsonl", [{"qid": f"q{i}", "pid": f"{i % n}"} for i in range(3 * n)])
    sets = [folder(tmp_path / "zh"), folder(tmp_path / "en"), folder(tmp_path / "en", questions=tmp_path / "zh")]
    held = [{question.owner for question in found.questions if question.held_back} for found in sets]
    seen = [{question.owner for question in found.questions if not question.held_back} for found in sets]
    assert held[0] == held[1] == held[2]  # in any language
    assert not held[0] & seen[0]
    assert len(held[0]) + len(seen[0]) == n
    assert n / HELD_BACK / 2 < len(held[0]) < n / HELD_BACK * 2


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        folder(tmp_path / "nowhere")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    root = tmp_path_factory.mktemp("small")
    (root / "a.md").write_text(SMALL, "utf-8")
    return snapshot_of(root / "a.md", root / "index", 50)


def with_questions(small: Snapshot, *rows: tuple[str, str | None, str]) -> Snapshot:
    """The small index with a pack that has these questions: text, entry, evidence."""
    questions = tuple(
        LabelledQuestion(question=text, entry=entry, evidence=evidence, kind="detail") for text, entry, evidence in rows
    )
    return replace(small, pack=replace(small.pack, folder=Path("questions"), questions=questions))


def test_windows_are_the_chunks_and_owners_the_groups(small: Snapshot) -> None:
    found = outline(with_questions(small), [])
    assert found.name == "outline"
    assert found.windows == tuple(chunk.indexed for chunk in small.chunks)
    assert [small.groups[owner].key for owner in found.owners] == [chunk.group for chunk in small.chunks]
    assert Counter(found.owners) == {0: 3, 1: 1, 2: 1}
    assert found.questions == ()


def test_a_chunk_with_the_evidence_is_the_only_right_one(small: Snapshot) -> None:
    asked = with_questions(
        small,
        ("春？", "甲？", "春春由此"),
        ("夏？", "甲？", "夏夏由此可见。"),
        ("季？", "甲？", "由此可见。"),
        ("乙？", "乙？", "答案"),
    )
    found = outline(asked, [])
    assert [[small.chunks[row].text for row in question.rows] for question in found.questions] == [
        [FIRST],
        [SECOND],
        [FIRST, SECOND, THIRD],
        ["答案在此。"],
    ]
    assert [question.owner for question in found.questions] == [0, 0, 0, 1]


def test_without_evidence_in_one_chunk_all_of_the_entry_are_right(small: Snapshot) -> None:
    asked = [("跨？", "甲？", "可见。\n\n夏"), ("无？", "甲？", ""), ("别？", "乙？", "春春由此"), ("丙？", "丙？", "")]
    found = outline(with_questions(small, *asked), [])
    (elsewhere,) = small.groups[1].rows
    (listing,) = small.groups[2].rows
    assert small.chunks[listing].kind == "listing"
    assert [question.rows for question in found.questions] == [(0, 1, 2), (0, 1, 2), (elsewhere,), (listing,)]


def test_a_question_of_no_entry_has_no_owner(small: Snapshot) -> None:
    (question,) = outline(with_questions(small, ("别的？", None, "")), []).questions
    assert (question.owner, question.rows) == (None, ())


def test_an_unknown_entry_is_named(small: Snapshot) -> None:
    asked = with_questions(small, ("春？", "甲？", "春"), ("丁？", "丁在哪？", ""))
    with pytest.raises(ValueError, match=r"questions: no entry of the index asks '丁在哪？'; build the index"):
        outline(asked, [])


def test_known_ways_to_ask_come_first_and_are_never_held_back(small: Snapshot) -> None:
    asked = [(f"怎么问 {i}？", i % 3) for i in range(60)]
    found = outline(with_questions(small, ("乙？", "乙？", "")), asked)
    assert [(question.text, question.owner) for question in found.questions[:-1]] == asked
    assert [question.rows for question in found.questions[:3]] == [group.rows for group in small.groups]
    assert not any(question.held_back for question in found.questions[:-1])


def test_one_written_question_in_four_is_held_back(small: Snapshot) -> None:
    found = outline(with_questions(small, *((f"第 {i} 问？", "乙？", "") for i in range(1000))), [])
    assert KEPT == 4
    assert 200 < sum(question.held_back for question in found.questions) < 300
    again = outline(with_questions(small, *((f"第 {i} 问？", "甲？", "") for i in reversed(range(1000)))), [])
    assert {q.text for q in found.questions if q.held_back} == {q.text for q in again.questions if q.held_back}


@pytest.fixture(scope="module")
def entries(outline_text: str) -> dict[str, Entry]:
    return {entry.question: entry for entry in outlines.parse("outline.md", outline_text)[1]}


@pytest.fixture(scope="module")
def committed() -> list[dict[str, Any]]:
    return read(PACK.folder / "questions.jsonl")


def test_every_question_fits_the_outlines_index(tmp_path: Path, committed: list[dict[str, Any]]) -> None:
    """Also cut by another chunker than the one it is trained with: no question hangs on where it cuts."""
    snapshot = snapshot_of(ROOT / "ingest/corpus", tmp_path / "index", 300)
    asked = list(zip(snapshot.ways.questions, snapshot.ways.groups, strict=True))
    found = outline(snapshot, asked)
    texts = [question.text for question in found.questions]
    assert set(texts) == {text for text, _ in asked} | {record["question"] for record in committed}
    assert len(texts) > 4000
    for record, question in zip(committed, found.questions[-len(committed) :], strict=True):
        assert question.text == record["question"]
        if record["entry"] is None:
            assert (question.owner, question.rows) == (None, ())
            continue
        assert question.owner is not None
        assert question.rows
        assert {found.owners[row] for row in question.rows} == {question.owner}
        assert snapshot.groups[question.owner].title.endswith(f" > {record['entry']}")
    whole = [question for question in found.questions[-len(committed) :] if len(question.rows) == 1]
    assert len(whole) > 2000  # most evidence names one chunk


def test_every_entry_asked_for_is_in_the_outline(committed: list[dict[str, Any]], entries: dict[str, Entry]) -> None:
    assert {record["entry"] for record in committed} == {None, *entries}


def test_every_evidence_is_in_the_outline(
    committed: list[dict[str, Any]], entries: dict[str, Entry], outline_text: str
) -> None:
    for record in committed:
        entry = None if record["entry"] is None else entries[record["entry"]]
        assert bool(record["evidence"]) == (entry is not None and entry.answered), record
        if entry is not None:
            assert record["evidence"] in outline_text[entry.start : entry.end], record


def test_no_question_occurs_twice(committed: list[dict[str, Any]]) -> None:
    counts = Counter(" ".join(record["question"].casefold().split()) for record in committed)
    assert not [question for question, count in counts.items() if count > 1 or not question]


@pytest.mark.parametrize("name", ["outline", "unseen", "refusals", "develop", "near", "follow", "trust"])
def test_no_question_is_one_it_is_measured_with(committed: list[dict[str, Any]], name: str) -> None:
    golden = {record["question"].casefold().strip() for record in read(ROOT / f"eval/golden/{name}.jsonl")}
    assert len(golden) > 40
    assert not golden & {record["question"].casefold().strip() for record in committed}
