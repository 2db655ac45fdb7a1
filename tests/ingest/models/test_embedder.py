import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer

from ingest.models.bert import BertEncoder
from ingest.models.embedder import Embedder, SentenceTransformerEmbedder, batches
from ingest.models.encoder import SentenceTransformerEncoder
from ingest.models.offline import ModelUnavailableError

TEXTS = [
    "多头注意力把查询、键和值投影到多个子空间，分别计算缩放点积注意力，再拼接起来。",
    "注意力機制的計算複雜度是 O(n²)。",
    "KV cache 缓存了 past keys and values，避免重复计算。",
    "😀 emoji 🚀",
    "",
    "长" * 3000,
    "LoRA",
]


@pytest.fixture(scope="module")
def embedder(model_folder: Path) -> Iterator[SentenceTransformerEmbedder]:
    threads = torch.get_num_threads()
    yield SentenceTransformerEmbedder(model_folder, "query: ", "passage: ", threads=1)
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def reference(model_folder: Path) -> SentenceTransformer:
    return SentenceTransformer(str(model_folder), device="cpu", local_files_only=True)


def test_importing_it_imports_no_torch() -> None:
    code = "import sys, ingest.models.embedder; print(sorted({'torch', 'transformers', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("question", "first"),
    # cosine with the wheel's own engine 0.9999; it quantises activations, so the digits are torch's
    [
        ("什么是多头注意力机制？", [0.08917, 0.00180, -0.07475, -0.01293, 0.01549]),
        ("How does the KV cache speed up decoding?", [0.06346, -0.08290, -0.06320, -0.03833, 0.04696]),
        ("LoRA 微调时 rank 怎么选？", [0.05696, -0.01984, -0.02727, -0.03254, 0.07497]),
    ],
)
def test_canonical_vectors(embedder: SentenceTransformerEmbedder, question: str, first: list[float]) -> None:
    np.testing.assert_allclose(embedder.embed_queries([question])[0, :5], first, atol=1e-4)


def test_vectors_are_those_of_sentence_transformers(
    embedder: SentenceTransformerEmbedder, reference: SentenceTransformer
) -> None:
    vectors = embedder.embed_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    expected = np.vstack([reference.encode([f"passage: {text}"]) for text in TEXTS])
    np.testing.assert_allclose(vectors, expected, atol=2e-6)


def test_questions_and_passages_differ_by_their_prefix(
    embedder: SentenceTransformerEmbedder, reference: SentenceTransformer
) -> None:
    asked = embedder.embed_queries(["LoRA"])
    assert float((asked * embedder.embed_passages(["LoRA"])).sum()) < 0.99
    np.testing.assert_allclose(asked, reference.encode(["query: LoRA"]), atol=2e-6)


def test_a_question_finds_its_passage(embedder: SentenceTransformerEmbedder) -> None:
    scores = (
        embedder.embed_queries(["什么是多头注意力？", "what does the KV cache store?"])
        @ embedder.embed_passages(TEXTS).T
    )
    assert scores.argmax(axis=1).tolist() == [0, 2]


def test_questions_take_no_torch_and_come_out_as_passages_do(model_folder: Path) -> None:
    code = """
import sys, numpy as np
from pathlib import Path
from ingest.models.embedder import SentenceTransformerEmbedder
embedder = SentenceTransformerEmbedder(Path(sys.argv[1]), device="cpu")
texts = ["什么是 LoRA？", "", "长" * 700, "How does the KV cache speed up decoding?"]
few = embedder.embed_queries(texts)
print("torch" in sys.modules)
print(np.abs(few - embedder.embed_passages(texts)).max() < 1e-6)
"""
    done = subprocess.run([sys.executable, "-c", code, model_folder], capture_output=True, text=True, check=True)
    assert done.stdout == "False\nTrue\n"


def test_progress_counts_up_to_all(embedder: SentenceTransformerEmbedder) -> None:
    seen: list[int] = []
    embedder.embed_passages(TEXTS, seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == len(TEXTS)


def test_no_texts_give_no_rows(embedder: SentenceTransformerEmbedder) -> None:
    assert embedder.embed_queries([]).shape == embedder.embed_passages([]).shape == (0, 384)
    assert embedder.token_counts([]) == []


def test_token_counts_leave_out_prefix_and_special_tokens(embedder: SentenceTransformerEmbedder) -> None:
    assert embedder.token_counts(["Hello world!", "你好，世界", ""]) == [3, 4, 0]
    assert embedder.token_counts(["hello " * 1000])[0] > 512


def test_max_tokens_are_embedded_and_what_exceeds_the_window_is_not(
    embedder: SentenceTransformerEmbedder,
) -> None:
    # `passage: ` is 3 tokens and a bare ▁, and 2 are special
    assert embedder.max_tokens == 512 - 4 - 2
    words = [" world"] * embedder.max_tokens
    assert embedder.token_counts(["".join(words)]) == [embedder.max_tokens]
    full, changed, longer, longest = embedder.embed_passages(
        [
            "".join(words),
            "".join([*words[:-1], " LoRA"]),
            "".join(words * 2),
            "".join([*words * 2, " LoRA"]),
        ]
    )
    assert not np.allclose(full, changed, atol=1e-4)
    np.testing.assert_allclose(longer, longest, atol=1e-6)


def test_vectors_that_are_not_finite_are_refused(
    embedder: SentenceTransformerEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = embedder._encoder
    assert isinstance(encoder, BertEncoder)
    words = encoder.many._words.clone()
    words[35378] = torch.nan  # ▁Hello
    monkeypatch.setattr(encoder.many, "_words", words)
    with pytest.raises(ValueError, match="no finite vector for 1 of 2 texts, first 'Hello world!'"):
        embedder.embed_passages(["你好", "Hello world!"])


def test_a_folder_of_another_make_is_sentence_transformers(
    embedder: SentenceTransformerEmbedder, reference: SentenceTransformer, tmp_path: Path
) -> None:
    reference.save(str(tmp_path))
    other = SentenceTransformerEmbedder(tmp_path, "query: ", "passage: ")
    assert isinstance(embedder._encoder, BertEncoder)
    assert isinstance(other._encoder, SentenceTransformerEncoder)
    assert (other.dimension, other.max_tokens) == (embedder.dimension, embedder.max_tokens)
    assert other.token_counts(TEXTS) == embedder.token_counts(TEXTS)
    np.testing.assert_allclose(other.embed_queries(TEXTS[:2]), embedder.embed_queries(TEXTS[:2]), atol=2e-6)


def test_the_fingerprint_follows_the_weights_and_the_prefixes(
    embedder: SentenceTransformerEmbedder, model_folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "renamed"
    for path in (path for path in model_folder.rglob("*") if path.is_file()):
        (copy / path.relative_to(model_folder)).parent.mkdir(parents=True, exist_ok=True)
        (copy / path.relative_to(model_folder)).symlink_to(path)
    renamed = SentenceTransformerEmbedder(copy, "query: ", "passage: ")
    assert renamed.name == "renamed"
    assert renamed.fingerprint == embedder.fingerprint
    bare = SentenceTransformerEmbedder(model_folder, "", "passage: ")
    assert bare.fingerprint != embedder.fingerprint
    pooling = copy / "1_Pooling" / "config.json"
    text = pooling.read_text()
    pooling.unlink()
    pooling.write_text(text.replace("mean_tokens", "cls_token"))
    other = SentenceTransformerEmbedder(copy, "query: ", "passage: ")
    assert other.fingerprint != embedder.fingerprint
    assert isinstance(other._encoder, SentenceTransformerEncoder)  # no mean: not for us


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailableError, match=r"Cannot load the embedding model .*multilingual-e5-small \(it"):
        SentenceTransformerEmbedder(tmp_path)


def test_a_damaged_folder_is_named(model_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(model_folder, tmp_path, dirs_exist_ok=True, ignore=lambda *_: ["model.safetensors"])
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelUnavailableError, match=r"Cannot load the embedding model .*multilingual-e5-small \(it"):
        SentenceTransformerEmbedder(tmp_path)


def test_a_hub_model_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelUnavailableError, match="Cannot load the embedding model 'nobody/no-model'"):
        SentenceTransformerEmbedder("nobody/no-model")


@given(st.lists(st.integers(0, 512), max_size=60), st.integers(1, 2048))
def test_batches_hold_every_row_once_within_the_budget(lengths: list[int], budget: int) -> None:
    found = list(batches(lengths, budget))
    assert sorted(row for batch in found for row in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= budget


def test_batches_by_hand() -> None:
    assert list(batches([3, 10, 4, 9], 20)) == [[1, 3], [2, 0]]
    assert list(batches([50, 1, 1], 20)) == [[0], [1, 2]]


@pytest.mark.parametrize("mark", ["<pad>", "</s>", "<MASK>"])
def test_a_question_on_a_mark_of_the_tokeniser_is_on_its_name(embedder: Embedder, mark: str) -> None:
    plain = mark.replace("<", "< ").replace(">", " >")
    asked, spelt = embedder.embed_queries([f"{mark} 是什么", f"{plain} 是什么"])
    assert (asked == spelt).all()
