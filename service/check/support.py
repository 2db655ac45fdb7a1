"""Whether a passage supports a sentence, and which verbatim span of it carries the sentence."""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.chunk.units import units_of
from ingest.fitted import Logistic
from ingest.parse import markdown, outline
from ingest.parse.sentences import sentence_spans
from ingest.words.words import Words
from service.guard.planted import commands
from service.language.claims import alien, clauses, contradicts, edited, is_chinese, miscounted, names, plain
from service.search.passages import Passage
from service.search.retrieve import Query
from service.workers.worker import Worker

Vector = NDArray[np.float32]
FEATURES = (
    "cosine",  # of the sentence and the nearest unit of the span
    "coverage",  # share of the sentence's term weight in the span
    "context",  # the same with the headings and the question
    "novelty",  # specificity of the rarest term that is in none of these
    "negated",  # a clause is negated here and not there
    "opposite",  # a clause points the other way
    "edited",  # a copy but for a character or two
    "stray",  # names that stand elsewhere in the passage only
    "foreign",  # the sentence and the passage are in different languages
    "foreign_cosine",
    "foreign_coverage",
    "ending",  # as `context`, of the last thing that the sentence says: inventions are added at the end
    "miscounted",  # a number written as a word that the passage does not have
)
UNKNOWN = 0.82  # specificity of a term that no document has: about that of the documents' average term
NEAREST = 4  # units of a passage whose vectors are looked at
CACHED = 20_000  # units whose vectors are kept, 30 MB
GAIN = 0.12  # share of the sentence's term weight that a neighbour must add
TELLING = 0.55  # specificity of a sentence's last part that says anything
MAX_SPAN = 5  # units that a sentence may draw together


@dataclass(frozen=True, slots=True)
class Supported:
    """The span of the passage's text that comes nearest to a sentence, half-open, and how probably it carries it.

    `cosine` is how much alike the two are, whether or not they say the same.
    """

    start: int
    end: int
    probability: float
    cosine: float = 0.0


NOTHING = Supported(0, 0, 0.0)


class Support(Protocol):
    """Score a sentence against passages, one result for each; `question` may be quoted back."""

    async def score(self, sentence: str, passages: Sequence[Passage], question: str) -> list[Supported]: ...


@dataclass(frozen=True, slots=True)
class SupportModel:
    """A logistic model over FEATURES."""

    bias: float
    weights: tuple[float, ...]

    @classmethod
    def of(cls, fitted: Logistic) -> "SupportModel":
        return cls(fitted.bias, tuple(fitted.weights[name] for name in FEATURES))

    def probability(self, features: Sequence[float]) -> float:
        score = self.bias + sum(w * x for w, x in zip(self.weights, features, strict=True))
        return 1 / (1 + math.exp(-score))


@dataclass(frozen=True, slots=True)
class Unit:
    start: int
    end: int
    text: str
    terms: frozenset[str]  # its own and other names for them
    commands: bool  # it speaks to the model: no source
    note: bool = False  # a footnote, which may stand elsewhere: cited by itself


class LexicalSupport:
    """Terms, vectors and rules: no number, name or formula without its source, nothing turned into its opposite."""

    def __init__(
        self,
        words: Words,
        specificity: Callable[[str], float],
        embed: Callable[[str], Awaitable[Query]],
        model: SupportModel,
        work: Worker,
    ) -> None:
        self._words, self._specificity, self._embed = words, specificity, embed
        self._model, self._work = model, work
        self._vectors: OrderedDict[str, Vector] = OrderedDict()
        self._units: OrderedDict[tuple[str, str], list[Unit]] = OrderedDict()

    async def score(self, sentence: str, passages: Sequence[Passage], question: str) -> list[Supported]:
        """Return the best span of each passage; probability 0 where a number, name or formula has no source."""
        text = plain(sentence)
        trials = await self._work(self._trials, text, passages)
        wanted = dict.fromkeys([text, *(unit.text for trial in trials for unit in trial.nearest)])
        vectors = dict(zip(wanted, await asyncio.gather(*map(self._vector, wanted)), strict=True))
        return await self._work(lambda: [self._scored(trial, text, question, vectors) for trial in trials])

    def _trials(self, text: str, passages: Sequence[Passage]) -> list["_Trial"]:
        weights = self._weights(text)
        ending = _ending(text, weights, self._words)
        return [_Trial(passage, self.units(passage), weights, ending, self._words) for passage in passages]

    def _scored(self, trial: "_Trial", text: str, question: str, vectors: Mapping[str, Vector]) -> Supported:
        span, features = trial.features(text, question, vectors)
        if not span:
            return NOTHING
        passage = trial.passage
        sourced = not alien(self._words, text, passage.whole, *passage.heading_path, question)
        return Supported(*span, self._model.probability(features) if sourced else 0.0, features[0])

    async def features(self, sentence: str, passage: Passage, question: str) -> tuple[float, ...] | None:
        """Return FEATURES of the best span, None where a rule decides; for fitting the model."""
        text = plain(sentence)
        if alien(self._words, text, passage.whole, *passage.heading_path, question):
            return None
        (trial,) = self._trials(text, [passage])
        wanted = [text, *(unit.text for unit in trial.nearest)]
        vectors = {each: await self._vector(each) for each in wanted}
        span, features = trial.features(text, question, vectors)
        return features if span else None

    def _weights(self, text: str) -> dict[str, float]:
        """Weigh a sentence's terms by how rare they are; one that no document has counts as rare."""
        own = (term for term in dict.fromkeys(self._words.terms(text)) if term not in self._words.asking)
        return {term: self._specificity(term) or UNKNOWN * self._words.rarity(term) for term in own}

    def units(self, passage: Passage) -> list[Unit]:
        """Return the units of a passage, kept for the next sentence."""
        key = (passage.chunk_id, passage.text)
        found = self._units.get(key)
        if found is None:
            found = self._units[key] = _units(passage, self._words)
            if len(self._units) > CACHED // 10:
                self._units.popitem(last=False)
        return found

    async def _vector(self, text: str) -> Vector:
        found = self._vectors.get(text)
        if found is None:
            found = self._vectors[text] = (await self._embed(text)).vector
            if len(self._vectors) > CACHED:
                self._vectors.popitem(last=False)
        return found


class _Trial:
    """One sentence against one passage."""

    def __init__(
        self,
        passage: Passage,
        found: Sequence[Unit],
        weights: Mapping[str, float],
        ending: Mapping[str, float],
        words: Words,
    ) -> None:
        self._words = words
        self.passage, self._weights, self._ending = passage, weights, ending
        self._units = found
        usable = [i for i, unit in enumerate(found) if not unit.commands]
        best = sorted(usable, key=lambda i: (-self._held(found[i].terms), i))[:NEAREST]
        self._near = sorted(best)
        self.nearest = [found[i] for i in self._near]

    def _held(self, words: frozenset[str] | set[str]) -> float:
        return _share(self._weights, words)

    def features(
        self, text: str, question: str, vectors: Mapping[str, Vector]
    ) -> tuple[tuple[int, int] | None, tuple[float, ...]]:
        """Return the span, in the passage's text, and FEATURES; no span in a passage without usable units."""
        if not self._near:
            return None, ()
        cosine = {i: float(vectors[text] @ vectors[self._units[i].text]) for i in self._near}
        first = max(self._near, key=lambda i: cosine[i] * 4 + self._held(self._units[i].terms))
        span = self._widened(first)
        words = frozenset().union(*(self._units[i].terms for i in span))
        around = " ".join((*self.passage.heading_path, question))
        context = words | self._words.widened(around)
        source = "\n".join(self._units[i].text for i in span)
        negated, opposite = contradicts(self._words, text, source)
        near = " ".join((source, *self.passage.heading_path)).lower()
        stray = [name for name in names(self._words, text) if name.lower() not in near]
        foreign = float(is_chinese(text) != is_chinese(source))
        best, coverage = max(cosine[i] for i in span if i in cosine), self._held(words)
        return (self._units[span[0]].start, self._units[span[-1]].end), (
            best,
            coverage,
            self._held(context),
            max((weight for term, weight in self._weights.items() if term not in context), default=0.0),
            float(negated),
            float(opposite),
            float(edited(text, source)),
            float(min(len(stray), 3)),
            foreign,
            foreign * best,
            foreign * coverage,
            _share(self._ending, context) if self._ending else 1.0,
            float(miscounted(text, " ".join((self.passage.whole, around)))),
        )

    def _widened(self, first: int) -> list[int]:
        """The unit and neighbours that add terms of the sentence it lacks: a sentence may join two or three."""
        span = [first]
        while len(span) < MAX_SPAN and not self._units[first].note:
            words = frozenset().union(*(self._units[i].terms for i in span))
            sides = [
                i
                for i in (span[0] - 1, span[-1] + 1)
                if 0 <= i < len(self._units) and not (self._units[i].commands or self._units[i].note)
            ]
            gains = {i: self._held(words | self._units[i].terms) - self._held(words) for i in sides}
            side = max(gains, key=lambda i: gains[i], default=None)
            if side is None or gains[side] < GAIN:
                break
            span = sorted([*span, side])
        return span


def _ending(text: str, weights: Mapping[str, float], words: Words) -> dict[str, float]:
    """Return the term weights of the last thing said that weighs enough to tell; nothing where none does."""
    for part in reversed(list(clauses(text, further=True))):
        own = {term: weights[term] for term in words.terms(part) if term in weights}
        if sum(own.values()) >= TELLING:
            return own
    return {}


def _share(weights: Mapping[str, float], words: frozenset[str] | set[str]) -> float:
    """The share of the terms' weight that the words have."""
    return sum(weight for term, weight in weights.items() if term in words) / (sum(weights.values()) or 1.0)


def _units(passage: Passage, words: Words) -> list[Unit]:
    document = markdown.parse(passage.document, passage.text, outline.heading)
    planted = commands(passage.text)
    found = []
    for section in document.sections:
        heading = " ".join(section.heading_path)
        for unit in units_of(document, section):
            prose = unit.kind in ("list_item", "quote")
            for start, end in sentence_spans(passage.text, unit.start, unit.end) if prose else [(unit.start, unit.end)]:
                text = passage.text[start:end]
                known = words.vocabulary(heading) | words.widened(text)
                ordered = any(first <= start < last for first, last in planted)
                if passage.head and unit.kind == "table":
                    known |= words.widened(passage.head.text)
                found.append(Unit(start, end, plain(text), known, ordered))
    for note in passage.notes:
        start, end = note.start - passage.start, note.end - passage.start
        found.append(Unit(start, end, plain(note.said), words.widened(note.said), bool(commands(note.said)), note=True))
    return found
