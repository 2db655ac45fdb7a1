import asyncio
import itertools
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from ingest.chunk import Chunk
from ingest.fitted import Blend
from service.search.rerank import CrossEncoderReranker, NoReranker, UnreadError, joined, settled
from service.search.retrieve import Candidate
from service.search.scorers import SHIPPED, HubScorer, ShippedScorer, whole_sums
from tests.support.packs import WORDS, question

QUERY = question("a")


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
    reranker = CrossEncoderReranker(HubScorer(str(folder)), candidates=5, budget_ms=60_000)
    found, missing = asyncio.run(reranker.rerank(QUERY, candidates("abcdef")))
    expected = logits(folder, "abcde")
    assert missing is None
    assert texts(found) == "".join(sorted("abcde", key=lambda letter: -expected[letter])) + "f"
    assert texts(found) != "abcdef"
    for candidate in found[:5]:
        assert candidate.rerank_score == pytest.approx(expected[candidate.chunk.text], abs=1e-5)
        assert candidate.score == candidate.rerank_score
    assert found[5].rerank_score is None  # beyond `candidates`: not scored, not moved
    assert found[5].score == found[4].score


@pytest.mark.parametrize(("weight", "fused"), [(0.5, 2.0), (0.0, 1.0), (1.0, 100.0)])
def test_the_score_is_a_blend(folder: Path, weight: float, fused: float) -> None:
    reranker = CrossEncoderReranker(HubScorer(str(folder)), 4, 60_000, weight=weight, fused=fused)
    found, _ = asyncio.run(reranker.rerank(QUERY, candidates("abcdef")))
    expected = {x: weight * score + fused * -place for place, (x, score) in enumerate(logits(folder, "abcd").items())}
    assert texts(found) == "".join(sorted("abcd", key=lambda letter: -expected[letter])) + "ef"
    for candidate in found[:4]:
        assert candidate.score == pytest.approx(expected[candidate.chunk.text], abs=1e-4)
    scores = [candidate.score for candidate in found]
    assert scores == sorted(scores, reverse=True)


def test_past_its_reach_a_harsh_reading_counts_no_further() -> None:
    log_odds, limited = [0.0, 1.0, -9.0], Blend(weight=0.5, fused=1.0, reach=3.0)
    fused = [replace(each, score=score) for each, score in zip(candidates("abc"), (0.0, -2.0, 4.0), strict=True)]
    assert texts(joined(fused, log_odds, [], Blend(weight=0.5, fused=1.0))) == "acb"  # 0, 4 - 4.5, -1.5
    found = joined(fused, log_odds, candidates("d"), limited)
    assert texts(found) == "cabd"  # 4 - 1, 0, -1.5; the last counts as the worst of those that were read
    assert found[0].rerank_score == -9.0  # what was read stays what it was
    assert found[-1].score == pytest.approx(-1.0)


def test_requests_at_once_share_batches_and_keep_their_own_scores(folder: Path) -> None:
    reranker = CrossEncoderReranker(HubScorer(str(folder)), budget_ms=60_000)
    asked = ["".join(letters) for letters in itertools.permutations("abcd", 3)]

    async def all_at_once() -> list[str]:
        replies = await asyncio.gather(*(reranker.rerank(QUERY, candidates(letters)) for letters in asked))
        return [texts(found) for found, _ in replies]

    expected = logits(folder, "abcd")
    assert asyncio.run(all_at_once()) == [
        "".join(sorted(letters, key=lambda letter: -expected[letter])) for letters in asked
    ]


def test_past_the_budget_the_fused_order_stands(folder: Path) -> None:
    reranker = CrossEncoderReranker(HubScorer(str(folder)), budget_ms=1)

    async def queue() -> list[tuple[list[Candidate], str | None]]:
        """The worker is busy with the first ones, so the last cannot be in time."""
        return await asyncio.gather(*(reranker.rerank(QUERY, candidates("abcdef" * 50)) for _ in range(8)))

    found, missing = asyncio.run(queue())[-1]
    assert missing == "reranker_late"
    assert found == candidates("abcdef" * 50)
    # The worker is free again afterwards, and late scores go nowhere.
    patient = CrossEncoderReranker(HubScorer(str(folder)), budget_ms=60_000)
    assert asyncio.run(patient.rerank(QUERY, candidates("ab")))[1] is None


def test_what_is_decided_on_waits_past_the_budget(folder: Path) -> None:
    reranker = CrossEncoderReranker(HubScorer(str(folder)), budget_ms=1)

    async def queue() -> list[tuple[list[Candidate], str | None]]:
        return await asyncio.gather(*(reranker.rerank(QUERY, candidates("abcdef" * 50), True) for _ in range(8)))

    alone, _ = asyncio.run(CrossEncoderReranker(HubScorer(str(folder))).rerank(QUERY, candidates("abcdef" * 50), True))
    for found, missing in asyncio.run(queue()):
        assert missing is None
        assert [c.chunk for c in found] == [c.chunk for c in alone]


@pytest.mark.parametrize(
    ("fused", "scores", "settles"),
    [
        # Read: e^0 + e^-1 = 1.368 and more, unread e^-6 and less: 0.002 of it.
        ([0.0, -1.0, -6.0], [1.0, 1.0], True),
        # Unread e^-1 times e^0, what the other was read as: 0.37 of 3.09.
        ([0.0, -1.0, -1.0], [1.0, 0.0], False),
        # e^5 + e^-1 = 148.8 beside 0.37: 0.9975.
        ([0.0, -1.0, -1.0], [5.0, 0.0], True),
        # The others of three were read as e^0 and e^5, 74.7 on average: 27.5 unread beside 278.
        ([0.0, -1.0, -1.0, -1.0], [5.0, 0.0, 5.0], False),
        ([0.0, -1.0, -1.0], [5.0], False),
        ([0.0], [-9.0], True),
    ],
)
def test_it_is_settled_once_the_right_one_is_likely_read(
    fused: list[float], scores: list[float], settles: bool
) -> None:
    assert settled(fused, scores, Blend(weight=1.0, fused=1.0)) is settles


def test_it_is_settled_by_what_scores_are_worth() -> None:
    fused, scores = [0.0, -1.0, -1.0], [5.0, 0.0]
    assert not settled(fused, scores, Blend(weight=0.2, fused=1.0))  # 2.72 and 0.37 read, 0.37 unread: 0.89
    assert settled(fused, scores, Blend(weight=1.0, fused=1.0, reach=4.0))  # 0 counts as 1: e^5 + e^0, unread e^0
    assert not settled(fused, scores, Blend(weight=1.0, fused=1.0, reach=1.0))  # as 4: e^5 + e^3, unread e^3: 0.89


@pytest.mark.parametrize(
    ("behind", "read"),
    [([0.0, 9.0, 9.0, 9.0, 9.0], 2), ([0.0, 0.0, 0.0, 0.0, 0.0], 5), ([0.0, 0.0, 0.0, 0.0, 9.0], 4), ([0.0, 9.0], 2)],
)
def test_what_is_decided_on_is_read_as_far_as_it_takes(folder: Path, behind: list[float], read: int) -> None:
    reranker = CrossEncoderReranker(HubScorer(str(folder)), budget_ms=60_000, weight=0.01, fused=1.0)
    fused = [replace(each, score=-nats) for each, nats in zip(candidates("abcde"), behind, strict=False)]
    found, _ = asyncio.run(reranker.rerank(QUERY, fused, decided=True))
    assert sum(each.rerank_score is not None for each in found) == read
    assert len(found) == len(fused)
    in_search, _ = asyncio.run(reranker.rerank(QUERY, fused))
    assert all(each.rerank_score is not None for each in in_search)


def test_a_score_that_is_no_number_leaves_the_fused_order(folder: Path, tmp_path: Path) -> None:
    model = BertForSequenceClassification.from_pretrained(folder)
    with torch.no_grad():
        model.classifier.bias.fill_(float("nan"))
    model.save_pretrained(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    reranker = CrossEncoderReranker(HubScorer(str(tmp_path)), budget_ms=60_000)
    found, missing = asyncio.run(reranker.rerank(QUERY, candidates("abc")))
    assert missing == "reranker_invalid"
    assert found == candidates("abc")


def test_a_model_that_fails_leaves_the_fused_order(folder: Path) -> None:
    """A passage whose text is none makes the tokeniser fail; whoever asks next is served."""
    reranker = CrossEncoderReranker(HubScorer(str(folder)), budget_ms=60_000)
    broken = [replace(c, chunk=replace(c.chunk, heading_path=("\ud800",))) for c in candidates("abc")]
    found, missing = asyncio.run(reranker.rerank(QUERY, broken))
    assert missing == "reranker_failed"
    assert found == broken
    assert asyncio.run(reranker.rerank(QUERY, candidates("ab")))[1] is None


@pytest.mark.parametrize("kind", ["missing", "empty"])
def test_a_model_that_cannot_be_loaded_is_named(tmp_path: Path, kind: str) -> None:
    if kind == "empty":
        (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=rf"cannot load the cross-encoder '.*{kind}'.*rerank\.kind to none"):
        HubScorer(str(tmp_path / kind))


def test_relevance_is_the_models_score(folder: Path) -> None:
    reranker = CrossEncoderReranker(HubScorer(str(folder)), budget_ms=60_000)
    expected = logits(folder, "abc")
    found = asyncio.run(reranker.relevance(QUERY, ["a\nc", "a\na", "a\nb"]))
    assert found == pytest.approx([expected[letter] for letter in "cab"], abs=1e-5)


def test_why_relevance_cannot_be_had_is_said(folder: Path) -> None:
    reranker = CrossEncoderReranker(HubScorer(str(folder)), budget_ms=60_000)
    with pytest.raises(UnreadError, match="reranker_failed"):
        asyncio.run(reranker.relevance(QUERY, ["\ud800"]))  # the model fails
    assert asyncio.run(reranker.relevance(QUERY, [])) == []
    assert asyncio.run(NoReranker().relevance(QUERY, ["b"])) == []
    hasty = CrossEncoderReranker(HubScorer(str(folder)), budget_ms=1, decision_ms=1)

    async def queue() -> list[list[float] | BaseException]:
        waiting = (hasty.relevance(QUERY, ["a\nb"] * 300) for _ in range(8))
        return await asyncio.gather(*waiting, return_exceptions=True)

    assert str(asyncio.run(queue())[-1]) == "reranker_late"


def test_nothing_to_rerank(folder: Path) -> None:
    assert asyncio.run(CrossEncoderReranker(HubScorer(str(folder))).rerank(QUERY, [])) == ([], None)
    assert asyncio.run(NoReranker().rerank(QUERY, [])) == ([], None)


def test_none_returns_what_it_got() -> None:
    assert asyncio.run(NoReranker().rerank(QUERY, candidates("cab"))) == (candidates("cab"), None)


@pytest.fixture(scope="module")
def shipped() -> ShippedScorer:
    return ShippedScorer()


def test_the_shipped_model_tells_an_answer_from_its_neighbours(shipped: ShippedScorer) -> None:
    """Questions in both languages and both scripts, written for this test; passages of other documents."""
    passages = [
        "KV 缓存\n推理时把已经算过的 Key 和 Value 存起来，生成下一个词就不必重新计算整个前缀，用显存换时间。",
        "学习率预热\n训练开始时学习率从零线性增加，避免参数在头几步剧烈变化。",
        "贝叶斯优化\n用代理模型选择下一组超参数，比网格搜索需要更少的试验。",
    ]
    for asked in (
        "为什么存下以前的 Key 和 Value 能加快生成？",
        "為什麼存下以前的 Key 和 Value 能加快生成？",
        "Why does keeping keys and values make generation faster?",
    ):
        assert int(np.argmax(shipped.scores([(WORDS.bilingual(asked), passage) for passage in passages]))) == 0


def test_a_score_depends_on_no_other_pair_and_not_on_case_or_script(shipped: ShippedScorer) -> None:
    pairs = [("什么是 LoRA？", "LoRA\n" + "低秩分解。" * n) for n in (1, 3, 30, 300)]
    alone = np.concatenate([shipped.scores([pair]) for pair in pairs])
    assert shipped.scores(pairs).tolist() == alone.tolist()
    assert shipped.scores([("什麼是 ＬＯＲＡ？", pairs[0][1])]) == alone[:1]


def test_a_passage_longer_than_the_window_keeps_its_beginning(shipped: ShippedScorer) -> None:
    short = "LoRA\n" + "低秩分解。" * 200
    assert np.ptp(shipped.scores([("什么是 LoRA？", short), ("什么是 LoRA？", short + "无关的话。" * 5000)])) == 0


def test_the_empty_question_and_no_pairs(shipped: ShippedScorer) -> None:
    assert np.isfinite(shipped.scores([("", ""), ("", "x")])).all()
    assert shipped.scores([]).shape == (0,)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
@pytest.mark.parametrize("fault", ["missing", "changed"])
def test_a_shipped_file_that_is_not_what_it_was_is_named(tmp_path: Path, name: str, fault: str) -> None:
    folder = shutil.copytree(SHIPPED, tmp_path / "reranker")
    if fault == "missing":
        (folder / name).unlink()
    else:
        with (folder / name).open("ab") as file:
            file.write(b" ")
    with pytest.raises(ValueError, match=rf"{name} is .*rerank\.kind to none"):
        ShippedScorer(folder=folder)


@pytest.mark.parametrize(
    ("flags", "whole"),
    [("fpu avx2 avx512f avx512_vnni", True), ("fpu avx2 avx_vnni", True), ("fpu avx2 avx512f avx512bw", False)],
)
def test_what_a_processor_adds_whole_is_read_from_its_flags(tmp_path: Path, flags: str, whole: bool) -> None:
    cpu = tmp_path / "cpuinfo"
    cpu.write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t:\n", "utf-8")
    assert whole_sums(cpu) is whole
    assert not whole_sums(tmp_path / "none")  # a system that does not say
