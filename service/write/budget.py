"""Fit passages into the tokens that a prompt may have: cut the least relevant, then compress the longest."""

import math
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

from ingest.chunk.units import units_of
from ingest.parse import markdown, outline
from ingest.words.words import Words
from service.search.passages import Passage
from service.search.retrieve import Query

Count = Callable[[str], Awaitable[int | None]]
KEEP = 2  # passages that are compressed rather than cut
CACHED = 5000
GAP = " … "


class Budget:
    """Counts in the model's own tokens where a server tells them, else by an estimate that is rather too high."""

    def __init__(self, words: Words, idf: Callable[[str], float], count: Count, tokens: int) -> None:
        self._words, self._idf, self._count, self._tokens = words, idf, count, tokens
        self._counted: OrderedDict[str, int] = OrderedDict()

    async def fit(self, query: Query, passages: Sequence[Passage], fixed: str) -> dict[int, str]:
        """Return the text to show of each passage that stays, by its index; `fixed` is the rest of the prompt.

        Passages come best first. The estimate decides alone when even it says that all fit: no server is asked.
        """
        room = self._tokens - estimate(fixed)
        if sum(estimate(shown(p)) for p in passages) <= room:
            return {i: passage.whole for i, passage in enumerate(passages)}
        sizes = [await self._size(shown(passage)) for passage in passages]
        kept = sorted(range(len(passages)), key=lambda i: (-passages[i].relevance, i))
        while len(kept) > KEEP and sum(sizes[i] for i in kept) > room:
            kept.pop()
        total = sum(sizes[i] for i in kept)
        if total <= room:
            return {i: passages[i].whole for i in kept}
        share = max(room, 0) / total
        return {i: self._compressed(query, passages[i], share) for i in kept}

    async def _size(self, text: str) -> int:
        if text not in self._counted:
            counted = await self._count(text)
            if counted is None:
                return estimate(text)
            self._counted[text] = counted
            if len(self._counted) > CACHED:
                self._counted.popitem(last=False)
        return self._counted[text]

    def _compressed(self, query: Query, passage: Passage, share: float) -> str:
        """Keep the units that hold most of the question, one at least, in reading order, in a share of the length.

        Footnotes and the head of a table are left out first.
        """
        document = markdown.parse(passage.document, passage.text, outline.heading)
        spans = [(unit.start, unit.end) for section in document.sections for unit in units_of(document, section)]
        weights = {term: self._idf(term) for term in (*query.terms, *query.synonyms)}
        worth = {
            span: sum(weights.get(term, 0.0) for term in {*self._words.terms(passage.text[span[0] : span[1]])})
            for span in spans
        }
        left = math.floor(share * len(passage.text))
        chosen: list[tuple[int, int]] = []
        for span in sorted(spans, key=lambda span: (-worth[span], span)):
            length = span[1] - span[0] + len(GAP)
            if length <= left or not chosen:
                chosen.append(span)
                left -= length
        return GAP.join(passage.text[start:end] for start, end in sorted(chosen))


def shown(passage: Passage) -> str:
    return " > ".join(passage.heading_path) + "\n" + passage.whole


def estimate(text: str) -> int:
    """Return rather more tokens than a tokeniser makes: one a Chinese character, one for 2.5 others, and a frame."""
    chinese = len(re.findall(r"[\u2e80-\uffff]", text))
    return chinese + math.ceil((len(text) - chinese) / 2.5) + 16
