"""Questions of an FAQ as headings."""

import pytest

from ingest.parse import markdown


def paths(text: str) -> list[tuple[str, ...]]:
    return [section.heading_path for section in markdown.parse("faq.md", text).sections if section.blocks]


@pytest.mark.parametrize(
    "text",
    [
        "# FAQ\n\n**Q: How do I reset it?**\n\nA: Hold the key.\n\n**Q: Is it loud?**\n\nA: No.\n",
        "# FAQ\n\nQ1. How do I reset it?\nA1. Hold the key.\n\nQ2. Is it loud?\nA2. No.\n",
        "# FAQ\n\n**Question:** How do I reset it?\n\n**Answer:** Hold.\n\n**Question:** Is it loud?\n\n**A:** No.\n",
        "# FAQ\n\n问：How do I reset it?\n答：Hold the key.\n\n问：Is it loud?\n答：No.\n",
    ],
)
def test_a_question_with_its_answer_below_is_a_heading(text: str) -> None:
    assert paths(text) == [("How do I reset it?",), ("Is it loud?",)]


def test_it_ends_at_the_next_heading_of_any_level() -> None:
    text = "# FAQ\n\n## Power\n\nQ: Is it loud?\nA: No.\n\n## Water\n\nTwo litres.\n"
    assert paths(text) == [("Power", "Is it loud?"), ("Water",)]


@pytest.mark.parametrize(
    "text",
    [
        "Q: who takes the minutes?\n\nThe meeting began at nine.\n",  # nobody answers
        "Q3 figures: the best so far.\nA: none.\n",
        "```\nQ: x\nA: y\n```\n",
        "A: No.\n",
    ],
)
def test_other_lines_are_none(text: str) -> None:
    assert paths(text) == [()]
