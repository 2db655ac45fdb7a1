from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from ingest.models.pairs import Pairs, padded
from tests.support.packs import WORDS
from tests.support.tiny_reranker import PIECES, write_tokenizer


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tokenizer(tmp_path_factory.mktemp("pairs"))


def ids(*pieces: str) -> list[int]:
    return [PIECES.index(piece) for piece in pieces]


def test_the_question_comes_before_the_passage(tokenizer: Path) -> None:
    (row,) = Pairs(tokenizer).ids([("什么是注意力", "数据。")])
    assert row == [0, *ids("▁什么是", "注意力"), 2, 2, *ids("▁", "数据", "。"), 2]


def test_rows_come_as_long_as_they_are_and_in_order(tokenizer: Path) -> None:
    pairs = Pairs(tokenizer)
    asked = [("什么", "甲乙丙丁" * 9), ("", ""), ("什么", "甲"), ("甲", "什么"), ("什么", "甲乙丙丁" * 9)]
    rows = pairs.ids(asked)
    assert rows == [pairs.ids([pair])[0] for pair in asked]
    assert [len(row) for row in rows] == [43, 4, 8, 8, 43]
    assert pairs.ids([]) == []


def test_padding_and_mask() -> None:
    rows, mask = padded([[0, 7, 2], [0, 2], [0, 5, 6, 8, 2]])
    assert rows.tolist() == [[0, 7, 2, 1, 1], [0, 2, 1, 1, 1], [0, 5, 6, 8, 2]]
    assert mask.tolist() == [[1, 1, 1, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 1, 1]]
    assert rows.dtype == mask.dtype == np.int64
    rows, mask = padded([[0, 9], [9, 9, 1]], pad=9)  # a token that is the padding's own is still a token
    assert rows.tolist() == [[0, 9, 9], [9, 9, 1]]
    assert mask.tolist() == [[1, 1, 0], [1, 1, 1]]


def test_a_long_passage_loses_its_end(tokenizer: Path) -> None:
    passage = "".join(letter for letter in PIECES if letter in "甲乙丙丁什么是低秩矩阵的答案0123456789")
    question = "什么是注意力"
    (whole,) = Pairs(tokenizer).ids([(question, passage)])
    (cut,) = Pairs(tokenizer, max_tokens=16).ids([(question, passage)])
    assert len(whole) > 30
    assert len(cut) == 16
    assert cut == [*whole[:15], 2]
    assert cut[:5] == [0, *ids("▁什么是", "注意力"), 2, 2]


def test_a_long_question_leaves_the_passage_whole(tokenizer: Path) -> None:
    (row,) = Pairs(tokenizer, max_tokens=16).ids([("甲乙丙丁" * 50, "数据。")])
    assert row == [0, *ids("▁", *"甲乙丙丁甲乙丙丁"), 2, 2, *ids("▁", "数据", "。"), 2]


def test_of_two_long_sides_both_keep_their_beginning(tokenizer: Path) -> None:
    (row,) = Pairs(tokenizer, max_tokens=16).ids([("甲" + "乙" * 300, "丙" + "丁" * 300)])
    assert row == [0, *ids("▁", *"甲乙乙乙乙"), 2, 2, *ids("▁", *"丙丁丁丁丁"), 2]


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("LoRA Model", "lora model"),
        ("ＬｏＲＡ　ｍｏｄｅｌ", "lora model"),
        ("什麼是注意力機制？", "什么是注意力机制?"),
        ("數據﹐微調", "数据,微调"),
        ("甲①", "甲1"),
        ("state‐of‐the‐art", "state-of-the-art"),
    ],
)
def test_case_width_and_traditional_characters_are_folded(tokenizer: Path, written: str, plain: str) -> None:
    pairs = Pairs(tokenizer)
    expected = Tokenizer.from_file(str(tokenizer)).encode(plain, add_special_tokens=False).ids
    (passage,) = pairs.ids([("", written)])
    assert passage == [0, 2, 2, *expected, 2]
    assert PIECES.index("<unk>") not in passage
    assert pairs.ids([(written, "")]) == pairs.ids([(plain, "")])


def test_an_english_question_gets_chinese_names(tokenizer: Path) -> None:
    pairs = Pairs(tokenizer)
    assert WORDS.glossary.chinese_names("What is knowledge distillation?") == ["知识蒸馏"]
    (asked,) = pairs.ids([(WORDS.bilingual("What is Knowledge Distillation?"), "甲")])
    (named,) = pairs.ids([("什么", "What is knowledge distillation? 知识蒸馏")])
    assert PIECES.index("知识蒸馏") in asked
    assert asked[1 : asked.index(2)] == named[named.index(2) + 2 : -1]
    (plain,) = pairs.ids([("What is knowledge distillation?", "What is knowledge distillation?")])
    assert PIECES.index("知识蒸馏") not in plain  # the rows hold what they are given
    (mixed,) = pairs.ids([(WORDS.bilingual("什么是 knowledge distillation"), "甲")])
    assert PIECES.index("知识蒸馏") not in mixed  # so is a question with Chinese in it


@pytest.mark.parametrize("text", ["🚀", "ñ", "\u2028", "甲" * 5000, "\n\t ", "नमस्ते"])
def test_any_text_is_read(tokenizer: Path, text: str) -> None:
    for row in Pairs(tokenizer).ids([(text, text), (text, ""), ("", text)]):
        assert row[0] == 0
        assert row[-1] == 2
        assert len(row) <= 256
        assert set(row) <= set(range(len(PIECES)))


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b'{"model": {"type": "Unigram"}}', b"\xff\xfe"])
def test_a_damaged_tokenizer_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"tokenizer\.json is no usable tokenizer: "):
        Pairs(path)


def test_half_a_tokenizer_is_named(tokenizer: Path, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(tokenizer.read_bytes()[:-200])
    with pytest.raises(ValueError, match=r"tokenizer\.json is no usable tokenizer: "):
        Pairs(path)


def test_a_missing_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.json is no usable tokenizer: "):
        Pairs(tmp_path / "none.json")
