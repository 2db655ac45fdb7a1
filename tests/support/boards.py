"""What Grafana and Prometheus are given to ask."""

import json
from collections.abc import Iterator
from typing import Any

import yaml

from tests.support.paths import ROOT

FOLDER = ROOT / "docker/observability"


def dashboards() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((FOLDER / "dashboards").glob("*.json")):
        yield path.stem, json.loads(path.read_text("utf-8"))


def panel_queries() -> list[tuple[str, str]]:
    """The title of each panel with a query of it."""
    return [
        (f"{name}: {panel['title']}", target["expr"])
        for name, board in dashboards()
        for panel in board["panels"]
        for target in panel["targets"]
    ]


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "rules.yml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]
