"""Whether support is judged as people judge it, and the rules that need no model."""

import asyncio

import pytest

from ingest.chunk import Note
from ingest.fit.sets import claims, held_out
from ingest.index.snapshot import Snapshot
from service.bootstrap import Service
from service.check.support import FEATURES
from service.language.claims import (
    alien,
    clauses,
    contradicts,
    edited,
    formulas,
    is_chinese,
    miscounted,
    names,
    numbers,
)
from service.search.passages import Passage, passage
from tests.support.packs import PACK, WORDS


@pytest.mark.parametrize(
    ("claim", "source", "missing"),
    [
        ("参数少 0.01%。", "通常是总参数的 0.01% ~ 0.1%", None),
        ("参数少 0.02%。", "通常是总参数的 0.01% ~ 0.1%", "0.02"),
        ("1,000 条数据", "1000 条数据", None),
        ("有 3 点", "1. 一\n2. 二\n3. 三", "3"),  # the number of a list item is no number in it
        ("QLoRA 更省。", "LoRA 更省。", "QLoRA"),
        ("大型语言模型 LLM 更大。", "大型语言模型更大。", None),
        ("It uses AdamW.", "使用 AdamW 优化器。", None),
        ("The model is large.", "模型很大。", None),
        ("公式是 $W = BA$。", r"其中 $$W=B A$$", None),
        ("公式是 $W = AB$。", r"其中 $$W=B A$$", "w=ab"),
    ],
)
def test_what_must_stand_in_the_source(claim: str, source: str, missing: str | None) -> None:
    assert alien(WORDS, claim, source) == missing


@pytest.mark.parametrize(
    ("claim", "source", "negated", "opposite"),
    [
        ("模型可以并行计算。", "模型无法并行计算。", True, False),
        ("The model cannot see future tokens.", "模型不能看到未来的 token。", False, False),
        ("量化会增加显存占用。", "量化会降低显存占用。", False, True),
        ("只用编码器处理输入。", "只用解码器处理输入。", False, True),
        ("量化降低显存占用。", "量化能减少显存占用，但速度稍慢。", False, False),
        ("天气很好。", "模型无法并行计算。", False, False),
    ],
)
def test_opposites(claim: str, source: str, negated: bool, opposite: bool) -> None:
    assert contradicts(WORDS, claim, source) == (negated, opposite)


@pytest.mark.parametrize(
    ("claim", "source", "wrong"),
    [
        ("GAN 由两个生成器组成。", "GAN 由一个生成器组成。", True),
        ("GAN 由两个网络组成。", "GAN 由 2 个网络组成。", False),
        ("It has three steps.", "共三步：", False),
        ("It has three steps.", "一共 3 步：", False),
        ("It has three steps.", "一共 13 步：", True),
        ("Two or three layers.", "两层", True),
        ("One of the layers.", "每一层", False),  # no number
        ("十分有效，一分为二。", "有效。", False),  # none either
        ("It has TWO heads.", "两个头", False),
    ],
)
def test_a_number_in_a_word_has_a_source(claim: str, source: str, wrong: bool) -> None:
    assert miscounted(claim, source) is wrong


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("子词切分缓解 OOV，以减小规模。", "减小规模"),
        ("子词切分缓解 OOV 并减小规模", "减小规模"),
        ("It converges slowly and overfits.", " overfits."),
        ("可以并行计算", "可以并行计算"),
        ("所以之前的句子留着", "所以之前的句子留着"),
        ("，。", None),
    ],
)
def test_what_a_sentence_says_last(text: str, last: str | None) -> None:
    *_, found = None, *clauses(text, further=True)
    assert found == last


def test_small_things() -> None:
    assert numbers("共 1,000 条，0.50 倍") == {"1000", "0.5"}
    assert names(WORDS, "LoRA 冻结权重 W") == {"LoRA"}
    assert names(WORDS, "The GPT-3 model and LoRA") == {"GPT-3", "LoRA"}
    assert formulas("设 `r = 8`") == ["r=8"]
    assert edited("它把占用减少了 8 倍，效果好", "它把占用减少了 4 倍，效果好")
    assert not edited("它把占用减少了 4 倍，效果好", "它把占用减少了 4 倍，效果好。")
    assert is_chinese("Sparse Attention 稀疏注意力专注于部分标记")
    assert not is_chinese("removing special characters and乱码 from text")


def test_the_weights_name_every_feature() -> None:
    assert tuple(PACK.fitted.support.weights) == FEATURES


@pytest.mark.slow
def test_on_entries_it_was_not_fitted_on(service: Service, snapshot: Snapshot) -> None:
    parts = service.parts(snapshot)
    unseen = [claim for claim in claims(snapshot) if held_out(snapshot, claim)]

    async def judged() -> list[bool]:
        sources = [passage(snapshot, snapshot.chunks[claim.row], 1.0) for claim in unseen]
        scored = [
            await parts.support.score(claim.text, [source], claim.question)
            for claim, source in zip(unseen, sources, strict=True)
        ]
        return [each.probability >= parts.min_support for (each,) in scored]

    passed = asyncio.run(judged())
    service.close()
    right = sum(p == pair.supported for p, pair in zip(passed, unseen, strict=True))
    shown = [pair for p, pair in zip(passed, unseen, strict=True) if p]
    easier = [pair for pair in shown if pair.kind not in ("ending", "count")]  # those are true but for one thing
    invented = [p for p, pair in zip(passed, unseen, strict=True) if pair.kind == "ending"]
    assert len(unseen) > 170
    assert right / len(unseen) >= 0.85
    assert sum(pair.supported for pair in easier) / len(easier) >= 0.88
    assert sum(pair.supported for pair in shown) / len(shown) >= 0.87
    assert sum(invented) / len(invented) <= 0.1


def test_a_footnote_carries_what_it_says_alone(service: Service, snapshot: Snapshot) -> None:
    text, note = "水泵每年大修[^1]。大修以后试车一小时。", "[^1]: 大修在雨季以前做，由班长签字。"
    held = Passage("c", None, "a.md", ("水泵",), 0, len(text), text, 1.0, None, (Note(500, 500 + len(note), note),))
    scores = service.parts(snapshot).support

    async def span(sentence: str) -> tuple[int, int]:
        (found,) = await scores.score(sentence, [held], "何时大修？")
        return found.start, found.end

    assert asyncio.run(span("大修在雨季以前做，由班长签字。")) == (500, 500 + len(note))
    assert asyncio.run(span("大修以后试车一小时。"))[1] <= len(text)
    service.close()


@pytest.mark.parametrize(
    ("claim", "turned"),
    [
        ("温度越低，生成结果越多样。", True),
        ("温度越高生成结果越确定。", True),
        ("温度越低，生成的内容会变得越确定。", False),
        ("温度越高，输出越多样。", False),
        ("模型越大，效果越好。", False),
    ],
)
def test_the_more_the_more_keeps_its_pairs(claim: str, turned: bool) -> None:
    source = "控制生成文本时的随机性，温度越低生成结果越确定，温度越高生成结果越多样。"
    assert contradicts(WORDS, claim, source) == (False, turned)
