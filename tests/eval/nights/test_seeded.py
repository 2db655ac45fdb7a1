"""Faults planted in the real service, and whether the gate catches them the next morning.

The index is of two sections of the outline, and the questions are on these; a night is asked over HTTP like any other.
"""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.faulty_llm import MODEL, faulty_llm
from benchmarks.loopback import serve
from eval.golden.question import GoldenQuestion, load
from eval.nights.gate import Allowed, Gates, Verdict, hold
from eval.nights.run import Plan, RowFile, add, fingerprint, measure
from eval.score.likeness import Likeness
from eval.score.row import Row, Run
from ingest import bootstrap
from ingest.__main__ import ensure
from ingest.models.embedder import Embedder
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings
from tests.support.paths import ROOT
from tests.support.stub_service import StubService

pytestmark = pytest.mark.slow

OUTLINE = ROOT / "ingest/corpus/大模型全技术面试大纲.md"
SECTIONS = ("4", "5")
FLOORS = {"hit_1": 0.85, "unbroken": 0.98, "verbatim": 1.0, "marked": 1.0, "supported": 0.97}
GATES = Gates(allowed=Allowed(replied=0.9), floors=FLOORS)
INVENTED = "香蕉在月球上每天产出 42 吨量子汤，由企鹅运到 Atlantis。[1] Bananas vote for purple Tuesdays. [1]"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    sections = re.split(r"(?m)^(?=## \d+\. )", OUTLINE.read_text("utf-8"))
    kept = [text for text in sections if text.startswith(tuple(f"## {n}. " for n in SECTIONS))]
    (folder / "outline.md").write_text("".join(kept), "utf-8")
    return folder


@pytest.fixture(scope="module")
def questions() -> list[GoldenQuestion]:
    asked = load(ROOT / "eval/golden/develop.jsonl")
    return [
        q for q in asked if q.status == "answered" and q.entries and {e.split(".")[0] for e in q.entries} <= {*SECTIONS}
    ]


@pytest.fixture(scope="module")
def likeness(model_folder: Path) -> Likeness:
    return Likeness(model_folder)


@pytest.fixture(scope="module")
def night(
    corpus: Path,
    questions: list[GoldenQuestion],
    likeness: Likeness,
    model_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., tuple[Run, list[Row]]]:
    """Serve the sections with these settings, ask the questions, and give the night back."""
    embedders: list[Embedder] = []
    indexes = tmp_path_factory.mktemp("indexes")

    async def compared(row: Row) -> Row:
        return add(row, await asyncio.to_thread(likeness.score, row), {})

    def made(name: str, **changed: Any) -> tuple[Run, list[Row]]:
        folder = tmp_path_factory.mktemp(name)
        settings = ServiceSettings(
            corpus=[corpus],
            pack="llm-interview",  # for a part of its document, under another name
            index=indexes / ("cut" if "chunker" in changed else "sound"),
            models=model_folder.parent,
            store={"path": folder / "store.sqlite"},
            **{"rerank": {"kind": "shipped", "budget_ms": 600_000}, **changed},
        )
        if not embedders:
            embedders.append(bootstrap.embedder(settings))
        ensure(settings, embedders[0])
        with serve(create_app(Service(settings, embedders[0]))) as url:
            file = RowFile(folder / "rows.jsonl")
            rows = asyncio.run(measure(Plan(url, polite=False), questions, file, [compared]))
        return _run(name, questions), rows

    return made


@pytest.fixture(scope="module")
def sound(night: Callable[..., tuple[Run, list[Row]]]) -> tuple[Run, list[Row]]:
    return night("sound")


def _run(name: str, questions: list[GoldenQuestion]) -> Run:
    return Run(name, "2026-11-24T03:30:00", "", "", "", fingerprint(questions), "v", "extractive")


def caught(verdict: Verdict) -> set[str]:
    return {finding.metric for finding in verdict.findings if finding.fault in ("floor", "regression")}


def test_a_sound_night_passes(sound: tuple[Run, list[Row]]) -> None:
    assert hold(*sound, GATES).status == "passed"


def test_a_worse_ranking_is_caught(night: Callable[..., tuple[Run, list[Row]]], sound: tuple[Run, list[Row]]) -> None:
    """The reranker is off, and the indexes' ranks are added up instead of their weighted scores."""
    verdict = hold(*night("ranks", fusion={"kind": "rrf"}, rerank={"kind": "none"}), GATES, sound)
    assert verdict.status == "regression"
    assert {"hit_1", "citation_precision"} <= caught(verdict)


def test_a_chunker_that_cuts_sentences_is_caught(
    night: Callable[..., tuple[Run, list[Row]]], sound: tuple[Run, list[Row]]
) -> None:
    verdict = hold(*night("cut", chunker={"kind": "fixed", "size": 60, "overlap": 0}), GATES, sound)
    assert verdict.status == "regression"
    assert "unbroken" in caught(verdict)


def test_a_generator_that_invents_is_caught(
    night: Callable[..., tuple[Run, list[Row]]], sound: tuple[Run, list[Row]]
) -> None:
    """The service's own check is off, so that what the model makes up gets out."""
    with faulty_llm(answer=INVENTED) as llm:
        writer = {"kind": "vllm", "base_urls": [llm.url], "model": MODEL, "min_support": 0}
        verdict = hold(*night("invents", writer=writer), GATES, sound)
    assert verdict.status == "regression"
    assert {"supported", "key_points"} <= caught(verdict)


def test_a_service_that_times_out_is_caught(stub: StubService, questions: list[GoldenQuestion], tmp_path: Path) -> None:
    stub.hang = 0.6
    few = questions[:6]
    file = RowFile(tmp_path / "rows.jsonl")
    rows = asyncio.run(measure(Plan(stub.url, 3, timeout=0.2, polite=False), few, file))
    verdict = hold(_run("slow", few), rows, GATES)
    assert verdict.status == "unmeasured"
    assert [finding.metric for finding in verdict.findings if finding.fault == "unmeasured"] == ["replied"]
