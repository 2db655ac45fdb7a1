"""`python -m ingest fit` on a small outline with a pack of its own: what comes out, and what it is good for."""

import asyncio
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.build import build_index
from ingest.chunk.recursive import RecursiveChunker
from ingest.clean import CleanSteps
from ingest.fit.run import Result, fit_all, general
from ingest.fitted import Fitted
from ingest.index.versions import Versions
from ingest.pack import Packs, none, read
from service.bootstrap import Service
from service.fitting import ServiceEngine
from service.settings import NoRerankSettings, ReciprocalRankSettings, ServiceSettings, WeightedSettings
from tests.support.packs import write_pack
from tests.support.tiny_embedder import TinyEmbedder

THINGS = ("离心泵", "齿轮泵", "柱塞泵", "球阀", "闸阀", "蝶阀", "轴承", "联轴器", "密封圈", "滤芯", "压力表", "流量计")
LISTED = THINGS[::3]
ASKED = ("{}怎么保养？", "{}要怎样做保养", "保养{}的方法", "{}多久保养一次")
OUTSIDE = ("天气", "足球", "股票", "电影", "旅游", "音乐", "菜谱", "汽车", "手机", "地铁", "星座", "游戏")


def outline() -> str:
    entries = [
        f"★★ **{number}. {thing}怎么保养？**\n"
        + ("" if thing in LISTED else f"\n{thing}每月检查，保养时先停机，再清洗{thing}外壳。\n")
        for number, thing in enumerate(THINGS, 1)
    ]
    return "# 手册\n\n## 1. 保养\n\n" + "\n".join(entries)


def questions() -> list[dict[str, object]]:
    inside: list[dict[str, object]] = [
        {
            "question": way.format(thing),
            "kind": "plain",
            "status": "listed_unanswered" if thing in LISTED else "answered",
            "entries": [f"1.{number}"],
        }
        for number, thing in enumerate(THINGS, 1)
        for way in ASKED
    ]
    outside: list[dict[str, object]] = [
        {"question": f"{thing}哪里好看 {way}", "kind": "outside", "status": "not_in_documents", "entries": []}
        for thing in OUTSIDE
        for way in ("今天", "明天")
    ]
    return [*inside, *outside]


def opened(folder: Path, fusion: str = "weighted") -> Service:
    settings = ServiceSettings(
        corpus=[folder / "source"],
        index=folder / "index",
        pack=str(folder / "pack"),
        rerank=NoRerankSettings(kind="none"),
        fusion=ReciprocalRankSettings(kind="rrf") if fusion == "rrf" else WeightedSettings(),
    )
    return Service(settings, TinyEmbedder())


def indexed(folder: Path) -> None:
    build_index(
        [folder / "source"],
        Versions(folder / "index"),
        TinyEmbedder(),
        RecursiveChunker(200),
        CleanSteps(),
        Packs(str(folder / "pack")),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An outline, a pack for it that names labelled questions, and the index of both."""
    folder = tmp_path_factory.mktemp("fit")
    (folder / "source").mkdir()
    (folder / "source" / "手册.md").write_text(outline(), "utf-8")
    pack = write_pack(folder / "pack", ["手册.md"])
    card = (pack / "pack.toml").read_text("utf-8")
    named = 'labelled = ["asked.jsonl"]\nrefused = ["asked.jsonl"]\n\n[speech.zh]'
    (pack / "pack.toml").write_text(card.replace("[speech.zh]", named), "utf-8")
    lines = "".join(json.dumps(question, ensure_ascii=False) + "\n" for question in questions())
    (folder / "asked.jsonl").write_text(lines, "utf-8")
    indexed(folder)
    return folder


@pytest.fixture(scope="module")
def result(folder: Path) -> Result:
    service = opened(folder)
    engine = ServiceEngine(service, service.settings, service.open())
    found = fit_all(engine, folder, "python -m ingest fit --anew", True, lambda *_: None)
    engine.close()
    return found


def test_what_it_was_fitted_with_is_named(result: Result, folder: Path) -> None:
    fitted, service = result.fitted, opened(folder)
    snapshot = service.open()
    assert fitted.embedder == TinyEmbedder().fingerprint
    assert fitted.tokeniser == snapshot.pack.words.fingerprint
    assert fitted.documents == dict(snapshot.manifest.sources)
    (asked,) = (each for each in fitted.fit.inputs if each.name == "asked.jsonl")
    assert asked.sha256 == hashlib.sha256((folder / "asked.jsonl").read_bytes()).hexdigest()
    assert fitted.fit.command == "python -m ingest fit --anew"
    assert {"python", "numpy", "scikit-learn"} <= {*fitted.fit.versions}
    service.close()


def test_every_part_is_told_before_and_after(result: Result) -> None:
    told = {part.name: part for part in result.parts}
    assert {"fusion", "reciprocal ranks", "weighted: margins", "weighted: confidence", "rrf: margins"} <= {*told}
    assert {"margins in places", "rrf: confidence, own"} <= {*told}
    assert all(part.before and part.after for part in result.parts)


def test_the_same_inputs_give_the_same_numbers(result: Result, folder: Path) -> None:
    service = opened(folder)
    engine = ServiceEngine(service, service.settings, service.open())
    again = fit_all(engine, folder, "python -m ingest fit --anew", True, lambda *_: None)
    engine.close()
    assert again.fitted == result.fitted


def test_general_numbers_name_no_documents(result: Result) -> None:
    found = general(result.fitted, none().fitted)
    assert (dict(found.documents), found.tokeniser) == ({}, "")
    assert {stage.own for stage in found.stages} == {None}
    assert found.choices == none().fitted.choices != {}


@pytest.mark.parametrize("fusion", ["weighted", "rrf"])
def test_listed_questions_are_recognised_under_either_fusion(result: Result, folder: Path, fusion: str) -> None:
    """What was fitted is read again, belongs to the fusion that is set, and tells listed from answered."""
    result.fitted.write(folder / "pack" / "fitted.json")
    indexed(folder)
    service = opened(folder, fusion)
    snapshot = service.open()
    assert snapshot.pack.fitted == Fitted.read(folder / "pack" / "fitted.json") == read(folder / "pack").fitted
    parts = service.parts(snapshot)
    assert parts.searcher.scale.fused is not None
    assert parts.searcher.scale.fused.fusion.startswith(fusion)

    async def verdict(text: str) -> str:
        hits = await parts.searcher.find(text)
        return parts.decider.decide(hits.query, hits.candidates).verdict

    inside: list[dict[str, object]] = [q for q in questions() if q["entries"]]
    right = [asyncio.run(verdict(str(q["question"]))) == q["status"] for q in inside if q["status"] != "answered"]
    service.close()
    assert sum(right) / len(right) >= 0.7


def refitted(folder: Path, present: Fitted) -> Result:
    """The same with numbers that are there, which stay where new ones are no better."""
    service = opened(folder)
    snapshot = service.open()
    snapshot = replace(snapshot, pack=replace(snapshot.pack, fitted=present))
    engine = ServiceEngine(service, service.settings, snapshot)
    again = fit_all(engine, folder, "python -m ingest fit", False, lambda *_: None)
    engine.close()
    return again


def test_numbers_that_are_there_stay_where_new_ones_are_no_better(result: Result, folder: Path) -> None:
    again = refitted(folder, result.fitted)
    kept = {part.name for part in again.parts if not part.taken}
    assert kept == {*again.fitted.fit.kept}
    assert "weighted: margins" in kept
    assert again.fitted.stages[0].margins == result.fitted.stages[0].margins


def test_models_of_other_vectors_are_made_anew(result: Result, folder: Path) -> None:
    """They would tell likelihoods that are none of these vectors', however well they rank."""
    again = refitted(folder, result.fitted.model_copy(update={"embedder": "another"}))
    taken = {part.name for part in again.parts if part.taken}
    assert {"weighted: confidence", "weighted: confidence, own"} <= taken
    assert "weighted: margins" not in taken
