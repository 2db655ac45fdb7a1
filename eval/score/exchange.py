"""What was exchanged with the service over one question: the search's passages, the reply, its citations."""

from dataclasses import dataclass, field

from eval.golden.question import GoldenQuestion


@dataclass(frozen=True, slots=True)
class Citation:
    """Mark [n] of an answer.

    `verbatim` is whether the service's document[start:end] equals the quote, `unbroken` whether no sentence is cut.
    """

    n: int
    entry_id: str | None
    document: str
    start: int
    end: int
    quote: str
    verbatim: bool = False
    unbroken: bool = True


@dataclass(frozen=True, slots=True)
class Passage:
    """What the search found, in the words of the documents."""

    chunk_id: str
    entry_id: str | None
    document: str
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What POST /v1/ask gave."""

    status: str
    answer: str
    citations: tuple[Citation, ...]
    generator: str
    index_version: str
    degraded: str | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question, the distinct entries that the search gave, the first passages it found, and the reply."""

    question: GoldenQuestion
    searched: str
    ranked: tuple[str, ...]
    reply: Reply
    search_seconds: float
    ask_seconds: float
    passages: tuple[Passage, ...] = ()
