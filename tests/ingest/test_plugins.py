"""Another package's chunker and scorer, offered by entry points as a stranger would."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import bootstrap, plugins
from ingest.chunk.recursive import RecursiveChunker
from ingest.settings import IngestSettings, PluginSettings
from service.bootstrap import scorer
from service.fitting import open_engine
from service.settings import PluginRerankSettings
from tests.support.tiny_embedder import TinyEmbedder

CODE = """
from ingest.chunk.recursive import RecursiveChunker


class Length:
    name, together, bilingual = "length", 1, False

    def scores(self, pairs):
        import numpy

        return numpy.array([float(len(passage)) for _, passage in pairs])


def chunker(settings, embedder):
    return RecursiveChunker(settings.options["size"])


def length(settings):
    return Length()
"""
POINTS = """[outline_qa.chunkers]
acme = acme_plugin:chunker

[outline_qa.rerankers]
length = acme_plugin:length
"""


@pytest.fixture
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "acme_plugin.py").write_text(CODE, "utf-8")
    about = tmp_path / "acme_plugin-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-plugin\nVersion: 1.0\n", "utf-8")
    (about / "entry_points.txt").write_text(POINTS, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    plugins._known.cache_clear()
    yield
    plugins._known.cache_clear()
    sys.modules.pop("acme_plugin", None)


@pytest.mark.usefixtures("_installed")
def test_a_strangers_chunker_is_chosen_by_its_name() -> None:
    settings = PluginSettings(kind="plugin", name="acme", options={"size": 120})
    made = bootstrap.chunker(settings, TinyEmbedder())
    assert isinstance(made, RecursiveChunker)
    assert made.fingerprint == RecursiveChunker(120).fingerprint


@pytest.mark.usefixtures("_installed")
def test_a_strangers_scorer_is_chosen_by_its_name() -> None:
    made = scorer(PluginRerankSettings(kind="plugin", name="length"))
    assert made is not None
    assert made.scores([("a", "b"), ("a", "bcd")]).tolist() == [1.0, 3.0]


def test_a_name_that_nobody_offers_is_refused_with_those_there_are() -> None:
    settings = PluginSettings(kind="plugin", name="acme")
    with pytest.raises(ValueError, match=r"no package offers 'acme' .* fixed, recursive, semantic"):
        bootstrap.chunker(settings, TinyEmbedder())


@pytest.mark.parametrize("kind", ["semantic", "recursive", "fixed", "window"])
def test_ours_are_offered_the_same_way(kind: str) -> None:
    assert callable(plugins.factory("chunkers", kind))


def test_the_settings_choose_a_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLINE_QA_CHUNKER__KIND", "plugin")
    monkeypatch.setenv("OUTLINE_QA_CHUNKER__NAME", "acme")
    monkeypatch.setenv("OUTLINE_QA_CHUNKER__OPTIONS", '{"size": 9}')
    assert IngestSettings().chunker == PluginSettings(kind="plugin", name="acme", options={"size": 9})


def test_the_engine_that_fits_is_plugged_in_too() -> None:
    assert plugins.factory("engine", "service") is open_engine
    with pytest.raises(ValueError, match="no package offers 'other' among engine; there are service"):
        plugins.factory("engine", "other")
