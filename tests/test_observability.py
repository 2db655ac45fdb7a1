"""Dashboards and rules ask for what is really exported, in queries that Prometheus reads."""

import json
import re
import shutil
import subprocess
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from eval.commands import live, nightly
from service.serve.metrics import Metrics
from tests.support.boards import FOLDER, dashboards, panel_queries, rules
from tests.support.paths import ROOT

NAME = re.compile(r"\b(?:outline_qa|process)(?::|_)[\w:]+")
LABELS = re.compile(r"(\w+)\{([^}]*)\}|by \(([^)]*)\)")
promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool comes with Debian's prometheus")


def queries() -> list[str]:
    """Every query of a panel and of a rule."""
    return [query for _, query in panel_queries()] + [rule["expr"] for rule in rules()]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The labels of each series that the service, the night and the rules themselves give, by name."""
    metrics = Metrics()
    found: dict[str, set[str]] = {}
    for collected in metrics.registry.collect():
        own = getattr(metrics.registry._names_to_collectors.get(collected.name), "_labelnames", ())
        kinds = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(collected.type, ("",))
        for ending in kinds:
            found[collected.name + ending] = {*own, *(("le",) if ending == "_bucket" else ())}
    folder = tmp_path_factory.mktemp("night")
    nightly._leave(folder / nightly.FIGURES, passed=True)
    live._leave(folder / live.FIGURES, 7, {"support": 0.9})
    for name in (nightly.FIGURES, live.FIGURES):
        for family in text_string_to_metric_families((folder / name).read_text("utf-8")):
            found[family.name] = {label for sample in family.samples for label in sample.labels}
    return found | {rule["record"]: set() for rule in rules() if "record" in rule}


def test_all_that_is_asked_for_is_exported(exported: dict[str, set[str]]) -> None:
    asked = {name for query in queries() for name in NAME.findall(query)}
    assert asked <= exported.keys(), asked - exported.keys()
    assert len(asked) > 20


def test_series_have_the_labels_that_are_asked_of_them(exported: dict[str, set[str]]) -> None:
    for query in queries():
        own = set().union(*(exported[name] for name in NAME.findall(query)), {"job", "instance"})
        for match in LABELS.finditer(query):
            wanted = re.findall(r"(\w+)\s*=", match[2]) if match[2] else (match[3] or "").split(",")
            assert {label.strip() for label in wanted if label.strip()} <= own, query


def test_each_figure_of_the_docs_is_exported_and_each_exported_one_described(exported: dict[str, set[str]]) -> None:
    page = (ROOT / "docs/operations.md").read_text("utf-8")
    for name in exported:
        plain = re.sub(r"_(?:bucket|count|sum)$", "", name)
        if plain.startswith("outline_qa_") and not re.search("night|live", plain):
            assert f"`{plain}`" in page, plain


def test_the_night_says_whether_it_passed(tmp_path: Path) -> None:
    with pytest.raises(AttributeError):  # it measures nothing, so it has failed
        nightly._night(Namespace(folder=tmp_path))
    assert "outline_qa_night_passed 0\n" in (tmp_path / nightly.FIGURES).read_text("utf-8")


@promtool
def test_rules_do_what_they_say() -> None:
    for arguments in (["check", "rules", "rules.yml"], ["test", "rules", "rules_test.yml", "rules_week_test.yml"]):
        done = subprocess.run(["promtool", *arguments], cwd=FOLDER, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@promtool
def test_prometheus_reads_the_queries_of_all_panels(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{n}", "expr": query} for n, query in enumerate(queries())]
    file = tmp_path / "panels.yml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}), "utf-8")
    done = subprocess.run(["promtool", "check", "rules", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("name", "board"), list(dashboards()), ids=lambda each: each if isinstance(each, str) else "")
def test_dashboards_are_whole(name: str, board: dict[str, Any]) -> None:
    assert board["uid"] == f"outline-qa-{name}"
    panels = board["panels"]
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    assert all(panel["datasource"]["uid"] == "prometheus" for panel in panels)
