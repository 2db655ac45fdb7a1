"""What can be plugged in: entry points, one group a seam, ours and other people's alike.

The groups are `outline_qa.readers` (a name is the suffix of what it reads, without the dot), `.sources` (where
documents come from), `.chunkers`, `.embedders`, `.indexes`, `.fusions`, `.rerankers` and `.writers`. Another package
names its factory under one of them in its own project file; the setting `kind` of that group then takes the name.
`outline_qa.engine` is what `python -m ingest fit` measures.
"""

import tomllib
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def factory(group: str, kind: str) -> Any:
    """Return what an entry point names; raises ValueError naming the kinds there are."""
    known = _known(f"outline_qa.{group}")
    if kind not in known:
        raise ValueError(f"no package offers {kind!r} among {group}; there are {', '.join(sorted(known))}")
    return known[kind].load()


def offered(group: str) -> frozenset[str]:
    """Return the kinds that there are in a group."""
    return frozenset(_known(f"outline_qa.{group}"))


@cache
def _known(group: str) -> dict[str, EntryPoint]:
    """Ours are read from the project file where this is a checkout that nobody installed."""
    ours: dict[str, str] = {}
    if PROJECT.is_file():
        project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
        ours = project.get("entry-points", {}).get(group, {})
    shipped = {name: EntryPoint(name, value, group) for name, value in ours.items()}
    return {**{point.name: point for point in entry_points(group=group)}, **shipped}
