"""Clean what was read, before chunking; every step can be switched off and shows in the report."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ingest.clean.comments import remove_comments
from ingest.clean.duplicates import plain_digest
from ingest.clean.mojibake import repair_mojibake
from ingest.clean.report import Alias, Change, CleanReport, Edit, Step
from ingest.clean.secrets import mask_secrets
from ingest.clean.whitespace import normalise_whitespace
from ingest.memo import Memo
from ingest.read.files import Source
from ingest.read.origin import Origin
from ingest.read.reading import Skipped

__all__ = [
    "Alias",
    "Change",
    "CleanReport",
    "CleanSource",
    "CleanSteps",
    "Skipped",
    "Source",
    "clean",
]


@dataclass(frozen=True)
class CleanSteps:
    mojibake: bool = True
    whitespace: bool = True
    secrets: bool = True
    comments: bool = True
    duplicates: bool = True


@dataclass(frozen=True)
class CleanSource:
    """`text` is the document from here on: offsets refer to it. `sha256` is of the file's bytes.

    `aliases` are the names of the sources left out because they say the same; `origins` lead from the text back into
    the file, by name of this source and its aliases, where there are any.
    """

    name: str
    text: str
    sha256: str
    aliases: tuple[str, ...] = ()
    origins: Mapping[str, Origin] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Cleaned:
    """A source's text and its places in the file after cleaning; `plain` is equal for texts that say the same."""

    text: str
    origin: Origin
    changes: tuple[Change, ...]
    plain: str


def clean_sources(
    sources: Sequence[Source], steps: CleanSteps, skipped: Sequence[Skipped] = (), memo: Memo | None = None
) -> tuple[list[CleanSource], CleanReport]:
    """Repair, mask and deduplicate; `skipped`, from reading, only goes into the report. `memo` keeps what was made."""
    memo = memo or Memo()
    cleaned = [_known(source, steps, memo) for source in sources]
    kept, aliases = _deduplicate(sources, cleaned, steps.duplicates)
    return kept, CleanReport(
        sources=len(sources),
        kept=len(kept),
        characters=sum(len(source.text) for source in kept),
        skipped=tuple(skipped),
        changes=tuple(change for each in cleaned for change in each.changes),
        aliases=tuple(aliases),
    )


def _known(source: Source, steps: CleanSteps, memo: Memo) -> _Cleaned:
    """Clean a source unless it was before; what cleaning leaves as it is stays in the source alone."""
    digest = hashlib.sha256(source.text.encode("utf-8", "surrogatepass")).hexdigest()
    about = ("clean", source.name, source.sha256, digest, source.encoding, *source.warnings, repr(steps))

    def to_json(made: _Cleaned) -> dict[str, Any]:
        moved = made.text != source.text
        return {
            "text": made.text if moved else None,
            "origin": made.origin.to_json() if moved and made.origin else None,
            "changes": [asdict(change) for change in made.changes],
            "plain": made.plain,
        }

    def from_json(parts: dict[str, Any]) -> _Cleaned:
        text = source.text if parts["text"] is None else parts["text"]
        origin = Origin.from_json(parts["origin"]) if parts["origin"] else source.origin
        changes = (Change(**change | {"lines": tuple(change["lines"])}) for change in parts["changes"])
        return _Cleaned(text, origin, tuple(changes), parts["plain"])

    return memo.value(about, lambda: _cleaned(source, steps), to_json, from_json)


def _cleaned(source: Source, steps: CleanSteps) -> _Cleaned:
    changes: list[Change] = []
    if source.encoding != "utf-8":
        changes.append(Change(source.name, "decode", f"file read as {source.encoding}", 1, ()))
    changes += [Change(source.name, "decode", warning, 1, ()) for warning in source.warnings]
    edit: list[tuple[bool, Step, Callable[[str], tuple[str, list[Edit]]]]] = [
        (steps.mojibake, "mojibake", repair_mojibake),
        (steps.whitespace, "whitespace", normalise_whitespace),
        (steps.secrets, "secrets", mask_secrets),
        (steps.comments, "comments", remove_comments),
    ]
    text = source.text
    for wanted, step, function in edit:
        if wanted:
            text, edits = function(text)
            changes += [Change(source.name, step, e.what, e.count, e.lines) for e in edits]
    return _Cleaned(text, source.origin.moved(source.text, text), tuple(changes), plain_digest(text))


def _deduplicate(
    sources: Sequence[Source], cleaned: Sequence[_Cleaned], once: bool
) -> tuple[list[CleanSource], list[Alias]]:
    """Keep the first of equal documents where each is wanted `once`, the others as its aliases."""
    groups: dict[str, list[tuple[Source, _Cleaned]]] = {}
    for source, each in zip(sources, cleaned, strict=True):
        groups.setdefault(each.plain if once else source.name, []).append((source, each))
    kept = [
        CleanSource(
            first.name,
            text.text,
            first.sha256,
            tuple(source.name for source, _ in same[1:]),
            {source.name: each.origin.moved(each.text, text.text) for source, each in same if each.origin},
        )
        for same in groups.values()
        for first, text in same[:1]
    ]
    return kept, [Alias(name, source.name) for source in kept for name in source.aliases]
