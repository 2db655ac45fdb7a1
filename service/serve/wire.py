"""Events of an answer as lines of JSON, and back: what processes hand to each other."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass, replace
from functools import cache
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from service.check.quotes import Citation
from service.events import Answer, Delta, Event, Meta, Sources
from service.search.passages import Passage

KINDS: Mapping[str, type[Event]] = {each.__name__: each for each in (Meta, Sources, Delta, Citation, Answer)}


def packed(events: Sequence[Event]) -> bytes:
    """Write events, without the questions that passages were drawn for: only the writer reads those."""
    lines = ([type(each).__name__, asdict(_plain(each))] for each in events)
    return "\n".join(json.dumps(line) for line in lines).encode()


def events_of(lines: bytes | str) -> list[Event]:
    """Read events; raises ValueError for what another release wrote."""
    try:
        return [_made(KINDS[kind], told) for kind, told in map(json.loads, lines.splitlines())]
    except (KeyError, TypeError) as error:
        raise ValueError(f"no events of this release: {error!r}") from error


def _plain(event: Event) -> Event:
    match event:
        case Sources():
            return Sources(tuple(map(_undrawn, event.passages)))
        case Citation():
            return replace(event, passage=_undrawn(event.passage))
        case Answer():
            return replace(event, citations=tuple(replace(c, passage=_undrawn(c.passage)) for c in event.citations))
        case _:
            return event


def _undrawn(passage: Passage) -> Passage:
    return replace(passage, asked=())


@cache
def _hints(kind: type) -> Mapping[str, object]:
    return get_type_hints(kind)


def _made(kind: Any, told: Any) -> Any:
    """Make what a type says of what JSON has for it; the events hold data classes, tuples, texts, numbers and maps."""
    if is_dataclass(kind):
        hints = _hints(cast(type, kind))
        return cast(type, kind)(**{name: _made(hints[name], value) for name, value in told.items()})
    if get_origin(kind) is tuple:
        return tuple(_made(get_args(kind)[0], each) for each in told)
    if get_origin(kind) in (Union, UnionType) and told is not None:
        return _made(next(each for each in get_args(kind) if each is not type(None)), told)
    return told
