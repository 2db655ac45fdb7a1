import marshal
import os
import re
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.words.text import normalise
from ingest.words.words import entries
from tests.support.packs import PACK, WORDS
from tests.support.paths import ROOT

LISTED = [
    term
    for folder in (ROOT / "ingest/words", PACK.folder)
    for term in entries((folder / "terms.txt").read_text("utf-8"))
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＫＶ　Ｃａｃｈｅ，①", "kv cache,1"),
        ("殘差連接與災難性遺忘", "残差连接与灾难性遗忘"),
        ("乾淨 乾隆", "干净 乾隆"),  # by phrase, not by character
        ("O(n²) don’t", "o(n2) don't"),
        ("", ""),
        ("🚀\x00\n", "🚀\x00\n"),
        ("\ufeff软\xad连\u200b字\u202e符", "软连字符"),
    ],
)
def test_normalise(text: str, expected: str) -> None:
    assert normalise(text) == expected


def test_normalise_names_a_lone_surrogate() -> None:
    with pytest.raises(UnicodeEncodeError):
        normalise("注\ud800意")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("什么是 self-attention？", "self-attention self attention"),
        ("KV缓存", "kv缓存 kv 缓存"),
        ("KV 缓存", "kv缓存 kv 缓存"),
        ("句窗檢索", "句窗检索 检索"),
        ("大型语言模型", "大型语言模型 大型 语言 模型 语言模型"),
        ("自注意力机制", "自注意力 注意 注意力 机制"),
        ("灾难性遗忘", "灾难性遗忘 灾难 遗忘 灾难性"),
        ("Top-k采样", "top-k采样 top-k top k 采样"),
        ("PagedAttention", "pagedattention page attention"),
        ("paged-attention", "pagedattention page attention"),
        ("A/B测试", "a/b测试 b 测试"),
        ("INT8, 4-bit and 4bit", "int8 4-bit 4 bit 4-bit 4 bit"),
        ("GPT-4 GPT4 gpt-3.5", "gpt-4 gpt 4 gpt-4 gpt 4 gpt-3.5 gpt 3.5"),
        ("O(n²) O(n^2) O(n log n)", "o(n2) n2 o(n2) n2 o(nlogn) n log n"),
        ("print(n)", "print n"),
        ("GPUs LLMs bias loss biases losses", "gpu llm bias loss bias loss"),
        ("Transformers transforms", "transformer transform"),
        ("models modeling modeled", "model model model"),
        ("batch_size nn.Linear 3.14", "batch-size batch size nn-linear nn linear 3.14"),
        ("torch.nn.LayerNorm(x)", "torch-nn-layernorm torch nn layernorm layer norm x"),
        ("RMSNorm PyTorch alarmThreshold", "rmsnorm rms norm pytorch alarmthreshold alarm threshold"),
        ("--max-model-len config.yaml", "max-model-len max model len config-yaml config yaml"),
        ("v2.1.3 <pad> C++ C#", "v2.1.3 2.1.3 pad c++ c#"),
        (r"ΔW \Delta W Ελλάδα", "δw delta w delta w ελλάδα"),
        ("梯\xad度检\u200b查点 Lo\u2060RA \ufeffRL\u200eHF", "梯度检查点 梯度 检查 查点 检查点 lora rlhf"),
        ("state-of-the-art", "state-of-the-art state art"),
        ("为什么不能并行？没有 not without don’t", "不能 并行 没有 not without don't"),
        ("网易杭研大厦", "网易 杭 研 大厦"),  # no guessed 杭研
        ("AWS DNS news", "aws dns news"),
        ("日本語のテスト 한국 naïve β", "日本语 日本 の テ ス ト 한 국 naïv β beta"),
        ("是什么？ What is it? 的，🚀 ---", ""),
        ("", ""),
    ],
)
def test_terms(text: str, expected: str) -> None:
    assert WORDS.terms(text) == expected.split()


@pytest.mark.parametrize("spelling", ["fine-tuning", "Finetuning", "fine-tuned", "finetune", "Fine‑tuning"])
def test_spellings_of_a_compound_meet(spelling: str) -> None:
    assert WORDS.terms(spelling) == ["fine-tuning", "fine", "tune"]


@pytest.mark.parametrize("term", LISTED)
def test_every_listed_term_is_found_whole_and_in_a_sentence(term: str) -> None:
    whole = normalise(term.replace("|", ""))
    assert WORDS.terms(whole)[0] == whole
    assert whole in WORDS.terms(f"请问，{whole.upper()}：是什么？")


@given(st.text())
@example("İ ǅ ﬁ ㎏ ½")
def test_terms_are_clean_and_the_same_for_every_form_of_the_text(text: str) -> None:
    found = WORDS.terms(text)
    assert all(found)
    assert not any(re.search(r"\s", term) for term in found)
    assert WORDS.terms(unicodedata.normalize("NFKC", text)) == found


_PHRASE = st.text(alphabet="模型缓存注意力kv-_.'0 (n)", max_size=30)


@given(_PHRASE, _PHRASE)
def test_a_sentence_mark_separates(left: str, right: str) -> None:
    assert WORDS.terms(f"{left}。{right}") == WORDS.terms(left) + WORDS.terms(right)


def test_threads_get_what_one_thread_gets() -> None:
    texts = [f"第{i}题：自注意力 vs {i}-bit quantization of layer{i} norms" for i in range(300)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(WORDS.terms, texts)) == [WORDS.terms(text) for text in texts]


def test_a_planted_dictionary_cache_is_neither_read_nor_written(tmp_path: Path) -> None:
    planted = marshal.dumps(({"注意": 0}, 1))
    (tmp_path / "jieba.cache").write_bytes(planted)
    code = "from ingest.words.words import Words; print(*map(ascii, Words().terms('注意力')))"
    run = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == [ascii(term) for term in ("注意力", "注意")]
    assert run.stderr == ""
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [planted]
