"""What an extractive answer is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.chunk.units import Unit
from service.search.passages import Passage
from service.write.writer import Quote

# A fence this short is a formula, not a program.
SHORT_CODE = 120


@dataclass(frozen=True, slots=True)
class Line:
    """A unit of a passage, its place among the passage's units, and the headings that stand between."""

    passage: int
    index: int
    unit: Unit
    text: str
    headings: tuple[str, ...]
    terms: frozenset[str]  # of the text and of the headings below the entry's
    also: tuple[Quote, ...] = ()  # where the same is said

    @property
    def place(self) -> tuple[int, int]:
        return self.passage, self.index

    @property
    def announces(self) -> bool:
        return self.text.rstrip("*_ ").endswith((":", "："))

    def weight(self, weights: Mapping[str, float]) -> float:
        return sum(weight for term, weight in weights.items() if term in self.terms)

    @property
    def program(self) -> bool:
        return self.unit.kind == "code" and len(self.text) > SHORT_CODE

    def quote(self, passages: Sequence[Passage]) -> Quote:
        start = passages[self.passage].start
        return Quote(self.passage, start + self.unit.start, start + self.unit.end)
