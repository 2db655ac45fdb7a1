"""What messages are taken for, on wordings that nothing was fitted to (talk/held_back.jsonl)."""

import json
from collections import Counter

import pytest

from ingest.models.embedder import Embedder
from ingest.pack import NONE, SHIPPED, PackError
from service.understand.turn import Kind, TurnReader, empty, grams, names, signs
from tests.support.packs import WORDS
from tests.support.paths import ROOT

HELD = ROOT / "tests/service/understand/talk/held_back.jsonl"
ROWS = [json.loads(line) for line in HELD.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def reader(embedder: Embedder) -> TurnReader:
    return TurnReader.read(embedder=embedder.fingerprint)


def test_none_of_them_was_fitted_to() -> None:
    written = (SHIPPED / NONE / "talk.jsonl").read_text("utf-8").splitlines()
    fitted = {json.loads(line)["message"].strip("？?！!。. ").lower() for line in written}
    assert {row["question"] for row in ROWS if row["question"].strip("？?！!。. ").lower() in fitted - {""}} == set()


def test_held_back_wordings(reader: TurnReader, embedder: Embedder) -> None:
    """Of 60 new questions, 60 follow-ups and 107 messages about the conversation, told by their words alone."""
    assert reader.embedded
    vectors = embedder.embed_queries([row["question"] for row in ROWS])
    taken: Counter[tuple[str, str]] = Counter()
    for row, vector in zip(ROWS, vectors, strict=True):
        kinds = reader.kinds(row["question"], WORDS, vector)
        talk = 1 - kinds["subject"] - kinds["follow"]
        meant = "talk" if talk >= 0.5 else "switch" if kinds["subject"] >= kinds["follow"] else "follow"
        taken[row["kind"], meant] += 1
    assert taken["switch", "switch"] >= 58
    assert taken["follow", "follow"] >= 43  # the others are unclear without what was said
    assert taken["talk", "talk"] >= 95


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("请换一种更好懂的说法", "again"),
        ("Would you say that in French?", "again"),
        ("讲短一些好吗", "shorter"),
        ("could you be briefer", "shorter"),
        ("请接着往下讲", "more"),
        ("do carry on please", "more"),
        ("太感谢你了", "thanks"),
        ("你们好呀", "greeting"),
        ("你都会些什么呀", "help"),
        ("随机来一道题吧", "contents"),
        ("那它的坏处呢", "follow"),
        ("什么是折射率？", "subject"),
        ("What is a carburettor?", "subject"),
        ("翻译的质量怎么评估？", "subject"),
        ("如何继续一次中断的下载", "subject"),
    ],
)
def test_kinds(reader: TurnReader, embedder: Embedder, text: str, kind: Kind) -> None:
    kinds = reader.kinds(text, WORDS, embedder.embed_queries([text])[0])
    assert max(kinds, key=kinds.__getitem__) == kind
    assert sum(kinds.values()) == pytest.approx(1)


def test_without_vectors_the_words_tell() -> None:
    reader = TurnReader.read()
    assert not reader.embedded
    assert reader.kinds("它有什么缺点呢", WORDS)["follow"] > 0.9
    assert reader.kinds("What is a safety valve?", WORDS)["subject"] > 0.5


def test_a_pack_without_the_model_is_refused() -> None:
    with pytest.raises(PackError, match="fit --general"):
        TurnReader.read(SHIPPED)


@pytest.mark.parametrize("text", ["?", "……", "7", "🙂🙂", "了", "https://a.example/b?c=d", "2024", "  "])
def test_nothing_to_search_for(text: str) -> None:
    assert empty(text, WORDS)


@pytest.mark.parametrize("text", ["水箱", "GPT-4", "3 号机", "https://a.example 上的模型叫什么名字？"])
def test_something_to_search_for(text: str) -> None:
    assert not empty(text, WORDS)


def test_what_is_weighed() -> None:
    assert names("介绍一下水箱", WORDS) == ["水箱"]
    assert signs("那它呢", WORDS)["nameless"] == 1
    assert signs("那它呢", WORDS)["opening"] == 1
    assert len(grams("a b", 1 << 20)) == 5  # two words, three neighbours with the ends
    assert grams("A  b", 64) == grams("a b", 64)
