"""Variants change how a question is typed and nothing else."""

import re
import unicodedata
from dataclasses import replace
from difflib import SequenceMatcher

import pytest

from eval.golden.question import GoldenQuestion, load
from eval.robust.variants import CONFUSED, KEPT, RULES, Variant, changed, traditional, typos, untidy
from tests.support.paths import ROOT

DEVELOP = load(ROOT / "eval/golden/develop.jsonl")


def question(text: str, name: str = "q-1") -> GoldenQuestion:
    return GoldenQuestion(name, "detail", text, "zh", "answered", ["5.3"], ["它冻结原模型。"], ["冻结"])


def faults(before: str, after: str) -> int:
    """Count the runs in which two texts differ."""
    return sum(tag != "equal" for tag, *_ in SequenceMatcher(None, before, after, autojunk=False).get_opcodes())


@pytest.mark.parametrize("variant", RULES)
def test_only_the_text_and_the_id_change_and_always_in_the_same_way(variant: Variant) -> None:
    for each in DEVELOP:
        made = RULES[variant](each)
        assert made.id == f"{each.id}#{variant}"
        assert replace(made, id=each.id, question=each.question) == each
        assert RULES[variant](each) == made


def test_typos_are_one_for_twelve_characters_and_spare_digits_and_negations() -> None:
    for each in DEVELOP:
        made = typos(each).question
        assert re.findall(r"\d+", made) == re.findall(r"\d+", each.question)
        assert [c for c in made if c in "不没非无"] == [c for c in each.question if c in "不没非无"]
        # A fault in a word may look like two runs.
        assert faults(each.question, made) <= 2 * max(1, len(each.question) // 12)


def test_a_long_question_has_as_many_typos_as_it_should_and_others_for_another_id() -> None:
    text = (
        "训练型号模式做法候选部分带记机权种量层网络预数据文检索召微调语言解码向缓推理注意力化词优答幻觉嵌参低秩损样流"
    )
    assert len(text) // 12 == 4
    made = typos(question(text)).question
    assert faults(text, made) == 4
    assert typos(question(text, "q-2")).question != made


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("型？", {"形？", "型型？"}),
        ("RAG", {"RGA"} | {f"R{c}G" for c in "QSZ"} | {f"RA{c}" for c in "FHT"}),
        ("AI?", {"IA?"}),
        ("第 3.8 节", {"第第 3.8 节", "第 3.8 节节"}),
    ],
)
def test_a_fault_is_one_that_people_make(text: str, possible: set[str]) -> None:
    made = {typos(question(text, f"q-{n}")).question for n in range(200)}
    assert made == possible


@pytest.mark.parametrize("text", ["", "1.3", "GPT4？", "不", "😕"])
def test_without_a_place_for_a_typo_there_is_no_variant(text: str) -> None:
    assert changed(question(text), "typos") is None


def test_the_tables_hold_only_single_characters_that_differ() -> None:
    for right, wrong in CONFUSED.items():
        assert len(right) == 1
        assert right not in wrong
        assert not {right, *wrong} & KEPT - {"几"}


def test_traditional_characters() -> None:
    assert (
        traditional(question("训练 LoRA 时，学习率为什么重要？3.8")).question == "訓練 LoRA 時，學習率爲什麼重要？3.8"
    )
    assert changed(question("What is LoRA?"), "traditional") is None


def test_untidy_drops_punctuation_and_spaces_but_no_digit_or_word() -> None:
    made = {untidy(question("GPT-4 和 BERT，哪个在 3.8 节？", f"q-{n}")).question for n in range(60)}
    assert "GPT-4和BERT 哪个在3.8节" in made
    assert {unicodedata.normalize("NFKC", each).casefold() for each in made} == {"gpt-4和bert 哪个在3.8节"}
    assert any("ＢＥＲＴ" in each for each in made)
    assert untidy(question("c++ vs. rust: which?")).question.casefold() != "c++ vs. rust: which?"
    english = unicodedata.normalize("NFKC", untidy(question("Why can't it, e.g., see?")).question).casefold()
    assert english.split() == ["why", "can't", "it", "e", "g", "see"]


def test_what_a_rule_leaves_as_it_is_has_no_variant() -> None:
    assert changed(question("明天下雨吗"), "untidy") is None
    assert changed(question("明天下雨吗？"), "untidy") == replace(question("明天下雨吗"), id="q-1#untidy")
