from typing import get_args

from service.language.phrases import Missing, degraded, wording
from service.write.writer import Reason


def test_every_reason_has_its_words_in_both_languages() -> None:
    reasons = {*get_args(Reason)} - {"length"}  # an answer that is cut off has words of its own
    assert {*wording("zh").failed} == {*wording("en").failed} == reasons


def test_every_code_has_its_words_in_both_languages() -> None:
    codes = {*get_args(Missing)}
    assert {code for code in codes if code.startswith("writer_")} == {f"writer_{each}" for each in get_args(Reason)}
    others = {code for code in codes if not code.startswith("writer_")}
    assert {*wording("zh").missing} == {*wording("en").missing} == others


def test_what_follows_depends_on_what_was_said() -> None:
    assert degraded("writer_slow", "zh", begun=False) == "语言模型迟迟没有开始回答，下面是文档原文。"
    assert degraded("writer_broken", "en", begun=True).endswith("so the rest is in the document's own words.")
    assert degraded("writer_length", "en", begun=True) == "The answer reached its greatest length and ends there."
