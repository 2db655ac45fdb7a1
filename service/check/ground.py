"""From a model's claims to sentences with a source: each is supported by a passage, replaced by it, or left out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ingest.words.words import Words
from service.check.support import Support, Supported
from service.language.claims import alien, announces, bare, is_chinese, plain
from service.language.phrases import Language
from service.search.passages import Passage
from service.write.prompt import refuses, repeats_example
from service.write.writer import Claim, Quote, Sentence

# A claim without support, but this much like its nearest span (cosine), gives way to what the passage says itself.
ALIKE = 0.93
LOST = 3  # claims left out in a row, after which a lead-in no longer announces what comes
FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,}).*$", re.MULTILINE)


@dataclass
class Grounder:
    """Grounds one answer's claims in order.

    `removed` and `replaced` count those that did not pass; `unfounded` the removed ones that no passage supports, the
    others only repeat something; `founded` those that are shown.
    """

    support: Support
    words: Words
    passages: Sequence[Passage]
    question: str
    language: Language
    least: float
    removed: int = 0
    replaced: int = 0
    unfounded: int = 0
    founded: int = 0
    _lost: int = 0  # claims left out since the last that was not
    _waiting: list[Sentence] = field(default_factory=list)  # a heading, a lead-in: they go with what they announce
    _opening: str | None = None  # the layout of a sentence that was left out, for the next one of its line
    _said: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._echo = bare(self.question)

    async def ground(self, claim: Claim) -> list[Sentence]:
        """Return the claim as a sentence with quotes, after the lead-in it fulfils; nothing when it has no source."""
        claim = self._laid_out(claim)
        if claim.kind == "heading":
            self._waiting = [Sentence(claim.text, (), claim.lead)]  # the check looks at its words
            return []
        repeated = self._repeats(claim)
        found = None if repeated else await self._sourced(claim)
        if found is None:
            self.removed += 1
            self.unfounded += not repeated
            self._lost += 1
            self._opening = claim.lead
            return []
        self._opening = None
        lost, self._lost = self._lost, 0
        if announces(found.text):
            self._waiting.append(found)
            return []
        self.founded += 1
        waited, self._waiting = self._waiting, []
        if lost >= LOST:
            self.removed += sum(not each.heading for each in waited)
            waited = [each for each in waited if each.heading]
        return [*(self._led(each, found) for each in waited), found]

    def _led(self, lead: Sentence, found: Sentence) -> Sentence:
        """A lead-in is carried by what it announces, unless something of the same entry carries it."""
        if lead.heading or self._entries(lead) & self._entries(found):
            return lead
        return replace(lead, quotes=found.quotes)

    def _entries(self, sentence: Sentence) -> set[tuple[str, str | None]]:
        passages = (self.passages[quote.passage] for quote in sentence.quotes)
        return {(passage.document, passage.entry_id) for passage in passages}

    def _laid_out(self, claim: Claim) -> Claim:
        opening = self._opening
        if opening is not None and claim.lead.strip(" ") == "" and "\n" not in claim.lead:
            return replace(claim, lead=opening)
        return claim

    def _repeats(self, claim: Claim) -> bool:
        """Whether a claim says again what was said or asked, or nothing of its own."""
        key = bare(plain(claim.text))
        return (
            key in self._said
            or key.rstrip("。？?.") in self._echo
            or "\ufffd" in claim.text
            or (claim.kind == "sentence" and refuses(claim.text))
            or repeats_example(claim.text, self.question, *(p.text for p in self.passages))
        )

    async def _sourced(self, claim: Claim) -> Sentence | None:
        """Return the claim, or what a passage says instead, with its quote; None when no passage supports it."""
        self._said.add(bare(plain(claim.text)))
        if claim.kind in ("code", "formula"):
            return self._copied(claim)
        best, passage = await self._best(claim)
        if best.probability >= self.least:
            return Sentence(claim.text, (self._quote(passage, best),), claim.lead)
        if announces(claim.text) and self._restates(claim.text):
            return Sentence(claim.text, (), claim.lead)
        if best.cosine >= ALIKE and claim.kind == "sentence":
            return self._counterpart(claim, passage, best)
        return None

    async def _best(self, claim: Claim) -> tuple[Supported, int]:
        """The best of the marked passages; of all when none of those will do."""
        found: list[tuple[Supported, int]] = []
        marked = list(claim.marked)
        for numbers in (marked, [i for i in range(len(self.passages)) if i not in marked]):
            if numbers:
                scored = await self.support.score(claim.text, [self.passages[i] for i in numbers], self.question)
                found += zip(scored, numbers, strict=True)
            if found and max(each.probability for each, _ in found) >= self.least:
                break
        return max(found, key=lambda pair: (pair[0].probability, pair[0].cosine))

    def _quote(self, passage: int, found: Supported) -> Quote:
        start = self.passages[passage].start
        return Quote(passage, start + found.start, start + found.end, round(found.probability, 3))

    def _restates(self, text: str) -> bool:
        """Whether a lead-in may only take up the question: it brings no name and no number of its own."""
        return len(text) <= 80 and not alien(self.words, text, self.question, *(p.text for p in self.passages))

    def _counterpart(self, claim: Claim, passage: int, found: Supported) -> Sentence | None:
        """What the passage says there, word for word, where it is in the language of the answer."""
        text = self.passages[passage].said(found.start, found.end)
        same = is_chinese(text) == (self.language == "zh")
        key = bare(plain(text))
        if not same or key in self._said or "\n" in text or len(text) > 3 * len(claim.text) + 40:
            return None
        self._said.add(key)
        self.replaced += 1
        return Sentence(plain(text), (replace(self._quote(passage, found), support=1.0),), claim.lead)

    def _copied(self, claim: Claim) -> Sentence | None:
        """Code and formulas must stand in a passage as they are, white space aside."""
        wanted = _solid(FENCE.sub("", claim.text))
        for number in dict.fromkeys((*claim.marked, *range(len(self.passages)))):
            span = _find(wanted, self.passages[number].text)
            if span:
                return Sentence(claim.text, (self._quote(number, Supported(*span, 1.0)),), claim.lead)
        return None


def _solid(text: str) -> str:
    return re.sub(r"\s", "", text)


def _find(solid: str, text: str) -> tuple[int, int] | None:
    """Return the span of text that is `solid` when its white space is taken out."""
    places = [i for i, char in enumerate(text) if not char.isspace()]
    at = "".join(text[i] for i in places).find(solid) if solid else -1
    return None if at < 0 else (places[at], places[at + len(solid) - 1] + 1)
