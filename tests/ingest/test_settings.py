from pathlib import Path

import pytest
from pydantic import ValidationError

from ingest import bootstrap
from ingest.chunk.fixed import FixedChunker
from ingest.chunk.recursive import RecursiveChunker
from ingest.chunk.semantic import SemanticChunker
from ingest.chunk.window import WindowChunker
from ingest.settings import (
    ChunkerSettings,
    FixedSettings,
    IngestSettings,
    RecursiveSettings,
    SemanticSettings,
    WindowSettings,
)
from tests.support.tiny_embedder import TinyEmbedder


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No .env file of the machine's."""
    monkeypatch.chdir(tmp_path)


def test_defaults() -> None:
    settings = IngestSettings()
    assert settings.corpus == [Path("ingest/corpus")]
    assert settings.index == Path("var/index")
    assert settings.chunker == SemanticSettings(percentile=90, min_tokens=60, max_tokens=320)
    assert settings.embedder.query_prefix == "query: "


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"KIND": "recursive"}, RecursiveSettings(kind="recursive", size=500)),
        ({"KIND": "recursive", "SIZE": "300"}, RecursiveSettings(kind="recursive", size=300)),
        ({"KIND": "fixed", "OVERLAP": "0"}, FixedSettings(kind="fixed", size=500, overlap=0)),
        ({"KIND": "window", "NEIGHBOURS": "0"}, WindowSettings(kind="window", neighbours=0)),
        ({"MAX_TOKENS": "200"}, SemanticSettings(max_tokens=200)),
    ],
)
def test_a_chunker_is_chosen_by_its_kind(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: ChunkerSettings
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"OUTLINE_QA_CHUNKER__{name}", value)
    assert IngestSettings().chunker == expected


def test_nested_values_come_from_the_environment_and_the_env_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("OUTLINE_QA_INDEX=from-file\nOUTLINE_QA_CLEAN__SECRETS=false\n", "utf-8")
    monkeypatch.setenv("OUTLINE_QA_EMBEDDER__MODEL", "somewhere/model")
    monkeypatch.setenv("OUTLINE_QA_CORPUS", '["a.md", "b"]')
    settings = IngestSettings()
    assert settings.index == Path("from-file")
    assert (settings.clean.secrets, settings.clean.mojibake) == (False, True)
    assert (settings.embedder.model, settings.embedder.passage_prefix) == ("somewhere/model", "passage: ")
    assert settings.corpus == [Path("a.md"), Path("b")]
    assert settings.with_corpus([Path("c")]).corpus == [Path("c")]
    assert settings.with_corpus([]) is settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMBEDDER__MODLE", "x"),
        ("CHUNKER__KIND", "magic"),
        ("CHUNKER__SIZE", "300"),  # no setting of the semantic chunker
        ("CHUNKER__PERCENTILE", "100"),
        ("CLEAN__NEAR_THRESHOLD", "0"),
        ("EMBEDDER__DTYPE", "int8"),
        ("MAX_FILE_MB", "0"),
    ],
)
def test_wrong_values_and_unknown_names_in_a_group_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"OUTLINE_QA_{name}", value)
    with pytest.raises(ValidationError, match=name.split("__")[0].lower()):
        IngestSettings()


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        IngestSettings().index = Path("x")  # type: ignore[misc]


GROUPS = {"kind", "chunker", "embedder", "clean", "reading", "sources", "uploads", "qdrant", "milvus", "build"}


def test_every_setting_is_described() -> None:
    groups = [
        IngestSettings(),
        IngestSettings().embedder,
        IngestSettings().clean,
        IngestSettings().reading,
        IngestSettings().qdrant,
        IngestSettings().milvus,
        IngestSettings().build,
        SemanticSettings(),
    ]
    groups += [
        RecursiveSettings(kind="recursive"),
        FixedSettings(kind="fixed"),
        WindowSettings(kind="window"),
    ]
    for group in groups:
        for name, field in type(group).model_fields.items():
            if name not in GROUPS:
                assert field.description, f"{type(group).__name__}.{name}"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (SemanticSettings(min_tokens=50), SemanticChunker(TinyEmbedder(), 90, 50, 320)),
        (RecursiveSettings(kind="recursive", size=7), RecursiveChunker(7)),
        (FixedSettings(kind="fixed", size=7, overlap=2), FixedChunker(7, 2)),
        (WindowSettings(kind="window", neighbours=3), WindowChunker(3)),
    ],
)
def test_every_chunker_can_be_made(
    settings: ChunkerSettings, expected: SemanticChunker | RecursiveChunker | FixedChunker | WindowChunker
) -> None:
    made = bootstrap.chunker(settings, TinyEmbedder())
    assert type(made) is type(expected)
    assert made.fingerprint == expected.fingerprint
