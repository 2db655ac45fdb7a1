"""Clean what was read, before chunking; every step can be switched off and shows in the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ingest.clean.duplicates import duplicate_groups, exact_groups
from ingest.clean.mojibake import repair_mojibake
from ingest.clean.report import Alias, Change, CleanReport, Edit, Step
from ingest.clean.secrets import mask_secrets
from ingest.clean.whitespace import normalise_whitespace
from ingest.read.files import Skipped, Source

__all__ = [
    "Alias",
    "Change",
    "CleanReport",
    "CleanSource",
    "CleanSteps",
    "Skipped",
    "Source",
    "clean",
    "duplicate_groups",
]


@dataclass(frozen=True)
class CleanSteps:
    mojibake: bool = True
    whitespace: bool = True
    secrets: bool = True
    duplicates: bool = True
    near_duplicates: bool = True  # exact ones among them
    # Jaccard index of two documents; high, for what only the left-out one says is lost.
    near_threshold: float = 0.95


@dataclass(frozen=True)
class CleanSource:
    """`text` is the document from here on: offsets refer to it. `sha256` is of the file's bytes.

    `aliases` are the names of the sources left out because they say the same.
    """

    name: str
    text: str
    sha256: str
    aliases: tuple[str, ...] = ()


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
    edit: list[tuple[bool, Step, Callable[[str], tuple[str, list[Edit]]]]] = [
        (steps.mojibake, "mojibake", repair_mojibake),
        (steps.whitespace, "whitespace", normalise_whitespace),
        (steps.secrets, "secrets", mask_secrets),
    ]
    text = source.text
    for wanted, step, function in edit:
        if wanted:
            text, edits = function(text)
            changes += [Change(source.name, step, e.what, e.count, e.lines) for e in edits]
    return CleanSource(source.name, text, source.sha256)


def _deduplicate(sources: list[CleanSource], steps: CleanSteps) -> tuple[list[CleanSource], list[Alias]]:
    if not (steps.duplicates or steps.near_duplicates):
        return sources, []
    texts = [source.text for source in sources]
    exact = exact_groups(texts)
    groups = duplicate_groups(texts, steps.near_threshold) if steps.near_duplicates else exact
    aliases: dict[int, list[Alias]] = {first: [] for first in groups}
    for i, first in enumerate(groups):
        if first != i:
            kind: Literal["exact", "near"] = "exact" if first == exact[i] else "near"
            aliases[first].append(Alias(sources[i].name, sources[first].name, kind))
    kept = [replace(sources[i], aliases=tuple(a.name for a in named)) for i, named in aliases.items()]
    return kept, [alias for named in aliases.values() for alias in named]
