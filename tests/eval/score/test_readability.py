import pytest

from eval.score.readability import faults

TABLE = "| 型号 | 转速 |\n| -- | -- |\n| 甲 | 900 |"


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("除垢分两步：\n\n- 加水\n- 煮沸", []),
        ("除垢分两步：\n\n1. 加水 [1]\n\n   ```\n   add\n   ```\n\n2. 煮沸 [2]", []),
        ("- **清洗**：每天一次\n- **除垢**：每月一次", []),
        ("- 清洗：\n  - 每天一次\n- 除垢：\n  - 每月一次", []),
        ("除垢的步骤：", ["announcement"]),
        ("除垢的步骤： [1]\n\n### 保养", ["announcement"]),
        ("- 清洗：\n- 除垢：每月一次", ["announcement"]),
        ("1. 加水\n3. 煮沸", ["numbering"]),
        ("2. 煮沸", []),
        ("1. 加水\n2. 煮沸\n\n#### 保养\n\n1. 擦干", []),
        ("水箱如下。\n\n  - 两升", ["orphan"]),
        (TABLE, []),
        ("转速：\n\n" + TABLE, []),
        ("| 甲 | 900 |", ["table"]),
        ("做法见上一题。", ["reference"]),
        ("如上文所述，先断电。", ["reference"]),
        ("See the previous question.", ["reference"]),
        ("看见上面的灯亮就行了。", []),
    ],
)
def test_what_a_reader_stumbles_over(answer: str, found: list[str]) -> None:
    assert faults(answer, "zh") == found


def test_another_language_than_the_questions_is_one_unless_it_is_said() -> None:
    assert faults("水箱容量为两升。", "en") == ["language"]
    assert faults("水箱容量为两升。", "en", said_so=True) == []
    assert faults("The tank (水箱) holds two litres.", "en") == []
    assert faults("The tank holds two litres.", "zh") == []
