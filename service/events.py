"""What answering takes and gives: a question, and the events of its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ingest.parse.outline import Entry
from service.check.harmless import What
from service.check.quotes import Citation
from service.language.phrases import Missing
from service.search.passages import Passage
from service.search.retrieve import Scope
from service.understand.follow_ups import Message

Status = Literal["answered", "listed_unanswered", "not_in_documents", "declined"]
# What an answer lacks: the reranker's order; a language model's words: all of them, their end, those past a length;
# other words for the last answer; the language of the question.
Lack = Literal["reranking", "model", "model_rest", "model_length", "other_words", "other_language"]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as the contract has it."""

    text: str
    history: Sequence[Message] = ()
    scope: Scope | None = None
    language: Literal["auto", "zh", "en"] = "auto"

    @property
    def spoken(self) -> str:
        """The last message of the person that has words: a number or a mark has no language."""
        asked = [message.content for message in self.history if message.role == "user"]
        return next((text for text in (self.text, *reversed(asked)) if any(map(str.isalpha, text))), self.text)


@dataclass(frozen=True, slots=True)
class Meta:
    id: str
    index_version: str
    generator: str


@dataclass(frozen=True, slots=True)
class Sources:
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Delta:
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole answer; `timings_ms` by stage, `first` until the first text.

    `degraded` says the first of `lacks` in a sentence; `missing` are the codes of what went wrong. `rule` is the one
    that declined the question. `removed` and `replaced` count the model's sentences that no passage supports, `taken`
    what would have acted where it is shown. `terms` are some of the answer's, each with its name in the language of the
    question, where that is another. `carried` are the earlier questions that this one was searched with. `help`
    is what the service says of itself, with nothing searched. `further` is what else the cited section deals with.
    """

    id: str
    status: Status
    text: str
    citations: tuple[Citation, ...]
    related: tuple[Entry, ...]
    generator: str
    degraded: str | None
    index_version: str
    query: str
    timings_ms: dict[str, float] = field(default_factory=dict)
    lacks: tuple[Lack, ...] = ()
    rule: str | None = None
    missing: tuple[Missing, ...] = ()
    removed: int = 0
    replaced: int = 0
    carried: tuple[str, ...] = ()
    taken: Mapping[What, int] = field(default_factory=dict)
    help: bool = False
    further: tuple[str, ...] = ()
    terms: tuple[tuple[str, str], ...] = ()


Event = Meta | Sources | Delta | Citation | Answer
