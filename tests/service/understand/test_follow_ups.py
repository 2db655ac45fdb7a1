import json

import pytest

from service.understand.follow_ups import Message, condense, grounds, leans, swapped
from tests.support.packs import WORDS
from tests.support.paths import ROOT

ASKED = Message("user", "什么是 LoRA？")
TOLD = Message("assistant", "LoRA 冻结权重[1]，只训练低秩矩阵[2]。")
GOLDEN = ROOT / "eval/golden/develop.jsonl"


@pytest.mark.parametrize(
    "question", ["那它的缺点呢？", "What about its drawbacks?", "那 QLoRA 呢？", "为什么？", "详细说说"]
)
def test_a_follow_up_is_preceded_by_its_question(question: str) -> None:
    assert condense(question, [ASKED, TOLD], WORDS) == f"什么是 LoRA？ {question}"


@pytest.mark.parametrize(
    "question", ["BERT 的掩码语言建模是怎么做的？", "How does beam search differ from greedy decoding?"]
)
def test_a_question_that_stands_alone_stays(question: str) -> None:
    assert condense(question, [ASKED, TOLD], WORDS) == question


@pytest.mark.parametrize("question", ["那它的缺点呢？", "LoRA"])
def test_nothing_to_lean_on(question: str) -> None:
    assert condense(question, [], WORDS) == question


def test_reaches_back_to_the_last_question_that_stands_alone() -> None:
    history = [
        Message("user", "解释一下 BERT 的预训练任务"),
        Message("assistant", "……"),
        Message("user", "什么是 Transformer 的位置编码？"),
        Message("assistant", "……"),
        Message("user", "为什么需要它？"),
        Message("assistant", "……"),
    ]
    assert condense("有什么缺点？", history, WORDS) == "什么是 Transformer 的位置编码？ 为什么需要它？ 有什么缺点？"


def test_something_listed_takes_the_answer_that_listed_it_without_marks() -> None:
    condensed = condense("第二步怎么做？", [ASKED, TOLD], WORDS)
    assert condensed == "什么是 LoRA？ LoRA 冻结权重，只训练低秩矩阵。 第二步怎么做？"


def test_the_earlier_questions_that_one_leans_on() -> None:
    history = [Message("user", "什么是位置编码？"), Message("assistant", "…"), Message("user", "什么是 LoRA？")]
    history += [Message("assistant", "…"), Message("user", "那它的缺点呢？"), Message("assistant", "…")]
    leaning = {"那它的缺点呢？": True}
    found = grounds("怎么改进？", history, WORDS, lambda text: leaning.get(text, False))
    assert found == ["什么是 LoRA？", "那它的缺点呢？"]


def test_long_messages_are_cut() -> None:
    history = [Message("user", "微调" * 500), Message("assistant", "步骤" * 500)]
    assert condense("第二步呢？", history, WORDS) == f"{'微调' * 100} {'步骤' * 100} 第二步呢？"


def test_a_history_that_only_leans() -> None:
    history = [Message("user", text) for text in ("它呢？", "那这个呢？", "所以呢？", "为什么？")]
    assert condense("然后呢？", history, WORDS) == "那这个呢？ 所以呢？ 为什么？ 然后呢？"


def test_develop_follow_ups_lean() -> None:
    alone = set()
    for line in GOLDEN.read_text("utf-8").splitlines():
        record = json.loads(line)
        history = [Message(turn["role"], turn["content"]) for turn in record.get("history", [])]
        condensed = condense(record["question"], history, WORDS)
        assert condensed.endswith(record["question"])
        if history and condensed == record["question"]:
            alone.add(record["id"])
    assert alone == {"dev-follow-008"}  # it names what it asks about, and no rule sees that it leans


@pytest.mark.parametrize(
    ("question", "leaning"),
    [
        ("为什么？", True),
        ("有什么缺点", True),
        ("怎么做？", True),
        ("Why is that?", True),
        ("那 QLoRA 呢", True),
        ("前者更适合哪些场景？", True),
        ("Why does quantisation save memory on small devices?", False),
        ("Why use RoPE instead of absolute positions?", False),
        ("怎么做一个法律助手？", False),
    ],
)
def test_what_leans(question: str, leaning: bool) -> None:
    assert leans(question, WORDS) is leaning


@pytest.mark.parametrize(
    ("before", "message", "question"),
    [
        ("什么是 LoRA？", "BERT 呢", "什么是 BERT？"),
        ("残差连接有什么作用", "那层归一化呢？", "层归一化有什么作用"),
        ("BERT 的预训练任务有哪些", "RoBERTa 怎么样", "RoBERTa 的预训练任务有哪些"),
        ("丙型风机的保养周期是多久", "乙型水泵呢", "乙型水泵的保养周期是多久"),
        ("How does BERT differ from GPT?", "And T5?", "How does T5 differ from GPT?"),
        ("RLHF 分几步", "还有别的方法吗", "除了 RLHF 还有什么方法"),
        ("How does LoRA work?", "Are there other methods?", "Apart from LoRA, what other methods are there?"),
    ],
)
def test_another_thing_takes_the_place_of_what_was_asked_about(before: str, message: str, question: str) -> None:
    history = [Message("user", before), Message("assistant", "…")]
    assert swapped(message, history, WORDS, lambda text: False) == question


@pytest.mark.parametrize(
    "message",
    ["显存呢", "它的缺点呢", "那第二个呢", "What about its price?", "And what does it cost?", "什么是 BERT？"],
)
def test_an_aspect_or_a_question_takes_no_place(message: str) -> None:
    history = [Message("user", "什么是 LoRA？"), Message("assistant", "…")]
    assert swapped(message, history, WORDS, lambda text: False) == ""


def test_an_english_question_without_a_name_is_not_taken_apart() -> None:
    history = [Message("user", "How can memory be saved in training?"), Message("assistant", "…")]
    assert swapped("And gradient checkpointing?", history, WORDS, lambda text: False) == ""


def test_what_is_about_two_things_leans_on_two_questions_or_on_one_that_names_both() -> None:
    asked = ["什么是位置编码？", "什么是残差连接？"]
    history = [each for text in asked for each in (Message("user", text), Message("assistant", "…"))]
    assert grounds("这两个有什么关系", history, WORDS, lambda text: False) == asked
    history += [Message("user", "LoRA 和 QLoRA 有什么区别？"), Message("assistant", "…")]
    assert grounds("两者怎么选", history, WORDS, lambda text: False) == ["LoRA 和 QLoRA 有什么区别？"]
