"""A question that asks several things is each of them."""

import pytest

from ingest.pack import none
from service.understand.several import questions_in

WORDS = none().words


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("水壶怎么除垢？保修期有几年？", ["水壶怎么除垢", "保修期有几年"]),
        ("水壶怎么除垢，另外滤芯多久更换？", ["水壶怎么除垢", "滤芯多久更换"]),
        ("除垢剂、清洗剂、润滑油各怎么用？", ["除垢剂 各怎么用", "清洗剂 各怎么用", "润滑油 各怎么用"]),
        ("绿茶和红茶在水温上有什么不同？", ["绿茶 在水温上有什么不同", "红茶 在水温上有什么不同"]),
        (
            "How is the kettle rinsed, and what does a filter cost?",
            ["how is the kettle rinsed", "what does a filter cost"],
        ),
        ("电水壶的保修期有几年？咖啡机呢？", ["电水壶的保修期有几年", "咖啡机的保修期有几年"]),
        ("水壶怎么除垢？那咖啡机呢？", ["水壶怎么除垢", "咖啡机怎么除垢"]),
        ("怎么给水壶除垢？咖啡机呢？", ["怎么给水壶除垢", "咖啡机呢"]),
        ("水壶怎么除垢？", []),
        ("水壶用了两年。怎么除垢？", []),
        ("水壶怎么除垢？它要多久？", []),  # the second leans on the first
        ("How is the kettle rinsed?", []),
    ],
)
def test_what_is_asked(question: str, parts: list[str]) -> None:
    assert questions_in(question, WORDS) == parts
