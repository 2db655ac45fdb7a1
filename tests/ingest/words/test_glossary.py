import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.words.glossary import Glossary
from tests.support.packs import PACK, WORDS

LINES = [
    line for line in (PACK.folder / "glossary.txt").read_text("utf-8").splitlines() if line and not line.startswith("#")
]
TOKENISER = WORDS.glossary.tokeniser
GRADIENTS = "梯度 | gradient\n梯度检查点 | gradient checkpointing | 重计算\n"


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("How do I fine-tune it?", "微调"),
        ("finetuned", "微调"),
        ("fine tuning", "微调 fine-tuning"),  # the compound is what the index holds
        ("Layer normalisation vs. batch norm", "层归一化 批 归一化"),
        ("summarize", "摘要 总结 summari"),
        ("summarising", "摘要 总结 summar"),
        ("which GPUs?", "显卡"),
        ("running out of memory", "显存 gpu vram"),
        ("roll it back", "回滚 rollback 回退"),
        ("hallucinations", "幻觉"),
        ("模型胡编乱造", "幻觉 hallucin"),
        ("顯存不夠", "gpu vram"),
        ("ＶＲＡＭ", "显存"),
        ("KV 缓存", "cach"),
        ("A/B测试", "test"),
        ("O(n^2)", "二次方 quadrat"),
        ("greedy", "贪婪解码"),
        ("lawyers", "法律 legal 律师"),
    ],
)
def test_a_question_gets_the_other_names(text: str, added: str) -> None:
    assert set(added.split()) <= set(WORDS.expand(text))


@pytest.mark.parametrize("text", ["", "的，🚀 ---", "What is it?", "qwertz 龘"])
def test_nothing_known_adds_nothing(text: str) -> None:
    assert WORDS.expand(text) == ()


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        (GRADIENTS, "梯度检查点", "gradient checkpoint 重 计算"),  # not 梯度 too
        (GRADIENTS, "gradient checkpointing saves gradients", "梯度检查点 梯度 检查 查点 检查点 重 计算"),
        (
            "数据清洗 | cleaning\n清洗数据集 | tidy",
            "数据清洗数据集",
            "tidi",
        ),  # the longest of those that overlap
        ("数据清洗 | cleaning\n清洗数据 | tidy", "数据清洗数据", "clean"),  # the first of equals
        ("层 | layer", "模型的层", "layer"),
        ("层 | layer", "层次 层归一化", ""),  # a single character only as a word
        ("roll back | 回滚", "Roll. Back!", ""),  # not across a sentence mark
        ("roll back | 回滚", "rolled-back", "回滚"),
        ("roll back | 回滚", "roll 回 滚", "back 回滚"),
        ("z | zeta\nb | beta", "the beta, a zeta", "b z"),
        ("乙 | second\n甲 | first", "first, second", "甲 乙"),  # in the order of the text
        ("# 甲 | first\n\n 乙 |second", "first second", "乙"),
    ],
)
def test_expand(source: str, text: str, expected: str) -> None:
    assert Glossary.parse(source, TOKENISER).expand(text) == expected.split()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("微调 | fine-tuning\n\n精调 | Fine tuned", r"lines 1 and 3: 'Fine tuned' stands in both"),
        ("回滚 | 回滚", r"lines 1 and 1: '回滚' stands in both"),
        ("# names\n微调", r"line 2: '微调' has one variant"),
        ("微调 | ", r"line 1: '' has no search term"),
        ("微调 | what is", r"line 1: 'what is' has no search term"),
    ],
)
def test_a_wrong_line_is_named(source: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Glossary.parse(source, TOKENISER)


@pytest.mark.parametrize("line", LINES)
def test_every_listed_variant_leads_to_all_names_of_its_line(line: str) -> None:
    variants = line.split(" | ")
    names = {term for variant in variants for term in WORDS.terms(variant)}
    for variant in variants:
        assert set(WORDS.expand(variant)) == names - set(WORDS.terms(variant))


@given(
    st.lists(st.sampled_from(["微调", "梯度检查点", "fine-tuned", "GPU memory", "层", "ｘ", "。", " ", "龘"])).map(
        "".join
    )
)
def test_what_is_added_is_new_and_listed_once(text: str) -> None:
    added = WORDS.expand(text)
    assert len(set(added)) == len(added)
    assert not set(added) & set(WORDS.terms(text))
