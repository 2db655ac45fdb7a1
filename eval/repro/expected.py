"""Every published figure as data: what it is, how it was measured, and how far another measurement may be from it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError

EXPECTED = Path(__file__).parents[1] / "expected.yaml"
Language = Literal["en", "zh"]
Text = str | dict[Language, str]  # one for both languages, or one each
Cell = Literal["what", "aim", "text", "command"]


class ExpectedError(Exception):
    """Published figures that cannot be read, or an unknown one; the text names it."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """A row of a table of figures.

    `values` are (value, tolerance) by the name that the command's `--json` gives them; `text` is the cell, with a
    place such as {hit_1:.3f} for each of them. `settings` are environment variables; `{target}` in the command is
    the address of a service that runs under them. A `command` of "" cannot be run again by itself.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    id: str
    what: Text
    command: str
    data: str
    values: dict[str, tuple[float, float]]
    text: Text
    machine: str
    date: str
    aim: Text = ""
    settings: dict[str, str] = field(default_factory=dict)

    def cell(self, name: Cell, language: Language) -> str:
        """Write a cell of the row; raises KeyError for a place without a value."""
        if name == "command":
            words = [*(f"{key}={value}" for key, value in self.settings.items()), self.command]
            return f"`{' '.join(words)}`".replace(" --target {target}", "")
        cell = in_language(getattr(self, name), language)
        if name == "text":
            cell = cell.format(**{key: value for key, (value, _) in self.values.items()})
        return _PERCENT.sub(" %", cell)


@dataclass(frozen=True, slots=True)
class Layout:
    """A table of a page: the cells of its head as one line of Markdown, which cells a row has, and the rows by id."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    head: Text
    cells: list[Cell]
    rows: list[str]


@dataclass(frozen=True, slots=True)
class Expected:
    """The published figures by id, and the tables made of them by name."""

    figures: Mapping[str, Expectation]
    tables: Mapping[str, Layout]


_PERCENT = re.compile(r"(?<=\d)%")
_FIGURES, _TABLES = TypeAdapter(list[Expectation]), TypeAdapter(dict[str, Layout])


def in_language(text: Text, language: Language) -> str:
    return text if isinstance(text, str) else text[language]


def load(path: Path = EXPECTED) -> Expected:
    """Read the figures; raises ExpectedError. Keys of the file other than "figures" and "tables" are for anchors."""
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
        figures = _FIGURES.validate_python(content["figures"])
        tables = _TABLES.validate_python(content["tables"])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ExpectedError(f"cannot read the published figures {str(path)!r}: {error}") from error
    except ValidationError as error:
        fault = error.errors()[0]
        raise ExpectedError(f"{path}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}") from error
    by_id = {each.id: each for each in figures}
    if len(by_id) < len(figures):
        raise ExpectedError(f"{path} has an id twice")
    if unknown := {name for table in tables.values() for name in table.rows} - by_id.keys():
        raise ExpectedError(f"{path}: its tables name {', '.join(sorted(unknown))}, which no row has for an id")
    return Expected(by_id, tables)
