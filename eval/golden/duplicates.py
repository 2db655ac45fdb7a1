"""Which questions ask the same in nearly the same words."""

import unicodedata
from collections.abc import Callable, Iterable
from typing import TypeVar

ALIKE = 0.5  # Jaccard index of trigrams, from which on two questions are the same
Item = TypeVar("Item")


def normalised(question: str) -> str:
    """Return the letters and digits alone, in one width and case."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", question).casefold()))


def trigrams(question: str) -> frozenset[str]:
    """Return the three-character pieces of the normalised question; itself when it is shorter."""
    text = normalised(question)
    return frozenset(text[i : i + 3] for i in range(len(text) - 2)) or frozenset({text})


def alike(a: frozenset[str], b: frozenset[str]) -> bool:
    """Whether the Jaccard index of two sets of trigrams is at least one half."""
    return len(a & b) >= ALIKE * len(a | b)


def together(items: Iterable[Item], question: Callable[[Item], str]) -> list[list[Item]]:
    """Group items whose questions are alike to the group's first one, the largest group first."""
    groups: list[tuple[frozenset[str], list[Item]]] = []
    for item in items:
        pieces = trigrams(question(item))
        for first, group in groups:
            if alike(first, pieces):
                group.append(item)
                break
        else:
            groups.append((pieces, [item]))
    return sorted((group for _, group in groups), key=len, reverse=True)


class Pool:
    """The questions there are already, to find out whether a new one is among them."""

    def __init__(self, questions: Iterable[str]) -> None:
        self._sets = [trigrams(question) for question in questions]

    def has(self, question: str) -> bool:
        wanted = trigrams(question)
        return any(alike(wanted, each) for each in self._sets)

    def add(self, question: str) -> None:
        self._sets.append(trigrams(question))
