"""What someone gives to be indexed -> paths here and sources elsewhere: addresses, and lists in TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ingest.sources.source import Remote

LIST = ".toml"
TABLE = "source"
GIT = "git+"
EXAMPLE = 'path = "notes", or kind = "web" and address = "https://…"'


def sources_of(given: Sequence[Path | str]) -> list[Path | Remote]:
    """Read addresses (`https://…`, `git+https://…@ref#path,path`) and lists; raises ValueError, OSError."""
    return [source for each in given for source in _read(each)]


def _read(given: Path | str) -> Iterator[Path | Remote]:
    if isinstance(given, str):
        yield _address(given)
    elif given.suffix == LIST and given.is_file() and TABLE in (tables := _tables(given)):
        named = tables[TABLE]
        for number, table in enumerate(named if isinstance(named, list) else [named], 1):
            yield _listed(given, number, table)
    else:
        yield given


def _address(address: str) -> Remote:
    if not address.startswith(GIT):
        return Remote("web", {"address": address})
    rest, _, paths = address.removeprefix(GIT).partition("#")
    path = rest.partition("://")[2].partition("/")[2]  # a host may have an @ of its own, before the path
    ref = path.rpartition("@")[2] if "@" in path else ""
    options: dict[str, object] = {"address": rest.removesuffix(f"@{ref}") if ref else rest}
    return Remote("git", options | ({"ref": ref} if ref else {}) | ({"paths": paths.split(",")} if paths else {}))


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{str(path)!r} is no TOML: {error}") from error


def _listed(path: Path, number: int, table: object) -> Path | Remote:
    """Read one table of a list; paths are relative to the list."""
    where = f"{str(path)!r}, source {number}"
    if not isinstance(table, dict):
        raise ValueError(f"{where}: no table; write [[{TABLE}]] and below it {EXAMPLE}")
    if "kind" not in table:
        if set(table) != {"path"} or not isinstance(table["path"], str):
            raise ValueError(f"{where}: say what it is: {EXAMPLE}")
        return path.parent / table["path"]
    return Remote(str(table["kind"]), {key: value for key, value in table.items() if key != "kind"})
