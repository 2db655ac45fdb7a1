import pytest

from ingest.clean.mojibake import repair_mojibake
from ingest.clean.report import Edit

EDIT = "text in a wrong encoding repaired"


def broken(text: str, by: str = "cp1252") -> str:
    return text.encode().decode(by)


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("donâ€™t", "don’t"),
        ("模型处理 cafÃ© 的乱码", "模型处理 café 的乱码"),
        (broken("注意力机制", "latin-1"), "注意力机制"),
        (broken("‘naïve’ – 20°C"), "‘naïve’ – 20°C"),
        ("`x` isnâ€™t `y`", "`x` isn’t `y`"),
        ("a ` isnâ€™t ``", "a ` isn’t ``"),  # no code span: the runs differ in length
    ],
)
def test_repairs(text: str, fixed: str) -> None:
    assert repair_mojibake(f"一\n{text}\n") == (f"一\n{fixed}\n", [Edit(EDIT, 1, (2,))])


@pytest.mark.parametrize(
    "text",
    [
        "因编码错误产生的乱码（如 `â€™`、`U+FFFD`）。",
        "``a ` â€™``",
        "```\nâ€™\n```",
        "~~~text\n```\nâ€™\n~~~",
        "- 1. > ```\n  â€™",
        "````\n```\nâ€™\n````",
        "“引号” ‘单’ …… —— ，。：；！？（）【】《》ＡＢＣ１２３　全角",
        "x² ≤ ½·π ± 20 °C × 3 → ∑ αβγ Ω",
        "Ça va? À la carte, naïve, Übergröße, español ¿qué?",
        "│├──└ █ ░ ✓ ✗ 🚀👨‍👩‍👧",
        "日本語 한국어 Привет",
        "\ufffd",
        "",
    ],
)
def test_leaves_what_is_right_or_code(text: str) -> None:
    assert repair_mojibake(text) == (text, [])


def test_a_fence_ends_where_it_is_closed() -> None:
    assert repair_mojibake("```\nâ€™\n```\nâ€™\n")[0] == "```\nâ€™\n```\n’\n"
