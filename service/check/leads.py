"""Lead-ins that wait: what announces, or heads, is said with what stands below it, or not at all."""

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.parse.items import MARKER
from service.language import claims
from service.search.passages import Passage
from service.write.writer import Quote, Sentence

LABEL = re.compile(rf"(?:{claims.MARKER.pattern})?\*\*[^*\n]+\*\*[\s:：]*")  # bold words, and nothing else


class Leads:
    """Those of an answer that came since anything was said that stands alone."""

    def __init__(self) -> None:
        self._waiting: list[Sentence] = []

    def take(self, sentence: Sentence) -> list[Sentence]:
        """Return what can be said now that a sentence has come: nothing yet for a lead-in, else it and its own."""
        self._waiting = [lead for lead in self._waiting if _leads(lead, sentence)]
        if sentence.heading or claims.announces(sentence.text):
            self._waiting.append(sentence)
            return []
        said, self._waiting = [*self._waiting, sentence], []
        return said


class Joined:
    """Puts a label or lead-in together with what stands below it: it says nothing alone, so one mark serves both."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._lead: Sentence | None = None

    def take(self, sentence: Sentence) -> list[Sentence]:
        """Return what can be said now that a sentence has come: of a lead-in only what came before it."""
        if self._lead and not sentence.heading and _leads(self._lead, sentence):
            said, sentence = [], self._one(self._lead, sentence)
        else:
            said = self.rest()
        self._lead = None
        if self._waits(sentence):
            self._lead = sentence
            return said
        return [*said, sentence]

    def rest(self) -> list[Sentence]:
        """Return the lead-in that still waits, with nothing below it."""
        waiting, self._lead = [self._lead] if self._lead else [], None
        return waiting

    def _waits(self, sentence: Sentence) -> bool:
        """Whether a sentence is a lead-in in a document's words: what was counted is no part of what stands below."""
        leads = claims.announces(sentence.text) or LABEL.fullmatch(sentence.text)
        if sentence.heading or not leads:
            return False
        return any(claims.plain(sentence.text) in claims.plain(self._text(quote)) for quote in sentence.quotes)

    def _text(self, quote: Quote) -> str:
        passage = self._passages[quote.passage]
        return passage.text[quote.start - passage.start : quote.end - passage.start]

    def _one(self, lead: Sentence, sentence: Sentence) -> Sentence:
        """Both in one quote where they stand next to each other, else in one each."""
        quotes = (*lead.quotes[:-1], *self._joined(lead.quotes[-1:], sentence.quotes[:1]), *sentence.quotes[1:])
        return Sentence(lead.text + sentence.lead + sentence.text, quotes, lead.lead)

    def _joined(self, lead: tuple[Quote, ...], sentence: tuple[Quote, ...]) -> tuple[Quote, ...]:
        for before, after in zip(lead, sentence, strict=False):
            passage = self._passages[before.passage]
            in_order = passage.start <= before.start and before.end <= after.start and after.end <= passage.end
            if before.passage == after.passage and in_order:
                between = passage.text[before.end - passage.start : after.start - passage.start]
                if not any(map(str.isalnum, between)):
                    return (replace(after, start=before.start, support=min(before.support, after.support)),)
        return (*lead, *sentence)


def _leads(lead: Sentence, sentence: Sentence) -> bool:
    """Whether a sentence may stand below a lead-in: a heading ends what was led in to, and an item its siblings."""
    if sentence.heading:
        return lead.heading and _depth(lead.text, "#") < _depth(sentence.text, "#")
    return lead.heading or not MARKER.match(lead.text) or _depth(sentence.text) > _depth(lead.text)


def _depth(text: str, sign: str = " ") -> int:
    return len(text) - len(text.lstrip(sign))
