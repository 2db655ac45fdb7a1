"""Documents that differ in one value: each answers for itself, and what is equal is found at each of its places."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingest.__main__ import ensure
from ingest.models.embedder import Embedder
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import AnswerSettings, ServiceSettings, ShippedSettings, StoreSettings

COMMON = "设备到货后由质检员开箱检查外观、附件和合格证，填写验收单并拍照存档，发现破损的当场拒收并通知采购员。"
STORE = """Returned items are inspected at the regional warehouse within two working days and photographed before any
payment is made. Customers receive a confirmation by e-mail. The refund window is {} days from delivery."""
TABLE = (
    "| 项目 | 值 |\n|---|---|\n| 额定流量 | {} 立方米每小时 |\n| 电压 | 380 伏 |\n| 防护等级 | IP55 |\n| 材质 | 铸铁 |"
)
Files = Mapping[str, str]
Ask = Callable[[Files, str, list[str] | None], dict[str, Any]]


def sections(title: str, text: str, **values: str) -> Files:
    """One file with a section for each value."""
    parts = (f"## {name.replace('_', ' ')}\n\n{text.format(value)}\n\n" for name, value in values.items())
    return {"file.md": f"# {title}\n\n" + "".join(parts)}


def files(heading: str, text: str, **values: str) -> Files:
    """A file for each value, all alike."""
    return {f"{name}.md": f"# {name}\n\n## {heading}\n\n{text.format(value)}\n" for name, value in values.items()}


STATIONS = sections("装配", COMMON + "拧紧力矩为 {} 牛米。", 工位_1="12", 工位_2="18", 工位_3="25", 工位_12="40")
STORES = files("Refunds", STORE, Boston="14", Denver="21", Oslo="14")
DEPOTS = files("夜间作业", COMMON + "本库{}在夜间装卸危险品。", 东仓库="允许", 西仓库="不允许", 南仓库="允许")
PUMPS = sections("泵规格", TABLE, A_型泵="25", B_型泵="40", C_型泵="60")
RELEASES = sections("发布说明", COMMON + "要求的最低内核版本为 {}。", v2_0="4.18", v2_1="5.4")
DOSES = sections("用药", COMMON + "每次剂量为 5 {}，饭后服用。", 成人="克", 儿童="毫克")
OUTAGES = sections("停电计划", COMMON + "本月检修停电日期为 {} 日。", 三月="3 月 12", 四月="4 月 9", 五月="5 月 21")
EQUAL = {
    "a.md": f"# 说明\n\n## 验收\n\n{COMMON}\n\n## 附则\n\n无。\n",
    "b.md": f"# 说明\n\n## 验收\n\n{COMMON}\n\n## 附录\n\n见附件。\n",
}
COPY = {"a.md": f"# 说明\n\n## 验收\n\n{COMMON}\n", "b.md": f"# 说明\n\n## 验收\n\n{COMMON}\n"}


@contextmanager
def served(folder: Path, documents: Files, embedder: Embedder, models: Path) -> Iterator[TestClient]:
    source = folder / "source"
    source.mkdir()
    for name, text in documents.items():
        (source / name).write_text(text, "utf-8")
    settings = ServiceSettings(
        corpus=[source],
        index=folder / "index",
        models=models,
        pack="none",
        store=StoreSettings(path=folder / "store.sqlite"),
        rerank=ShippedSettings(budget_ms=600_000),
        answer=AnswerSettings(min_confidence=0),  # a few passages tell little of what belongs to them
    )
    ensure(settings, embedder)
    with TestClient(create_app(Service(settings, embedder))) as client:
        yield client


@pytest.fixture
def ask(tmp_path: Path, embedder: Embedder, model_folder: Path) -> Ask:
    """Ask a service of these documents alone; every place that it names is read again."""

    def asked(documents: Files, question: str, only: list[str] | None = None) -> dict[str, Any]:
        body: dict[str, Any] = {"question": question} | ({"filters": {"documents": only}} if only else {})
        with served(tmp_path, documents, embedder, model_folder.parent) as client:
            reply: dict[str, Any] = client.post("/v1/ask", json=body).json()
            for citation in reply["citations"]:
                for place in citation["also_at"]:
                    span = {"start": place["start"], "end": place["end"]}
                    text = client.get(f"/v1/documents/{place['document']}", params=span).json()["text"]
                    assert citation["quote"] in text
        return reply

    return asked


@pytest.mark.parametrize(
    ("documents", "question", "said", "unsaid", "home"),
    [
        (STATIONS, "工位 2 的拧紧力矩是多少？", "18 牛米", ["12 牛米", "25 牛米", "40 牛米"], "工位 2"),
        (STORES, "How long is the refund window of the Denver store?", "21 days", ["14 days"], "Denver.md"),
        (DEPOTS, "西仓库允许在夜间装卸危险品吗？", "不允许", ["库允许"], "西仓库.md"),
        (DEPOTS, "哪个仓库不允许夜间装卸危险品？", "不允许", ["库允许"], "西仓库.md"),
        (PUMPS, "B 型泵的额定流量是多少？", "40 立方米", ["25 立方米", "60 立方米"], "B 型泵"),
        (DOSES, "儿童每次剂量是多少？", "5 毫克", ["5 克"], "儿童"),
        (OUTAGES, "4月的检修停电是哪一天？", "4 月 9 日", ["3 月 12", "5 月 21"], "四月"),
    ],
)
def test_each_answers_for_itself(
    ask: Ask, documents: Files, question: str, said: str, unsaid: list[str], home: str
) -> None:
    reply = ask(documents, question, None)
    assert reply["status"] == "answered"
    assert said in reply["answer"]
    assert not [value for value in unsaid if value in reply["answer"]]
    for citation in reply["citations"]:
        assert home in (citation["document"], *citation["heading_path"])
        assert citation["also_at"] == []


def test_two_that_are_named_are_both_told(ask: Ask) -> None:
    answer = ask(STATIONS, "工位 1 和工位 3 的拧紧力矩分别是多少？", None)["answer"]
    assert "12 牛米" in answer
    assert "25 牛米" in answer
    assert "18 牛米" not in answer


@pytest.mark.parametrize("documents", [EQUAL, COPY])
@pytest.mark.parametrize("only", ["a.md", "b.md"])
def test_a_filter_finds_an_equal_passage_at_its_place(ask: Ask, documents: Files, only: str) -> None:
    reply = ask(documents, "发现破损的怎么办？", [only])
    assert reply["status"] == "answered"
    assert {citation["document"] for citation in reply["citations"]} == {only}
    others = [place["document"] for citation in reply["citations"] for place in citation["also_at"]]
    assert set(others) == {"a.md", "b.md"} - {only}
