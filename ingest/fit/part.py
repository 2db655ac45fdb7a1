"""A part of what is fitted: how good the present numbers are, how good new ones, and which are taken."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Numbers = TypeVar("Numbers", covariant=True)


@dataclass(frozen=True, slots=True)
class Part(Generic[Numbers]):
    """`before` and `after` are figures in words; `taken` says whether `numbers` are the new ones."""

    name: str
    before: str
    after: str
    taken: bool
    numbers: Numbers


def better(new: tuple[float, ...], old: tuple[float, ...]) -> bool:
    """Whether new figures, higher is better, are none worse than the old ones and one is better."""
    return new != old and all(a >= b for a, b in zip(new, old, strict=True))
