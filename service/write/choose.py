"""Which lines of the passages answer: by a cross-encoder's scores, or by the question's words."""

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ingest.words.text import normalise
from ingest.words.words import Words
from service.language.phrases import Missing
from service.language.rule import rules
from service.search.passages import Passage, likely
from service.search.rerank import UnreadError
from service.search.retrieve import Query
from service.write.line import Line
from service.write.order import Fit

# A term narrows a question down when at most this share of the entry's units holds it.
NARROW = 0.34
# Characters of an entry that is given whole where a question names nothing but what the entry is called.
SHORT = 900
# Specificity above which a word of a question says what it is about.
TELLING = 0.33
# A sentence is kept when it holds this share of what the best sentence holds of the question, where words choose.
KEEP = 0.55
# Where scores choose, sentences are kept until what answers is among them this likely; the share of the question's
# words that one holds counts as so many nats. An entry whose best sentence is so many behind another's is left out.
SURE, WORDS, APART = 0.9, 2.0, 3.0
# At most so far behind the best, in nats: where one thing is asked for, and else.
ONE, MANY = 1.0, 3.0

Origin = set[tuple[int, int]]
Relevance = Callable[[Query, Sequence[str]], Awaitable[Sequence[float]]]


@dataclass(frozen=True, slots=True)
class Choice:
    """The places of the lines that answer, how well lines do, and why there were no scores for some of them."""

    places: Origin
    fit: Fit = field(default_factory=dict)
    missing: Missing | None = None


def owner(passage: Passage) -> tuple[str, ...]:
    """Return the entry that a passage is of, or what stands for one in other documents: the two topmost headings."""
    return (passage.document, passage.entry_id) if passage.entry_id else (passage.document, *passage.heading_path[:2])


class Chooser:
    """Chooses lines, entry by entry.

    `relevance` scores texts for a question, in log odds, or raises UnreadError; `unit` is what those of sentences are
    counted in, None where nothing was fitted to them, infinite where all lines are to be chosen. Without scores the
    question's words choose.
    """

    def __init__(
        self, words: Words, specificity: Callable[[str], float], relevance: Relevance, unit: float | None = 1.5
    ) -> None:
        self._words, self._specificity, self._relevance, self._unit = words, specificity, relevance, unit

    async def choose(self, query: Query, passages: Sequence[Passage], lines: Sequence[Sequence[Line]]) -> Choice:
        """Return which lines answer, and how well."""
        if self._unit == math.inf:
            return Choice({line.place for own in lines for line in own})
        entries: dict[tuple[str, ...], list[Line]] = {}
        for passage, own in zip(passages, lines, strict=True):
            entries.setdefault(owner(passage), []).extend(own)
        kept: dict[tuple[str, ...], Origin] = {}
        fit: dict[tuple[str, ...], Fit] = {}
        asked = {owner(passage): passage.asked for passage in passages if passage.asked}
        defined: list[tuple[str, ...]] = []
        missing: Missing | None = None
        top: dict[str, float] = {}  # of the entries for a question, or for a part of it
        for key, entry in entries.items():
            question = asked.setdefault(key, query)
            telling = self._telling(question)
            opening = min(entry, key=lambda line: line.quote(passages).start)
            title = self._words.widened(" ".join(passages[opening.passage].heading_path[:2]))
            broad = bool(telling) and telling <= title
            if broad and telling <= opening.terms:  # it says what the thing is, before all else
                defined.append(key)
            if len(entries) == 1 and defined and _is_short(entry):
                return Choice({line.place for line in entry})
            scores: Fit = {}
            if missing is None:
                try:
                    scores = await self._scores(question, passages, entry)
                except UnreadError as error:
                    missing = error.code
            kept[key], fits = self._answering(question, entry, scores)
            if _is_short(entry) and (broad or not scores):
                kept[key] = {line.place for line in entry}
            if key in defined:
                kept[key].add(opening.place)
            fit[key] = fits if scores else {}
            top[question.text] = max([*fits.values(), top.get(question.text, -math.inf)])
        apart = {key for key, fits in fit.items() if fits and max(fits.values()) < top[asked[key].text] - APART}
        fit |= {key: {} for key in defined}
        return Choice(
            {place for key in kept.keys() - apart for place in kept[key]},
            {place: value for fits in fit.values() for place, value in fits.items()},
            missing,
        )

    def _telling(self, question: Query) -> set[str]:
        """The words that say what a question is about."""
        own = (term for term in (question.said or question).terms if term not in self._words.asking)
        return {term for term in own if self._specificity(term) > TELLING}

    async def _scores(self, query: Query, passages: Sequence[Passage], entry: Sequence[Line]) -> Fit:
        """Score the lines of an entry, each below its headings; {} where there are no scores."""
        read = [line for line in entry if not line.program]
        paths = [" > ".join((*passages[line.passage].heading_path, *line.headings)) for line in read]
        rows = [f"{line.columns}\n{line.text}" if line.row else line.text for line in read]
        texts = [f"{path}\n{row}" for path, row in zip(paths, rows, strict=True)]
        if self._unit is None or not texts:
            return {}
        relevance = await self._relevance(query, texts)
        if query.said:  # what it says itself counts as much as all that it follows
            own = await self._relevance(query.said, texts)
            relevance = [(a + b) / 2 for a, b in zip(relevance, own, strict=False)]
        return dict(zip((line.place for line in read), relevance, strict=False))

    def _answering(self, query: Query, entry: Sequence[Line], scores: Fit) -> tuple[Origin, Fit]:
        """Return the places of the lines about as good as the entry's best, by score and words, or by words alone."""
        weights = self._narrowing(query, entry)
        most = max(line.weight(weights) for line in entry) or 1.0
        held = {line.place: line.weight(weights) / most for line in entry}
        if self._unit is None or not scores:
            return ({place for place, share in held.items() if share >= KEEP} if weights else set(held)), held
        fit = {place: scores[place] + WORDS * share for place, share in held.items() if place in scores}
        # Rows of a table read alike, as do references; those that hold what the question names are meant.
        least = KEEP * max((held[line.place] for line in entry if line.row or line.reference), default=0.0)
        for line in entry:
            if (line.row or line.reference) and held[line.place] < least:
                fit.pop(line.place, None)
        if least:  # the head comes with its rows; by itself it would bring all of them
            for head in _heads(entry):
                fit.pop(head.place, None)
        programs = {line.place for line in entry if line.program and held[line.place] >= KEEP}
        best = sorted(fit, key=lambda place: -fit[place])
        behind = [fit[best[0]] - fit[place] for place in best]
        far = ONE if single(query) else MANY
        count = min(likely([each / self._unit for each in behind], SURE), sum(each <= far for each in behind))
        return programs | set(best[:count]), fit

    def _narrowing(self, query: Query, entry: Sequence[Line]) -> dict[str, float]:
        """Weigh the question's terms that few of the entry's units hold, headings included; {} when none is."""
        own = [term for term in dict.fromkeys(query.terms) if term not in self._words.asking]
        if query.said:  # "and its drawbacks?" asks for what is called so
            own = [term for term in dict.fromkeys(query.said.terms) if len(term) > 1] or own
        weights = {term: self._specificity(term) / 2 for term in self._words.expand(" ".join(own))}
        weights |= {term: self._specificity(term) for term in own}
        held = {term: sum(term in line.terms for line in entry) for term in weights}
        return {t: w for t, w in weights.items() if 0 < held[t] <= max(1, NARROW * len(entry))}


def single(query: Query) -> bool:
    """Whether one thing is asked for, which a line or two say; what follows up narrows down what was said."""
    asked = normalise(query.asked)
    others = rules("several") + rules("joined")
    return query.said is not None or (rules("single").holds(asked) and not others.holds(asked))


def _heads(entry: Sequence[Line]) -> list[Line]:
    """The heads of tables that are taken row by row."""
    return [head for head, row in pairwise(entry) if row.row and not head.row and head.passage == row.passage]


def _is_short(entry: Sequence[Line]) -> bool:
    """Whether an entry may be given whole: a short one without tables or references."""
    return sum(len(line.text) for line in entry) <= SHORT and not any(line.row or line.reference for line in entry)
