"""Which lines of the passages answer: by a cross-encoder's scores, or by the question's words."""

import math
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ingest.words.words import Words
from service.language.phrases import Missing
from service.search.amounts import amount
from service.search.odds import likely
from service.search.passages import Passage
from service.search.rerank import UnreadError
from service.search.retrieve import Query
from service.write.called import Called
from service.write.keywords import keywords_of
from service.write.line import Line
from service.write.order import Fit
from service.write.part import Item
from service.write.together import Places, formulas, heads, is_short, list_of, section_of, whole
from service.write.wanted import remedy, several, single

# A term narrows a question down when at most this share of the entry's units holds it.
NARROW = 0.34
# Specificity above which a word of a question says what it is about.
TELLING = 0.33
# A sentence is kept when it holds this share of what the best sentence holds of the question, where words choose.
KEEP = 0.55
# Where scores choose, sentences are kept until what answers is among them this likely; the share of the question's
# words that one holds counts as so many nats. An entry whose best sentence is so many behind another's is left out.
SURE, WORDS, APART = 0.9, 2.0, 3.0
# A spread of cosine between a question and a line counts as so many nats; so many lines of an entry are read, and of
# one beside the best that no part of the question is asked of. Of 203 entries read for the rubric's questions 202 had
# their best line among the first 8 by nearness and words, all among 10; with 4 beside it one of 159 answers differed.
NEAR, READ, BESIDE = 1.0, 8, 4
# At most so far behind the best, in nats: where one thing is asked for, and else.
ONE, MANY = 1.0, 3.0
# An amount of the kind that is asked for counts as so many nats.
GIVEN = 1.5
# What a passage lost on the best one, -log of its relevance, counts as so many nats of its lines: about half of what it
# is behind as it was found.
LOST, TINY = 2.0, 1e-9

Relevance = Callable[[Query, Sequence[str]], Awaitable[Sequence[float]]]
Nearness = Callable[[Query, Passage, Sequence[tuple[int, int]]], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Choice:
    """The places of the lines that answer, how well lines do, and why there were no scores for some of them.

    `parts` are, by place, items without what stands before the answer; lists of `exact` lines are not made whole.
    """

    places: Places
    fit: Fit = field(default_factory=dict)
    missing: Missing | None = None
    parts: Mapping[tuple[int, int], Line] = field(default_factory=dict)
    exact: Collection[tuple[int, int]] = ()


class _Said(NamedTuple):
    """What of a line is scored, and where it stands in its passage."""

    line: Line
    text: str
    start: int
    stop: int


def owner(passage: Passage) -> tuple[str, ...]:
    """Return the entry that a passage is of, or what stands for one in other documents: the two topmost headings."""
    return (passage.document, passage.entry_id) if passage.entry_id else (passage.document, *passage.heading_path[:2])


class Chooser:
    """Chooses lines, entry by entry.

    `relevance` scores texts for a question, in log odds, or raises UnreadError; `unit` is what those of sentences are
    counted in, None where nothing was fitted to them, infinite where all lines are to be chosen. `nearness` says how
    near places of a passage are to a question, in spreads, [] where that is not known. Without scores the question's
    words choose.
    """

    def __init__(
        self,
        words: Words,
        specificity: Callable[[str], float],
        relevance: Relevance,
        unit: float | None = 1.5,
        nearness: Nearness | None = None,
    ) -> None:
        self._words, self._specificity, self._relevance, self._unit = words, specificity, relevance, unit
        self._nearness = nearness

    async def choose(self, query: Query, passages: Sequence[Passage], lines: Sequence[Sequence[Line]]) -> Choice:
        """Return which lines answer, and how well; of entries that parts of a question are asked of, for each part."""
        if self._unit == math.inf:
            return Choice({line.place for own in lines for line in own})
        entries: dict[tuple[str, ...], list[Line]] = {}
        asked: dict[tuple[str, ...], dict[str, Query]] = {}
        for passage, own in zip(passages, lines, strict=True):
            entries.setdefault(owner(passage), []).extend(own)
            asked.setdefault(owner(passage), {}).update({part.text: part for part in passage.asked})
        found: list[tuple[Query, _Found]] = []
        missing: Missing | None = None
        for place, (key, entry) in enumerate(entries.items()):
            most = READ if place == 0 or asked[key] else BESIDE
            lost = LOST * -math.log(max(passages[line.passage].relevance for line in entry) or TINY)
            for question in asked[key].values() or (query,):
                try:
                    one = await self._found(question, passages, entry, 0 if missing else most, len(entries) == 1)
                except UnreadError as error:
                    missing = error.code
                    one = await self._found(question, passages, entry, 0, len(entries) == 1)
                found.append((question, replace(one, lost=lost)))
        return _joined(found, missing)

    async def _found(
        self, question: Query, passages: Sequence[Passage], entry: Sequence[Line], most: int, alone: bool
    ) -> "_Found":
        """Return what of an entry answers a question, by the scores of so many lines at `most`; 0 for none."""
        telling = self._telling(question)
        entry, exact = Called(question, telling, self._words).below(passages, entry)
        if exact:
            return _Found({line.place for line in entry}, exact=True)
        opening = min(entry, key=lambda line: line.quote(passages).start)
        title = self._words.widened(" ".join(passages[opening.passage].heading_path[:2]))
        broad = bool(telling) and telling <= title
        defined = broad and telling <= opening.terms  # it says what the thing is, before all else
        if alone and defined and is_short(entry):
            return _Found({line.place for line in entry})
        held = self._held(question, entry)
        scores = await self._scores(question, passages, entry, held, most) if most else {}
        kept, fit = self._answering(question, entry, held, scores)
        parts: Mapping[tuple[int, int], Line] = {}
        if scores and single(question):
            parts = await self._parts(question, passages, [line for line in entry if line.place in kept])
        if is_short(entry) and (broad or not scores):
            kept, parts = {line.place for line in entry}, {}
        if defined:
            kept.add(opening.place)
        return _Found(kept, fit if scores else {}, defined, parts)

    def _telling(self, question: Query) -> set[str]:
        """The words that say what a question is about."""
        own = (term for term in (question.said or question).terms if term not in self._words.asking)
        return {term for term in own if self._specificity(term) > TELLING}

    async def _scores(
        self, query: Query, passages: Sequence[Passage], entry: Sequence[Line], held: Fit, most: int
    ) -> Fit:
        """Score lines of an entry, each below its headings; {} where there are no scores.

        Where nearness is known, no more than `most` are read, the best by it and by words.
        """
        read = [line for line in entry if not line.program]
        said = [_Said(line, whole(line, entry), *line.span) for line in read]
        near = self._near(query, passages, said)
        if near:
            promise = [NEAR * n + WORDS * held[line.place] for n, line in zip(near, read, strict=True)]
            best = sorted(sorted(range(len(said)), key=lambda number: -promise[number])[:most])
            said, near = [said[number] for number in best], [near[number] for number in best]
        scores = await self._read(query, passages, said, near)
        return {each.line.place: score for each, score in zip(said, scores, strict=False)}

    async def _parts(
        self, query: Query, passages: Sequence[Passage], chosen: Sequence[Line]
    ) -> dict[tuple[int, int], Line]:
        """Return items from where their sentences answer about as well as the best of them, by place."""
        items = [item for line in chosen if (item := Item.of(line))]
        said = [_Said(item.line, *sentence) for item in items for sentence in item.said]
        scores = iter(await self._read(query, passages, said, self._near(query, passages, said)))
        return {item.line.place: item.begun([next(scores) for _ in item.sentences], ONE) for item in items}

    async def _read(
        self, query: Query, passages: Sequence[Passage], said: Sequence["_Said"], near: Sequence[float]
    ) -> Sequence[float]:
        """Score what lines say, below their headings, and how near it is; [] where there are no scores."""
        paths = (" > ".join((*passages[each.line.passage].heading_path, *each.line.headings)) for each in said)
        texts = [f"{path}\n{each.text}" for path, each in zip(paths, said, strict=True)]
        if self._unit is None or not texts:
            return []
        relevance = await self._relevance(query, texts)
        if query.said:  # what it says itself counts as much as all that it follows
            own = await self._relevance(query.said, texts)
            relevance = [(a + b) / 2 for a, b in zip(relevance, own, strict=False)]
        return [score + NEAR * n for score, n in zip(relevance, near, strict=True)] if relevance and near else relevance

    def _near(self, query: Query, passages: Sequence[Passage], said: Sequence["_Said"]) -> list[float]:
        """Return how near each place is to the question, in spreads; [] where that is not known."""
        near: dict[int, float] = {}
        if self._nearness is None:
            return []
        for passage in {each.line.passage for each in said}:
            own = {number: each for number, each in enumerate(said) if each.line.passage == passage}
            places = [(each.start, each.stop) for each in own.values()]
            near |= zip(own, self._nearness(query, passages[passage], places), strict=False)
        return [near[number] for number in range(len(said))] if near else []

    def _held(self, query: Query, entry: Sequence[Line]) -> dict[tuple[int, int], float]:
        """Return the share that each line holds of what the best one holds of the question, 0 where nothing tells."""
        weights = self._narrowing(query, entry)
        most = max(line.weight(weights) for line in entry) or 1.0
        return {line.place: line.weight(weights) / most for line in entry}

    def _answering(self, query: Query, entry: Sequence[Line], held: Fit, scores: Fit) -> tuple[Places, Fit]:
        """Return the places of the lines about as good as the entry's best, by score and words, or by words alone."""
        if self._unit is None or not scores:
            return ({p for p, share in held.items() if share >= KEEP} if any(held.values()) else set(held)), held
        fit = {place: scores[place] + WORDS * share for place, share in held.items() if place in scores}
        if gives := amount(query.asked):
            fit |= {line.place: fit[line.place] + GIVEN for line in entry if line.place in fit and gives(line.text)}
        # Rows of a table read alike, as do references; those that hold what the question names are meant.
        least = KEEP * max((held[line.place] for line in entry if line.row or line.reference), default=0.0)
        for line in entry:
            if (line.row or line.reference) and held[line.place] < least:
                fit.pop(line.place, None)
        if least:  # the head comes with its rows; by itself it would bring all of them
            for head in heads(entry):
                fit.pop(head.place, None)
        programs = {line.place for line in entry if line.program and held[line.place] >= KEEP}
        best = sorted(fit, key=lambda place: -fit[place])
        behind = [fit[best[0]] - fit[place] for place in best]
        far = ONE if single(query) else MANY
        count = min(likely([each / self._unit for each in behind], SURE), sum(each <= far for each in behind))
        chosen = programs | set(best[:count])
        chosen |= formulas(query, entry, chosen)
        chosen |= self._named(query, entry, chosen, best)
        if remedy(query):
            chosen |= section_of(entry, best[0])
        return chosen | (list_of(entry, chosen, best) if several(query) else set()), fit

    def _named(self, query: Query, entry: Sequence[Line], chosen: Places, best: Sequence[tuple[int, int]]) -> Places:
        """Of keywords, the best line for each that stands in no chosen one."""
        lines = {line.place: line for line in entry}
        named: Places = set()
        for name in keywords_of(query.asked, self._words):
            if not any(name <= lines[place].terms for place in chosen | named):
                named |= {next((place for place in best if name <= lines[place].terms), best[0])}
        return named

    def _narrowing(self, query: Query, entry: Sequence[Line]) -> dict[str, float]:
        """Weigh the question's terms that few of the entry's units hold, headings included; {} when none is."""
        own = [term for term in dict.fromkeys(query.terms) if term not in self._words.asking]
        if query.said:  # "and its drawbacks?" asks for what is called so
            own = [term for term in dict.fromkeys(query.said.terms) if len(term) > 1] or own
        weights = {term: self._specificity(term) / 2 for term in self._words.expand(" ".join(own))}
        weights |= {term: self._specificity(term) for term in own}
        held = {term: sum(term in line.terms for line in entry) for term in weights}
        return {t: w for t, w in weights.items() if 0 < held[t] <= max(1, NARROW * len(entry))}


@dataclass(frozen=True, slots=True)
class _Found:
    """What of one entry answers one question; `defined` where it begins with what the thing is that is asked for."""

    places: Places
    fit: Fit = field(default_factory=dict)
    defined: bool = False
    parts: Mapping[tuple[int, int], Line] = field(default_factory=dict)
    exact: bool = False  # no list is made whole that has a part of it
    lost: float = 0.0  # on the passage that was found first, in nats

    @property
    def best(self) -> float:
        """How well its best line answers, found where it was; nothing where lines have no scores."""
        return max(self.fit.values(), default=-math.inf) - self.lost


def _joined(found: Sequence[tuple[Query, _Found]], missing: Missing | None) -> Choice:
    """Join what was found for a question, or for its parts; an entry far behind the best for the same is left out."""
    top: dict[str, float] = {}
    exact = [question.text for question, one in found if one.exact]
    found = [(question, one) for question, one in found if one.exact or question.text not in exact]
    # What helps says little of what is wrong: that is told by the whole section, as it was found.
    well = [(question, one, -one.lost if remedy(question) else one.best) for question, one in found]
    for question, _, value in well:
        top[question.text] = max(value, top.get(question.text, -math.inf))
    near = [
        one
        for question, one, value in well
        if not one.fit or value >= top[question.text] - (ONE if single(question) or remedy(question) else APART)
    ]
    fit: dict[tuple[int, int], float] = {}
    parts: dict[tuple[int, int], Line] = {}
    for one in near:
        fit |= {place: max(value, fit.get(place, value)) for place, value in one.fit.items() if not one.defined}
        parts |= {place: max(line, parts.get(place, line), key=_length) for place, line in one.parts.items()}
    whole = {place for one in near for place in one.places if place not in one.parts}
    return Choice(
        {place for one in near for place in one.places},
        fit,
        missing,
        {place: line for place, line in parts.items() if place not in whole},
        {place for one in near if one.exact for place in one.places},
    )


def _length(line: Line) -> int:
    return len(line.text)
