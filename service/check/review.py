"""What a writer says, sentence by sentence, against the passages that it had: only what holds goes on."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace

from ingest.words.words import Words
from service.check.ground import Grounder
from service.check.harmless import What
from service.check.leads import Joined, Leads
from service.check.quotes import Checked, Checker
from service.check.support import Support
from service.language.phrases import Language
from service.search.passages import Passage
from service.tracing import span
from service.write.writer import Claim, Gap, Reason, Sentence


class Review:
    """One answer's; citations are numbered through all that is said over its passages.

    `check_ms` is the time that claims took. `removed` and `replaced` count those that no passage supports.
    """

    def __init__(
        self,
        documents: Mapping[str, str],
        passages: Sequence[Passage],
        question: str,
        language: Language,
        words: Words,
        support: Support,
        min_support: float,
    ) -> None:
        """`question` may be quoted back, "" where nothing was asked for; below `min_support` a claim has no source."""
        self.passages = tuple(passages)
        self._checker = Checker(documents, passages)
        self._grounder = Grounder(support, words, passages, question, language, min_support)
        self._leads = Leads()  # of what goes on from where a model stopped
        self._joined = Joined(passages)
        self._cited = self._by_model = False
        self.check_ms = 0.0

    async def passed(self, written: AsyncIterator[Sentence | Claim | Gap]) -> AsyncGenerator[Checked | Gap, None]:
        """Yield what holds of what is written, as it comes, and what was missing for it."""
        with span("check", "EVALUATOR", apart=True) as noted:
            try:
                async with aclosing(written) as statements:  # type: ignore[type-var]
                    async for statement in statements:
                        if isinstance(statement, Gap):
                            yield statement
                            continue
                        for checked in await self._checked(statement):
                            yield checked
                for checked in self._passing(self._joined.rest()):
                    yield checked
            finally:
                noted.note(outline_qa__check_ms=round(self.check_ms, 2), outline_qa__removed=self.removed)
                noted.note(outline_qa__replaced=self.replaced, outline_qa__taken_out=sum(self.taken.values()))

    async def _checked(self, statement: Sentence | Claim) -> Sequence[Checked]:
        sourced = await self._sourced(statement)
        if isinstance(statement, Claim):
            return self._passing(sourced, by_model=True)
        return self._passing([said for sentence in sourced for said in self._joined.take(sentence)])

    def _passing(self, sentences: Sequence[Sentence], by_model: bool = False) -> Sequence[Checked]:
        passed = []
        for sentence in sentences:
            if checked := self._checker.check(sentence):
                self._by_model |= by_model
                self._cited |= bool(checked.citations)
                passed.append(replace(checked, by_model=by_model))
        return passed

    async def _sourced(self, statement: Sentence | Claim) -> Sequence[Sentence]:
        if isinstance(statement, Sentence):
            if not self._by_model:
                return [statement]
            return self._leads.take(statement) if self._is_news(statement) else []
        began = time.perf_counter()
        grounded = await self._grounder.ground(statement)
        self.check_ms += (time.perf_counter() - began) * 1000
        return grounded

    def _is_news(self, sentence: Sentence) -> bool:
        """Whether the documents' words go on from where a model stopped: what it cited is not said again."""
        return not any(self._checker.quoted(quote) for quote in sentence.quotes)

    @property
    def fault(self) -> Reason | None:
        """What was wrong with an answer that was written to its end."""
        if not self._cited:
            return "unsupported"
        return "mostly_unsupported" if self._grounder.unfounded > self._grounder.founded else None

    @property
    def removed(self) -> int:
        return self._grounder.removed

    @property
    def replaced(self) -> int:
        return self._grounder.replaced

    @property
    def taken(self) -> Mapping[What, int]:
        """What was taken out because it would do something where it is shown."""
        return self._checker.taken
