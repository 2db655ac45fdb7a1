"""The judge's prompts, in Chinese: eval/prompts/zh/<name>.json, an instruction and a few examples each."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from pydantic import JsonValue, TypeAdapter

ZH = Path(__file__).with_name("zh")
Name = Literal["statements", "verdicts", "grounded_1", "grounded_2", "useful", "attributed", "question", "claims"]
NAMES: tuple[Name, ...] = get_args(Name)


@dataclass(frozen=True, slots=True)
class Example:
    """Fields of the prompt's input and of the form that is to be filled in."""

    input: dict[str, JsonValue]
    output: dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Prompt:
    instruction: str
    examples: list[Example]


_PROMPT = TypeAdapter(Prompt)


def load(name: Name) -> Prompt:
    """Read a prompt; raises OSError or pydantic's ValidationError, which tests keep from happening."""
    return _PROMPT.validate_json((ZH / f"{name}.json").read_bytes())


def version() -> str:
    """Return the first 12 digits of the SHA-256 of all prompts: scores by other prompts are not comparable."""
    return hashlib.sha256(b"\0".join((ZH / f"{name}.json").read_bytes() for name in sorted(NAMES))).hexdigest()[:12]


PROMPTS_VERSION = version()
