"""Clean what was read, before chunking; every step can be switched off and shows in the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ingest.clean.comments import remove_comments
from ingest.clean.duplicates import exact_groups
from ingest.clean.mojibake import repair_mojibake
from ingest.clean.report import Alias, Change, CleanReport, Edit, Step
from ingest.clean.secrets import mask_secrets
from ingest.clean.whitespace import normalise_whitespace
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


def clean_sources(
    sources: Sequence[Source], steps: CleanSteps, skipped: Sequence[Skipped] = ()
) -> tuple[list[CleanSource], CleanReport]:
    """Repair, mask and deduplicate; `skipped`, from reading, only goes into the report."""
    changes: list[Change] = []
    cleaned = [_clean_text(source, steps, changes) for source in sources]
    kept, aliases = _deduplicate(cleaned, steps)
    return kept, CleanReport(
        sources=len(sources),
        kept=len(kept),
        characters=sum(len(source.text) for source in kept),
        skipped=tuple(skipped),
        changes=tuple(changes),
        aliases=tuple(aliases),
    )


def _clean_text(source: Source, steps: CleanSteps, changes: list[Change]) -> CleanSource:
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
    origins = {source.name: source.origin.moved(source.text, text)} if source.origin else {}
    return CleanSource(source.name, text, source.sha256, origins=origins)


def _deduplicate(sources: list[CleanSource], steps: CleanSteps) -> tuple[list[CleanSource], list[Alias]]:
    if not steps.duplicates:
        return sources, []
    groups: dict[int, list[CleanSource]] = {}
    for source, first in zip(sources, exact_groups([source.text for source in sources]), strict=True):
        groups.setdefault(first, []).append(source)
    kept = [
        replace(
            same[0],
            aliases=tuple(source.name for source in same[1:]),
            origins={
                name: origin.moved(source.text, same[0].text)
                for source in same
                for name, origin in source.origins.items()
            },
        )
        for same in groups.values()
    ]
    return kept, [Alias(name, source.name) for source in kept for name in source.aliases]
