"""An answer in the making: what was said so far, and how long it took."""

import time
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import cast

from ingest.parse.outline import Entry
from ingest.words.words import Words
from service.check.quotes import Checked, Citation
from service.check.review import Review
from service.events import Answer, Delta, Event, Lack, Meta, Sources, Status
from service.language import phrases
from service.language.phrases import Language, Missing
from service.search.search import Hits
from service.write.extractive import ExtractiveWriter
from service.write.terms import foreign, translated
from service.write.writer import Claim, Gap, Reason, Sentence, WriterError


class Draft:
    """Keeps what was said."""

    def __init__(self, question: str, language: Language, index_version: str, generator: str) -> None:
        self.language = language
        self._began = self._lapped = time.perf_counter()
        self._by_model = False  # whether anything shown is in a language model's words
        self._review: Review | None = None  # of what is being said
        self.fault: Reason | None = None  # why the last writer's answer is not all there is
        self._apart = ""  # what parts a model's words from the documents' that follow
        self._whole = Answer(
            id=f"a-{uuid.uuid4().hex[:16]}",
            status="answered",
            text="",
            citations=(),
            related=(),
            generator=generator,
            degraded=None,
            index_version=index_version,
            query=question,
        )

    @property
    def meta(self) -> Meta:
        return Meta(self._whole.id, self._whole.index_version, self._whole.generator)

    @property
    def cited(self) -> tuple[Citation, ...]:
        return self._whole.citations

    def lap(self, stage: str) -> None:
        """Note the time since the last stage."""
        now = time.perf_counter()
        self._whole.timings_ms[stage] = round((now - self._lapped) * 1000, 2)
        self._lapped = now

    def search(self, hits: Hits) -> None:
        """Note a search that was made."""
        self._whole.timings_ms.update(hits.timings_ms)
        self._lapped = time.perf_counter()
        if hits.missing:
            self.miss(hits.missing)

    def stand(self, status: Status, query: str, carried: tuple[str, ...] = ()) -> None:
        """Note what kind of answer it is, the question as it was searched, and the earlier ones carried into it."""
        self._whole = replace(self._whole, status=status, query=query, carried=carried)

    def relate(self, entries: tuple[Entry, ...]) -> None:
        """Note what is worth reading beside the answer."""
        self._whole = replace(self._whole, related=entries)

    def say(self, status: Status, text: str, rule: str | None = None) -> Delta:
        """Say something of the service's own, which has nothing to cite."""
        self._whole = replace(self._whole, status=status, text=text, rule=rule)
        return Delta(text)

    def help(self, text: str) -> Delta:
        """Greet, thank, or say what can be asked: nothing was, or nothing that the documents answer."""
        self._whole = replace(self._whole, help=True)
        return self.say("not_in_documents", text)

    async def show(self, review: Review, written: AsyncIterator[Sentence | Claim | Gap]) -> AsyncGenerator[Event, None]:
        """Say what passes the check, as it comes, after the passages that it is drawn from; note what was at fault."""
        if review is not self._review:
            self._review = review
            yield Sources(review.passages)
        taken = Counter(self._whole.taken) - Counter(review.taken)  # over other passages
        try:
            async with aclosing(review.passed(written)) as sentences:
                async for checked in sentences:
                    if isinstance(checked, Gap):
                        self.miss(checked.code)
                        continue
                    for event in self._show(checked):
                        yield event
            self.fault = review.fault
        except WriterError as error:
            self.fault = error.reason
        if review.check_ms:
            self._whole.timings_ms["check"] = round(review.check_ms, 2)
        self._whole = replace(self._whole, removed=review.removed, replaced=review.replaced)
        self._whole = replace(self._whole, taken=dict(taken + Counter(review.taken)))
        self.lap("write")

    def _show(self, checked: Checked) -> Iterator[Delta | Citation]:
        if not self._whole.text:
            self._whole.timings_ms["first"] = self._elapsed_ms()
        text = checked.text if self._whole.text else checked.text.lstrip("\n")
        if self._apart and not checked.by_model:
            text, self._apart = self._apart + text.lstrip("\n"), ""
        self._by_model |= checked.by_model
        citations = (*self._whole.citations, *checked.citations)
        self._whole = replace(self._whole, text=self._whole.text + text, citations=citations)
        yield Delta(text)
        yield from checked.citations

    def degrade(self, reason: Reason) -> None:
        """Note why a language model's answer is not all there is; the documents' words follow."""
        self._apart = "\n\n" if self._by_model else ""
        code = cast(Missing, f"writer_{reason}")
        degraded = phrases.degraded(code, self.language, self._by_model)
        lack: Lack = "model" if not self._by_model else "model_length" if reason == "length" else "model_rest"
        missing = (*self._whole.missing, code)
        self._whole = replace(self._whole, degraded=degraded, lacks=(lack, *self._whole.lacks), missing=missing)

    def miss(self, code: Missing) -> None:
        """Note that there was no reranker, and why."""
        missing = tuple(dict.fromkeys((*self._whole.missing, code)))
        self._whole = replace(self._whole, missing=missing)
        self.note("reranking", phrases.degraded(code, self.language))

    def note(self, lack: Lack, text: str) -> None:
        """Note what could not be done, and say it where nothing else was missing."""
        lacks = self._whole.lacks if lack in self._whole.lacks else (*self._whole.lacks, lack)
        self._whole = replace(self._whole, degraded=self._whole.degraded or text, lacks=lacks)

    def close(self, further: tuple[str, ...], words: Words) -> None:
        """Note what may be asked next, and where the documents' words are in another language than the question."""
        self._whole = replace(self._whole, further=further)
        quotes = [citation.quote for citation in self.cited]
        if not self._by_model and foreign(quotes, self.language):
            terms = translated(quotes, words)
            self._whole = replace(self._whole, terms=terms)
            self.note("other_language", phrases.other_language(self.language, terms))

    def finish(self) -> Answer:
        generator = self._whole.generator if self._by_model else ExtractiveWriter.name
        self._whole.timings_ms["total"] = self._elapsed_ms()
        return replace(self._whole, generator=generator)

    def _elapsed_ms(self) -> float:
        return round((time.perf_counter() - self._began) * 1000, 2)
