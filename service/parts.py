"""What answering needs: one snapshot with what was built on it, and the parts that outlive it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from ingest.index.snapshot import Snapshot
from ingest.pack import none
from service.check.quotes import Citation
from service.check.review import Review
from service.check.support import Support
from service.decide.verdict import Decider
from service.events import Answer, Delta, Event, Sources
from service.guard.requests import Guard
from service.language.phrases import Language
from service.language.rule import every
from service.search.onward import further
from service.search.passages import Passage
from service.search.retrieve import Query
from service.search.search import Searcher
from service.understand.conversation import Conversation
from service.understand.questions import OutlineQuestions
from service.understand.rewrite import Rewriter
from service.workers.worker import Worker
from service.write.writer import Writer

WARMED = 1000  # passages whose terms are cut before they are found, in a second; they are kept once they are


@dataclass(frozen=True, slots=True)
class Parts:
    """`extractive` writes when `writer` cannot, `thorough` all that passages have.

    Below `min_support` a sentence of a language model has no source.
    """

    snapshot: Snapshot
    guard: Guard
    outline: OutlineQuestions
    conversation: Conversation
    rewriter: Rewriter
    searcher: Searcher
    decider: Decider
    writer: Writer
    extractive: Writer
    thorough: Writer
    support: Support
    work: Worker
    min_support: float

    async def warm(self) -> None:
        """Make now what the first question would wait for: rules, words, tables of slips, and terms of passages.

        Passages are cut where questions are, one between two of these.
        """
        await asyncio.to_thread(self._load)
        for chunk in islice(self.snapshot.chunks, WARMED):
            await self.work(self.snapshot.pack.words.vocabulary, chunk.indexed)

    def _load(self) -> None:
        every()
        for words in (none().words, self.snapshot.pack.words):
            words.warm()
        self.searcher.warm()

    @property
    def worked(self) -> tuple[type[Event], ...]:
        """What ends the work of a busy machine: all of an extractive answer, of another what it is written from."""
        return (Delta, Answer) if self.writer.name == self.extractive.name else (Sources, Delta, Answer)

    def further(self, query: Query, cited: Sequence[Citation]) -> tuple[str, ...]:
        """Return what else the cited section deals with, to be asked next."""
        return further(self.snapshot, query, [(each.passage, each.start) for each in cited])

    def review(self, passages: Sequence[Passage], asked: str, language: Language) -> Review:
        """Return the check of what a writer says from passages; `asked` may be quoted back."""
        documents, words = self.snapshot.documents, self.snapshot.pack.words
        return Review(documents, passages, asked, language, words, self.support, self.min_support)
