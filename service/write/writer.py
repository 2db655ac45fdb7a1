"""The seam between finding and saying: passages in, sentences with marks out."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from service.language.phrases import Language, Missing
from service.search.passages import Passage
from service.search.retrieve import Query

Kind = Literal["sentence", "heading", "code", "table", "formula"]
# Why a language model's answer was not used, or not to its end; phrases.py has the words for each.
Reason = Literal[
    "unreachable",  # nobody listens, or the server is spared after failures
    "refused",  # the key
    "no_model",
    "failed",  # an error of the server's own
    "slow",  # to the first token
    "stalled",
    "broken",  # the stream ended early, or what came was no answer's
    "context",  # too long a prompt
    "length",  # the answer reached its limit
    "empty",
    "unsupported",
    "mostly_unsupported",
]


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a model can write now, and in one sentence each what is wrong."""

    ready: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """Where a sentence comes from: the number of its passage (from 0), code points of the document.

    `support` is the probability that the quote carries the sentence, 1 where it is the sentence.
    """

    passage: int
    start: int
    end: int
    support: float = 1.0


@dataclass(frozen=True, slots=True)
class Sentence:
    """Markdown text without marks; `lead` goes before it. Headings carry no quote, all else needs one."""

    text: str
    quotes: tuple[Quote, ...]
    lead: str = "\n"

    @property
    def heading(self) -> bool:
        return self.text.startswith("#")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a language model says, in its own words; `marked` are the passages (from 0) that it names for it."""

    text: str
    marked: tuple[int, ...]
    lead: str = "\n"
    kind: Kind = "sentence"


@dataclass(frozen=True, slots=True)
class Gap:
    """Says that a writer had to do without something; what it says is sound all the same."""

    code: Missing


@dataclass(frozen=True, slots=True)
class Statement:
    """Sentences of the service's own, and the passages that they cite."""

    passages: tuple[Passage, ...]
    sentences: tuple[Sentence, ...]

    async def dictate(self) -> AsyncIterator[Sentence]:
        for sentence in self.sentences:
            yield sentence


class WriterError(Exception):
    """A writer that cannot go on; what it said before stands."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason: Reason = reason


class Writer(Protocol):
    """Answer a question from passages, best first; what it yields is checked before anyone sees it.

    Sentences are the documents' own words, claims are not. Raises WriterError.
    """

    @property
    def name(self) -> str: ...

    def write(
        self, query: Query, passages: Sequence[Passage], language: Language
    ) -> AsyncIterator[Sentence | Claim | Gap]: ...
