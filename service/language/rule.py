"""The engine's rules: every hand-made pattern and word of the way from a question to its answer, by language.

A folder a language, a file a subject, in the form that ingest/words/rule.py reads.
"""

from functools import cache
from pathlib import Path
from typing import get_args

from ingest.words.rule import Rule, Rules, read
from service.language.phrases import FILE, Language

__all__ = ["Rule", "Rules", "every", "rules"]

FOLDER = Path(__file__).parent
LANGUAGES: tuple[Language, ...] = get_args(Language)


@cache
def rules(group: str) -> Rules:
    """Return the rules of a group, Chinese first; raises KeyError when no language has the group."""
    found = [groups[group] for groups in map(_groups, LANGUAGES) if group in groups]
    if not found:
        raise KeyError(f"no language has rules for {group!r}")
    return Rules(tuple(rule for own in found for rule in own))


def every() -> tuple[Rule, ...]:
    """Return all rules of all languages."""
    return tuple(rule for language in LANGUAGES for own in _groups(language).values() for rule in own)


@cache
def _groups(language: Language) -> dict[str, Rules]:
    return read(language, [path for path in sorted((FOLDER / language).glob("*.toml")) if path.name != FILE])
