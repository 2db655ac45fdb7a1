"""docs/settings.md: its tables are written from the settings, between markers; the prose around them is by hand.

`python -m service.settings_page` writes them anew. A marker names the settings of its table, each a group or one alone.
"""

import argparse
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from ingest.settings import PREFIX
from service.settings import ServiceSettings

PAGE = Path("docs/settings.md")
HEAD = "| variable | default | meaning |\n|---|---|---|\n"
_MARKED = re.compile(r"(<!-- settings: ([\w ]+) -->\n).*?(<!-- end -->\n)", re.DOTALL)

Rows = dict[str, tuple[str, str]]  # variable -> default, meaning


def fill(page: str) -> str:
    """Return the page with its tables as the settings have them; raises ValueError for a setting that is left out."""
    named = [name for marker in _MARKED.finditer(page) for name in marker[2].split()]
    if sorted(named) != sorted(ServiceSettings.model_fields):
        odd = sorted(set(named) ^ set(ServiceSettings.model_fields)) or named
        raise ValueError(f"the page's markers must name each setting once; see {', '.join(odd)}")
    return _MARKED.sub(lambda marker: marker[1] + HEAD + _lines(marker[2].split()) + marker[3], page)


def variables() -> Rows:
    """Return every environment variable of the settings, those of all kinds of a group included."""
    return {variable: row for name, info in ServiceSettings.model_fields.items() for variable, row in _rows(name, info)}


def _lines(names: Sequence[str]) -> str:
    rows = [row for name in names for row in _rows(name, ServiceSettings.model_fields[name])]
    return "".join(f"| `{variable}` | {default} | {meaning} |\n" for variable, (default, meaning) in rows)


def _rows(name: str, info: FieldInfo) -> Iterator[tuple[str, tuple[str, str]]]:
    variable, groups = f"{PREFIX}{name.upper()}", _groups(info)
    if not groups:
        yield variable, (_default(info), _phrase(info.description))
        return
    several = len(groups) > 1
    if several:
        yield f"{variable}__KIND", (f"`{info.default.kind}`", _kinds(groups))
    with_fields = [group for group in groups if set(group.model_fields) - {"kind"}]
    fields = dict.fromkeys(field for group in groups for field in group.model_fields)
    for field in (field for field in fields if not several or field != "kind"):
        holders = [group for group in groups if field in group.model_fields]
        own = [group.model_fields[field] for group in holders]
        meanings = dict.fromkeys(_phrase(each.description) for each in own)
        shared = len(groups) == 1 or (len(holders) == len(with_fields) > 1 and len(meanings) == 1)
        if not shared:
            pairs = zip(holders, own, strict=True)
            meanings = dict.fromkeys(f"{_kind(group)}: {_phrase(each.description)}" for group, each in pairs)
        defaults = dict.fromkeys(map(_default, own))
        yield f"{variable}__{field.upper()}", (", ".join(defaults), "; ".join(meanings))


def _groups(info: FieldInfo) -> list[type[BaseModel]]:
    """Return the kinds of a group, one for a group without kinds, none for a single setting."""
    union = get_origin(info.annotation) in (Union, UnionType)
    kinds = get_args(info.annotation) if union else (info.annotation,)
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]


def _kind(group: type[BaseModel]) -> str:
    return str(get_args(group.model_fields["kind"].annotation)[0])


def _kinds(groups: Sequence[type[BaseModel]]) -> str:
    """List the kinds, each with its docstring if it has one."""
    names = []
    for group in groups:
        about = vars(group).get("__doc__")
        names.append(f"`{_kind(group)}`" + (f" ({_phrase(about)})" if about else ""))
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _default(info: FieldInfo) -> str:
    value: Any = info.default
    if info.is_required():
        return "required"
    if value is None:
        return "unset"
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, str | Path):
        return f"`{value}`"
    return f"`{json.dumps(value, default=str, ensure_ascii=False)}`"


def _phrase(text: str | None) -> str:
    """Write a sentence as a table's cell: small at first, unless it is a name, and without a stop."""
    text = (text or "").strip().removesuffix(".")
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m service.settings_page", description="Write docs/settings.md.")
    parser.add_argument("page", type=Path, nargs="?", default=PAGE)
    page = parser.parse_args(arguments).page
    page.write_text(fill(page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
