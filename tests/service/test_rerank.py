import asyncio
import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from ingest.chunk import Chunk
from service.rerank import CrossEncoderReranker, NoReranker
from service.retrieve import Candidate, Query

QUERY = Query("a", np.zeros(2, np.float32))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder of two tiny layers with random weights, over the words a to f."""
    folder = tmp_path_factory.mktemp("cross-encoder")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdef"]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    ).save_pretrained(folder)
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        initializer_range=1.0,
    )
    config.num_labels = 1
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def candidates(texts: str) -> list[Candidate]:
    """One for each letter, the first with the highest fused score."""
    return [
        Candidate(
            Chunk(f"id-{text}", "text", "a.md", ("a",), None, None, 0, 1, (0, 1), text),
            score=float(-place),
            bm25_rank=place + 1,
            dense_rank=None,
            cosine=0.9,
            title_cosine=0.9,
        )
        for place, text in enumerate(texts)
    ]


def texts(found: list[Candidate]) -> str:
    return "".join(candidate.chunk.text for candidate in found)


def logits(folder: Path, letters: str) -> dict[str, float]:
    """What the weights say of "a" against "a\\nLETTER", pair by pair, without sentence-transformers."""
    model = BertForSequenceClassification.from_pretrained(folder)
    model.train(False)
    a, cls, sep = 4, 2, 3
    scores = {}
    for letter in letters:
        ids = [cls, a, sep, a, "abcdef".index(letter) + 4, sep]
        with torch.inference_mode():
            output = model(torch.tensor([ids]), token_type_ids=torch.tensor([[0, 0, 0, 1, 1, 1]]))
        scores[letter] = float(output.logits)
    return scores


def test_orders_by_the_model_and_keeps_the_tail(folder: Path) -> None:
    reranker = CrossEncoderReranker(str(folder), candidates=5, budget_ms=60_000)
    found, degraded = asyncio.run(reranker.rerank(QUERY, candidates("abcdef")))
    expected = logits(folder, "abcde")
    assert degraded is None
    assert texts(found) == "".join(sorted("abcde", key=lambda letter: -expected[letter])) + "f"
    assert texts(found) != "abcdef"
    for candidate in found[:5]:
        sigmoid = 1 / (1 + np.exp(-expected[candidate.chunk.text]))
        assert candidate.rerank_score == pytest.approx(sigmoid, abs=1e-5)
    assert found[5] == candidates("abcdef")[5]  # beyond `candidates`: not scored, not moved


def test_requests_at_once_share_batches_and_keep_their_own_scores(folder: Path) -> None:
    reranker = CrossEncoderReranker(str(folder), budget_ms=60_000)
    asked = ["".join(letters) for letters in itertools.permutations("abcd", 3)]

    async def all_at_once() -> list[str]:
        replies = await asyncio.gather(*(reranker.rerank(QUERY, candidates(letters)) for letters in asked))
        return [texts(found) for found, _ in replies]

    expected = logits(folder, "abcd")
    assert asyncio.run(all_at_once()) == [
        "".join(sorted(letters, key=lambda letter: -expected[letter])) for letters in asked
    ]


def test_past_the_budget_the_fused_order_stands(folder: Path) -> None:
    reranker = CrossEncoderReranker(str(folder), budget_ms=1)

    async def queue() -> list[tuple[list[Candidate], str | None]]:
        """The worker is busy with the first ones, so the last cannot be in time."""
        return await asyncio.gather(*(reranker.rerank(QUERY, candidates("abcdef" * 50)) for _ in range(8)))

    found, degraded = asyncio.run(queue())[-1]
    assert degraded == "Reranking took over 1 ms; the fused order stands."
    assert found == candidates("abcdef" * 50)
    # The worker is free again afterwards, and late scores go nowhere.
    patient = CrossEncoderReranker(str(folder), budget_ms=60_000)
    assert asyncio.run(patient.rerank(QUERY, candidates("ab")))[1] is None


def test_a_score_that_is_no_number_leaves_the_fused_order(folder: Path, tmp_path: Path) -> None:
    model = BertForSequenceClassification.from_pretrained(folder)
    with torch.no_grad():
        model.classifier.bias.fill_(float("nan"))
    model.save_pretrained(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    reranker = CrossEncoderReranker(str(tmp_path), budget_ms=60_000)
    found, degraded = asyncio.run(reranker.rerank(QUERY, candidates("abc")))
    assert degraded == "The reranker gave a score that is no number; the fused order stands."
    assert found == candidates("abc")


@pytest.mark.parametrize("kind", ["missing", "empty"])
def test_a_model_that_cannot_be_loaded_is_named(tmp_path: Path, kind: str) -> None:
    if kind == "empty":
        (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=rf"cannot load the cross-encoder '.*{kind}'.*rerank\.kind to none"):
        CrossEncoderReranker(str(tmp_path / kind))


def test_nothing_to_rerank(folder: Path) -> None:
    assert asyncio.run(CrossEncoderReranker(str(folder)).rerank(QUERY, [])) == ([], None)
    assert asyncio.run(NoReranker().rerank(QUERY, [])) == ([], None)


def test_none_returns_what_it_got() -> None:
    assert asyncio.run(NoReranker().rerank(QUERY, candidates("cab"))) == (candidates("cab"), None)
