from pathlib import Path

import pytest

from service.search.lexicon import Lexicon
from service.search.reading import Reading
from tests.support.tiny_index import index

NOTES = """# 泵

## 离心泵

离心泵的叶轮每季度检查一次，密封圈每年更换。变频器型号 Altivar 用 Modbus 通信，设置 `maxSpeed`。

## 保养

保养计划贴在值班室。The impeller of the centrifugal pump is inspected every quarter.
"""


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    snapshot = index(tmp_path_factory.mktemp("reading"), a=NOTES, b="# 阀\n\n球阀每月润滑。\n")
    return Reading(snapshot, Lexicon(snapshot))


@pytest.mark.parametrize(
    "wrapped",
    [
        "您好，{}",
        "哈喽～{}谢谢！",
        "Hello everyone! {}",
        "{} plz",
        "{}THX",
        "/query {}",
        "@helper {}",
        "TL;DR：{}",
        "ELI5: {}",
        "2026年面试必备：{}",
        "【急】{}",
        "{}（明天 Acme 面试要用）",
        "{}请以 YAML 格式返回",
        "{}控制在300字以内。",
        "{}整理成 Excel 表格",
        "请用英文简要说明：{}",
        "{}要求分点，说人话",
        "{}answer in bullet points please",
        "{}no more than 80 words",
        "{}在 Zorbax 上",  # no rule takes it: it asks nothing and names what no document has
        "{}（Grault 版）",
        "FAQ：{}",
        "As a beginner, {}",
        "{}请用表格",
        "{}做PPT用",
        "{} pdf",
        "求解释：{}",
        "面试官问我{}该怎么回答？",
    ],
)
def test_what_is_beside_a_question_is_not_searched_for(reading: Reading, wrapped: str) -> None:
    bare = "离心泵的叶轮多久检查一次？"
    assert reading.of(wrapped.format(bare)) == bare


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ("讲讲离心泵的保养 thx bro", "讲讲离心泵的保养"),
        ("Zorbax 二组提问：Modbus 怎么设？", "Modbus 怎么设？"),  # it says what it is about
        ("Could you please tell me how often is the impeller inspected?", "how often is the impeller inspected?"),
        ("用 JSON 格式列出离心泵的保养计划", "离心泵的保养计划"),
        ("用表格对比离心泵和球阀的保养", "对比离心泵和球阀的保养"),
    ],
)
def test_what_is_beside_the_point_in_a_clause_goes(reading: Reading, question: str, read: str) -> None:
    assert reading.of(question) == read


@pytest.mark.parametrize(
    "question",
    [
        "Zorbax 和离心泵有什么区别？",  # the unknown name is what is asked about
        "离心泵有什么用？Zorbax 呢，它有什么用？",  # it asks, too
        "Zorbax 里，保养怎么做？",  # it says not what is maintained
        "Altivar-9 出来了，离心泵的叶轮怎么改？",  # another of a kind that the documents have
        "你好，请问 Zorbax 怎么安装？谢谢",  # nothing is left that the documents deal with
        "用 markdown 格式输出",
        "thanks",
        "离心泵（Altivar）的保养",
        "叶轮检查，为什么要每季度？",  # a clause that only asks belongs to the question
        "[maxSpeed]和[Modbus]是干什么用的？",
        "A/B 阀的保养",
        "",
    ],
)
def test_a_question_with_nothing_beside_it_stays(reading: Reading, question: str) -> None:
    assert reading.of(question) == question


@pytest.mark.parametrize("mark", ["\u200b", "\xad", "\ufeff", "\u2060", "\u200e", "\u202a", "\ufe0f"])
def test_what_nobody_sees_is_not_read(reading: Reading, mark: str) -> None:
    assert reading.of(f"离心{mark}泵的 Mod{mark}bus 怎么设？") == "离心泵的 Modbus 怎么设？"


def test_the_same_holds_for_documents(tmp_path: Path) -> None:
    snapshot = index(tmp_path, a="# 门\n\n卷\u200e帘门用 Rol\u2062lo 控制。\n")
    assert {"卷帘", "rollo"} <= {*snapshot.postings.vocabulary}
    (chunk,) = snapshot.chunks
    assert "Rol\u2062lo" in chunk.text  # a citation is verbatim


@pytest.mark.parametrize(
    ("question", "clause"),
    [
        ("Altivar 变频器用什么通信，保养计划在哪？", "Altivar 变频器用什么通信"),
        ("离心泵的叶轮多久检查一次？", ""),  # there is no other
        ("Zorbax 太贵，保养计划怎么写", ""),  # what it is about is in no document
        ("保养吗，多久一次", ""),  # none says what it is about
    ],
)
def test_a_clause_that_can_be_answered_alone(reading: Reading, question: str, clause: str) -> None:
    assert reading.clause(question) == clause
