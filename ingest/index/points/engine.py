"""What is asked of an engine that holds points, whichever it is and wherever it runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ingest.index.index import Vector
from ingest.index.scope import Scope

Words = tuple[Sequence[int], Sequence[float]]  # a sparse vector: the numbers of terms, and their weights
Found = list[tuple[int, float]]  # numbers of points and their scores, best first


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """A search for the points nearest to a query by the vector of a name, within a scope or among some `numbers`.

    `width` is how many candidates a search through a graph looks at; 0: all points, without a graph.
    """

    name: str
    query: Vector | Words
    limit: int
    scope: Scope | None = None
    numbers: Sequence[int] | None = None
    width: int = 0


class PointEngine(Protocol):
    """Points of one version, as `ingest.index.points.point` makes them. Threads may ask at once."""

    def search(self, requests: Sequence[Request]) -> list[Found]:
        """Answer each request, in one go."""
        ...

    def vectors(self, name: str, numbers: Sequence[int]) -> Vector:
        """Return the vectors of some points, (n, d) float32, in any order."""
        ...

    def within(self, scope: Scope) -> int:
        """Return about how many points a scope leaves."""
        ...
