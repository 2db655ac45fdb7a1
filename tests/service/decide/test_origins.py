import pytest

from service.decide.origins import formless, untold

MADE = "脱脂工艺由李明在 1998 年提出，先加热再离心。"
RUN = "脱脂分三步：加热、离心、冷却，每批 2000 升。"


@pytest.mark.parametrize(
    ("question", "texts", "nothing"),
    [
        ("脱脂工艺的发明者是谁？", [RUN], True),
        ("脱脂工艺的发明者是谁？", [RUN, MADE], False),
        ("脱脂工艺是谁提出的？", [MADE], False),
        ("脱脂工艺是哪一年提出的？", [RUN.replace("2000", "300")], True),
        ("脱脂工艺是哪一年提出的？", [MADE], False),
        ("Who invented skimming?", ["Skimming runs in three steps."], True),
        ("Who invented skimming?", [MADE], False),
        ("When was skimming introduced?", ["Skimming was introduced in 1998."], False),
        ("When was skimming introduced?", ["Skimming runs in three steps."], True),
        ("脱脂工艺的作者是谁？", [RUN], True),
        ("脱脂工艺是哪家公司推出的？", [RUN], True),
        ("脱脂工艺是哪家公司推出的？", ["脱脂工艺由北方公司推出。"], False),
        ("Which company released skimming?", [RUN], True),
        ("Who wrote it?", ["Skimming was written by Ann Lee."], False),
        ("谁负责脱脂？", [RUN], False),
        ("点波填料研究是谁写的？", ["[1] 作者甲. 点波填料研究. 2019."], False),
        ("Who wrote Film fill?", ["[2\\] B. Jones, Film fill, 2020."], False),
        ("点波填料是谁发明的？", ["点波填料更耐堵塞[1]。"], True),
        ("脱脂一批要多少钱？", [RUN], True),
        ("脱脂一批要多少钱？", [RUN, "每批 800 元。"], False),
        ("How long does skimming take?", [RUN, MADE], False),  # "1998 年" is a time, too
        ("How much does skimming cost?", [RUN], True),
        ("脱脂什么时候用？", [RUN], False),
    ],
)
def test_an_origin_that_no_text_tells(question: str, texts: list[str], nothing: bool) -> None:
    assert untold(question, texts) is nothing


@pytest.mark.parametrize(
    ("question", "texts", "nothing"),
    [
        ("水泵功率的公式是什么", ["轴功率随流量变化。"], True),
        ("水泵功率的公式是什么", ["轴功率随流量变化。", "轴功率 P = ρgQH / η。"], False),
        ("What is the formula of entropy?", ["Entropy is $-\\sum p \\log p$."], False),
        ("水泵功率怎么变", ["轴功率随流量变化。"], False),
    ],
)
def test_a_formula_that_no_text_has(question: str, texts: list[str], nothing: bool) -> None:
    assert formless(question, texts) == nothing
