"""Hand-made patterns as named things: what one takes and what it leaves stand beside it and are its tests."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

SHARED = re.compile(r"\{([a-z_]+)\}")  # a quantifier has digits


class RuleError(ValueError):
    """A file of rules that cannot be used; the text names it and what is wrong."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern, for any case of letters and each line, with texts that it takes and leaves.

    `name` is origin.group.key ("zh.declined.role"). The texts are as the place that uses the rule prepares them:
    normalised, if it normalises.
    """

    name: str
    pattern: re.Pattern[str]
    takes: tuple[str, ...]
    leaves: tuple[str, ...]

    @property
    def key(self) -> str:
        """The name without origin and group: the same in each language for rules that mean the same."""
        return self.name.rsplit(".", 1)[1]


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one group, in the order in which they are tried."""

    rules: tuple[Rule, ...]

    def __add__(self, other: "Rules") -> "Rules":
        return Rules((*self.rules, *other.rules))

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def first(self, text: str) -> Rule | None:
        """Return the first rule that takes a text."""
        return next((rule for rule in self.rules if rule.pattern.search(text)), None)

    def match(self, text: str) -> re.Match[str] | None:
        """Return the match of the first rule that takes a text."""
        return next((match for rule in self.rules if (match := rule.pattern.search(text))), None)

    def matches(self, text: str) -> Iterator[re.Match[str]]:
        """Yield every match of every rule, rule by rule."""
        for rule in self.rules:
            yield from rule.pattern.finditer(text)

    def cut(self, text: str) -> Iterator[str]:
        """Yield what stands before, between and after the matches."""
        place = 0
        for start, end in sorted(match.span() for match in self.matches(text)):
            yield text[place:start]
            place = max(place, end)
        yield text[place:]

    def without(self, text: str) -> str:
        """Return a text without the matches."""
        return "".join(self.cut(text))

    def blank(self, text: str) -> str:
        """Return a text with a space in place of each match."""
        return " ".join(self.cut(text))

    def holds(self, text: str) -> bool:
        """Whether any rule takes a text."""
        return self.first(text) is not None


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    pattern: str | tuple[str, ...]  # several are alternatives
    takes: tuple[str, ...]
    leaves: tuple[str, ...]


File = TypeAdapter(Mapping[str, Mapping[str, _Form]])
WordLists = TypeAdapter(Mapping[str, str])


def read(origin: str, paths: Sequence[Path]) -> dict[str, Rules]:
    """Return the rules of some files by group; `[group.key]` is a rule, `[words]` what patterns share as {name}.

    A list of words, alternatives with "|" between them, may be used in all of the files. Raises RuleError.
    """
    words: dict[str, str] = {}
    forms: list[tuple[str, str, _Form]] = []
    for path in paths:
        try:
            table = tomllib.loads(path.read_text("utf-8"))
            words |= WordLists.validate_python(table.pop("words", {}))
            forms += [
                (group, key, form) for group, own in File.validate_python(table).items() for key, form in own.items()
            ]
        except (OSError, ValueError) as error:  # broken TOML, another form
            raise RuleError(f"{path} holds no rules: {error}") from error
    groups: dict[str, list[Rule]] = {}
    for group, key, form in forms:
        groups.setdefault(group, []).append(_rule(f"{origin}.{group}.{key}", form, words))
    return {group: Rules(tuple(rules)) for group, rules in groups.items()}


def _rule(name: str, form: _Form, words: Mapping[str, str]) -> Rule:
    text = form.pattern if isinstance(form.pattern, str) else "|".join(form.pattern)
    try:
        pattern = re.compile(_spelt(text, words), re.IGNORECASE | re.MULTILINE)
    except (re.error, KeyError) as error:
        raise RuleError(f"{name}: {error}") from error
    return Rule(name, pattern, form.takes, form.leaves)


def _spelt(pattern: str, words: Mapping[str, str]) -> str:
    """Return a pattern with its lists of words written out; a list may hold others."""
    return SHARED.sub(lambda match: f"(?:{_spelt(words[match[1]], words)})", pattern)
