import os
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from ingest.fit.reranker import depths
from ingest.settings import PREFIX
from service.settings import (
    ReciprocalRankSettings,
    ServiceSettings,
    ShippedSettings,
    VllmSettings,
    WeightedSettings,
)
from tests.support.paths import ROOT
from tests.support.variables import leaves, variables

DOCS = ROOT / "docs/settings.md"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable and no .env but the test's own."""
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_names() -> None:
    names = variables(ServiceSettings)
    assert {
        "OUTLINE_QA_PORT",
        "OUTLINE_QA_CORPUS",
        "OUTLINE_QA_FUSION__KIND",
        "OUTLINE_QA_FUSION__K",
    } <= names
    assert {
        "OUTLINE_QA_RERANK__BUDGET_MS",
        "OUTLINE_QA_CHUNKER__OVERLAP",
        "OUTLINE_QA_EMBEDDER__DEVICE",
    } <= names


def test_every_setting_is_documented() -> None:
    text = DOCS.read_text("utf-8")
    assert sorted(name for name in variables(ServiceSettings) if f"`{name}`" not in text) == []


def test_every_setting_has_a_description() -> None:
    def bare(model: type[BaseModel]) -> list[str]:
        names: list[str] = []
        for name, field in model.model_fields.items():
            groups = [
                kind for kind in leaves(field.annotation) if isinstance(kind, type) and issubclass(kind, BaseModel)
            ]
            names += [f"{model.__name__}.{inner}" for group in groups for inner in bare(group)]
            if not groups and name != "kind" and not field.description:
                names.append(f"{model.__name__}.{name}")
        return names

    assert bare(ServiceSettings) == []


def test_a_nested_variable_keeps_its_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLINE_QA_RETRIEVAL__DEPTH", "7")
    monkeypatch.setenv("OUTLINE_QA_FUSION__BM25", "1.5")
    monkeypatch.setenv("outline_qa_port", "9000")
    settings, defaults = ServiceSettings(), ServiceSettings.model_construct()
    assert settings.retrieval.depth == 7
    assert settings.retrieval.per_entry == defaults.retrieval.per_entry
    assert settings.fusion == defaults.fusion.model_copy(update={"bm25": 1.5})
    assert settings.port == 9000


def test_a_kind_selects_its_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLINE_QA_FUSION__KIND", "rrf")
    monkeypatch.setenv("OUTLINE_QA_FUSION__K", "10")
    monkeypatch.setenv("OUTLINE_QA_RERANK__KIND", "cross-encoder")
    monkeypatch.setenv("OUTLINE_QA_RERANK__MODEL", "BAAI/bge-reranker-v2-m3")
    monkeypatch.setenv("OUTLINE_QA_CHUNKER", '{"kind": "fixed", "size": 200}')
    settings = ServiceSettings()
    assert settings.fusion.model_dump() == {"kind": "rrf", "k": 10}
    assert settings.rerank.kind == "cross-encoder"
    assert settings.rerank.model == "BAAI/bge-reranker-v2-m3"
    assert settings.chunker.model_dump() == {"kind": "fixed", "size": 200, "overlap": 100}


def test_a_dotenv_file_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OUTLINE_QA_ANSWER__PASSAGES=3\nUNRELATED=1\n")
    assert ServiceSettings().answer.passages == 3


@pytest.mark.parametrize(
    "name",
    [
        "OUTLINE_QA_PROT",
        "outline_qa_prot",
        "OUTLINE_QA_",
        "OUTLINE_QA_RETRIVAL__DEPTH",
        "OUTLINE_QA_RETRIEVAL_DEPTH",
        "OUTLINE_QA_RETRIEVAL__DEPHT",
        "OUTLINE_QA_FUSION__K",  # of the other kind
        "OUTLINE_QA_PORT__NUMBER",
    ],
)
@pytest.mark.parametrize("where", ["environment", "file"])
def test_an_unknown_variable_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, where: str
) -> None:
    if where == "environment":
        monkeypatch.setenv(name, "5")
    else:
        (tmp_path / ".env").write_text(f"{name}=5\n")
    with pytest.raises(ValidationError) as refused:
        ServiceSettings()
    told = str(refused.value)
    assert name in told or name.removeprefix(PREFIX).lower().split("__")[-1] in told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OUTLINE_QA_PORT", "70000"),
        ("OUTLINE_QA_IN_FLIGHT", "0"),
        ("OUTLINE_QA_WATCH_SECONDS", "0"),
        ("OUTLINE_QA_FUSION__KIND", "best"),
        ("OUTLINE_QA_RERANK__KIND", "cross-encoder"),  # needs a model
        ("OUTLINE_QA_ANSWER__MIN_CONFIDENCE", "1.5"),
        ("OUTLINE_QA_LOG_LEVEL", "loud"),
    ],
)
def test_a_bad_value_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as refused:
        ServiceSettings()
    assert name.removeprefix(PREFIX).lower().split("__")[0] in str(refused.value)


def test_training_shows_a_model_as_many_candidates_as_the_service() -> None:
    assert ShippedSettings().candidates == depths.READ


def test_no_setting_repeats_a_fitted_number() -> None:
    """Unset means as fitted: what is fitted stands in one file."""
    fusion, rerank = WeightedSettings(), ShippedSettings()
    assert {*fusion.model_dump(exclude={"kind"}).values()} == {None}
    assert (rerank.weight, rerank.fused, ServiceSettings().retrieval.expansion) == (None, None, None)
    assert VllmSettings(kind="vllm", model="m").min_support is None
    assert ReciprocalRankSettings(kind="rrf").k is None
