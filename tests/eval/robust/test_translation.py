"""English variants: checked, made once, and counted where the model makes none."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.faulty_llm import MODEL, faulty_llm
from eval.ask.chat import ChatModel, ModelError
from eval.golden.question import GoldenQuestion
from eval.robust.translation import fault, translate


def question(name: str, text: str) -> GoldenQuestion:
    return GoldenQuestion(name, "detail", text, "zh", "answered", ["5.3"], ["它冻结原模型。"], ["冻结"])


@pytest.mark.parametrize(
    ("chinese", "english", "wrong"),
    [
        ("LoRA 的秩是 16 还是 8？", "Is the rank of LoRA 8 or 16?", ""),
        ("LLMs 为什么会幻觉？", "Why does an LLM hallucinate?", ""),
        ("什么是 LLM？", "What are LLMs?", ""),
        ("T5 好在哪", "What is good about t5?", ""),
        ("什么是 LoRA？", "What is LoRA（低秩）?", "Chinese characters"),
        ("秩 16 和 16", "rank 16", "number"),
        ("3.8 节", "section 3", "number"),
        ("QLoRA 好在哪", "Why is LoRA good?", "Latin name"),
        ("BERT 有几层？", "BERT has 24 layers.", "is none"),
        ("分为几步？", "Are there 3 steps?", ""),
        ("LoRA 的秩怎么选？", "Is the rank of LoRA 8?", "number that the question has not"),
        ("帮我写封信", "Dear Sir, I hope that this finds you well. I write to tell you that I leave.", "longer"),
    ],
)
def test_a_translation_has_no_chinese_and_keeps_numbers_and_names(chinese: str, english: str, wrong: str) -> None:
    assert wrong in (fault(chinese, english) or "")
    assert bool(wrong) == bool(fault(chinese, english))


def test_translations_are_kept_and_failures_counted(tmp_path: Path) -> None:
    cache = tmp_path / "new" / "english.jsonl"
    good, other, english = question("a", "什么是 LoRA？"), question("b", "什么是 T5？"), question("c", "What is T5?")
    steps: list[None] = []
    with faulty_llm(form={"english": "What is LoRA?"}) as llm:
        model = ChatModel(llm.url, MODEL, retries=0)
        made = translate([good, other, english], model, cache, lambda: steps.append(None))
        assert [(q.id, q.question, q.language, q.entries) for q in made.questions] == [
            ("a#english", "What is LoRA?", "en", ["5.3"])
        ]
        assert made.failures == {"the translation lacks a number of the question": 1}
        assert len(steps) == 2  # an English question is not translated
        # A kill cut a line off: what is whole stays, and the next line begins anew.
        with cache.open("a", encoding="utf-8") as file:
            file.write('{"key": "x')
        llm.form = {"english": "What is T5?"}
        again = translate([good, other], model, cache)
        assert [q.question for q in again.questions] == ["What is LoRA?", "What is T5?"]
        assert len(llm.asked) == 3
        assert translate([good, other], model, cache) == again
        assert len(llm.asked) == 3
        model.close()


def test_a_model_that_is_down_is_an_error_unless_all_is_kept(tmp_path: Path) -> None:
    cache = tmp_path / "english.jsonl"
    form: dict[str, Any] = {"english": "What is LoRA?"}
    with faulty_llm(form=form) as llm:
        model = ChatModel(llm.url, MODEL, retries=0)
        translate([question("a", "什么是 LoRA？")], model, cache)
    assert translate([question("a", "什么是 LoRA？")], model, cache).failures == {}
    with pytest.raises(ModelError):
        translate([question("b", "什么是 T5？")], model, cache)
    model.close()
