"""How likely the documents deal with a question: logistic models over how well the best candidates match."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ingest.fitted import FEW, Cosines, Logistic, Stage, probability
from ingest.index.snapshot import Snapshot
from ingest.words.text import normalise
from service.decide.origins import formless, untold
from service.decide.versions import foreign
from service.language.headings import headings_in
from service.language.phrases import language
from service.language.rule import rules
from service.search.lexicon import NAME, NUMBER, Lexicon
from service.search.retrieve import Candidate, Query, Retriever
from service.search.scale import Scale

FEATURES = (
    "nearest",  # cosine of the nearest passage above the average passage's, in spreads
    "nearest_title",
    "average",  # cosine of the average passage
    "cosine",  # of the nearest passage
    "coverage",  # share of the question's term weight found in the best of five passages
    "found",  # that weight itself, a term of one passage alone counting 1
    "unknown",  # share of the question's terms that no document has, weighed by how rare they are in general
    "rarest_unknown",
    "unknown_name",  # the same of names of things: Latin in a Chinese question, capitalised in an English one
    "english",
    "margin",  # of the best entry over the next, in nats
    "bm25",  # of the best passage, in the idf of a term of one passage alone
    "english_coverage",
    "across",  # whether the best candidate is in another language, so that words say little
)
RERANKED = (  # those that need the cross-encoder's scores
    *FEATURES,
    "answer",  # log odds that the best candidate answers, and the best one that has an answer
    "answer_text",
    "second",  # those of the second best
)
UNKNOWN = 0.82  # specificity of a term that no document has: about that of the documents' average term
TINY = 1e-6  # keeps a share of nothing from dividing by zero
ODDS = 3  # log odds that are one unit of a feature
SYMBOL = re.compile("[\u0370-\u03ff]")  # a Greek letter: what it stands for is said where it stands
THING = 0.7  # in general rarity of a Chinese word that names a thing of a field
TOLD = 3  # candidates that may tell where a thing comes from
ALONE = 30.0  # nats by which a candidate without a second one is ahead
QUESTION_SCALE = 10.0  # of the question's vector beside the features


@dataclass(frozen=True, slots=True)
class ConfidenceModel:
    """A fitted model, ready to be asked; below its threshold the answer is no."""

    fitted: Logistic
    direction: NDArray[np.float64]

    @classmethod
    def of(cls, fitted: Logistic) -> Self:
        return cls(fitted, np.array(fitted.direction))

    @property
    def threshold(self) -> float:
        return self.fitted.threshold

    def probability(self, features: Mapping[str, float], vector: NDArray[np.float32]) -> float:
        caps = self.fitted.caps
        score = self.fitted.bias + sum(
            weight * min(features[name], caps.get(name, math.inf)) for name, weight in self.fitted.weights.items()
        )
        if self.direction.size:
            score += QUESTION_SCALE * float(self.direction @ vector)
        return probability(score)


@dataclass(frozen=True, slots=True)
class ConfidenceModels:
    """What decides for candidates as they were fused, and for those that the cross-encoder scored."""

    fused: ConfidenceModel
    reranked: ConfidenceModel

    def of(self, candidates: Sequence[Candidate]) -> ConfidenceModel:
        return self.fused if candidates[0].rerank_score is None else self.reranked


def confidence_models(snapshot: Snapshot, scale: Scale) -> ConfidenceModels:
    """Return what was fitted to these documents where it was, else what was fitted to documents in general.

    Fitted to them a model also knows which questions lie near the documents at all, which holds for these and this
    embedder alone. Among a few passages none lies apart, and every word is rare: there a model fitted to few decides.
    Scores that nothing was fitted to mean something else: then the model of the default fusion decides. With another
    embedder, whose cosines are put where those lay that it was fitted to, the models of the same stages do.
    """
    fitted, manifest = snapshot.fitted, snapshot.manifest
    told_fused, told_reranked = (scale.fused, scale.reranked) if _is_few(snapshot) else scale.telling
    default = (told_fused or fitted.stages[0], told_reranked or told_fused or fitted.stages[0])
    same = (fitted.embedder, dict(fitted.documents)) == (manifest.settings["embedder"], dict(manifest.sources))
    few = _is_few(snapshot)
    fused, reranked = (ConfidenceModel.of(_model(stage, same, few)) for stage in default)
    return ConfidenceModels(fused, reranked)


def other_cosines(snapshot: Snapshot) -> Cosines | None:
    """Return where cosines are to be put: None with the fitted embedder, and where too few passages tell a spread."""
    fitted = snapshot.fitted
    same = fitted.embedder == snapshot.manifest.settings.get("embedder")
    return None if same or _is_few(snapshot) else fitted.cosines


def _is_few(snapshot: Snapshot) -> bool:
    return len(snapshot.chunks) < FEW


def _model(stage: Stage, same: bool, few: bool) -> Logistic:
    return (stage.own if same else None) or (stage.few if few else None) or stage.confidence


class Matcher:
    """Measures how well candidates match a question, against the whole snapshot; `cosines` is where theirs are put."""

    def __init__(
        self,
        snapshot: Snapshot,
        retriever: Retriever,
        lexicon: Lexicon | None = None,
        cosines: Cosines | None = None,
    ) -> None:
        self._snapshot, self._retriever, self._words = snapshot, retriever, snapshot.pack.words
        self._average, self._average_title = snapshot.averages
        self._cosines = cosines
        self._lexicon = lexicon or Lexicon(snapshot)

    def features(self, query: Query, candidates: Sequence[Candidate]) -> dict[str, float]:
        """Return FEATURES, or RERANKED where candidates were scored.

        Candidates are best first, at least one.
        """
        values = (*self._matched(query, candidates), *_answering(candidates))
        return dict(zip(RERANKED, values, strict=False))

    def _matched(self, query: Query, candidates: Sequence[Candidate]) -> tuple[float, ...]:
        spread = self._retriever.spread
        english = float(query.text.isascii())
        average = float(self._average @ query.vector)
        cosine = max(c.cosine for c in candidates)
        title = max(c.title_cosine for c in candidates)
        level, height = average, cosine
        if self._cosines:
            level, height = self._cosines.average, self._cosines.put(cosine, average, spread)
        asked = self._lexicon.whole(query.terms)
        rare = {term: self._rarity(term, bool(english)) for term in asked}
        unknown = [term for term in asked if not self._lexicon.knows(term)]
        weight = {
            term: rare[term] * (UNKNOWN if term in unknown else self._lexicon.specificity(term)) for term in asked
        }
        total = sum(weight.values()) + TINY
        found = max(self._found(weight, candidate) for candidate in candidates[:5])
        named = set(self._words.terms(" ".join(NAME.findall(query.text)))) if english else set(asked)
        names = [self._rarity(term, english=False) for term in unknown if term.isascii() and term in named]
        margin = candidates[0].score - candidates[1].score if len(candidates) > 1 else ALONE
        return (
            (cosine - average) / spread,
            (title - float(self._average_title @ query.vector)) / spread,
            level * 10,
            height * 10,
            found / total,
            found,
            sum(rare[term] for term in unknown) / (sum(rare.values()) + TINY),
            max((rare[term] for term in unknown), default=0.0),
            max(names, default=0.0),
            english,
            margin,
            self._retriever.strongest(query) / (self._snapshot.postings.rarest or 1.0),
            english * found / total,
            float(language(query.text, "auto") != language(candidates[0].chunk.indexed, "auto")),
        )

    def foreign(self, query: Query) -> bool:
        """Whether a question is about a version that the documents do not have."""
        return foreign(self._lexicon, query.text)

    def other(self, query: Query) -> bool:
        """Whether a question asks for one aspect of a thing that no document has ("how is a decision tree pruned?").

        What is listed on that aspect is then another question.
        """
        thing, *aspects = self._lexicon.names(normalise(query.text)) or [""]
        rare = not thing.isascii() and self._words.rarity(thing) >= THING
        return rare and len(aspects) == 1 and not self._lexicon.knows(thing)

    def untold(self, query: Query, candidates: Sequence[Candidate]) -> bool:
        """Whether a question asks who made a thing, or when, and none of the best candidates tells that."""
        return untold(query.text, self._telling(candidates))

    def formless(self, query: Query, candidates: Sequence[Candidate]) -> bool:
        """Whether a question asks for a formula, and none of the best candidates has one."""
        return formless(query.text, self._telling(candidates))

    def _telling(self, candidates: Sequence[Candidate]) -> Iterator[str]:
        """The passages around the best candidate, and the next ones."""
        members = self._snapshot.members(candidates[0].chunk.group)
        chunks = [self._snapshot.chunks[row] for row in members] + [c.chunk for c in candidates[1:TOLD]]
        return (chunk.indexed for chunk in chunks)

    def stands(self, query: Query, candidates: Sequence[Candidate]) -> bool:
        """Whether a heading of the best candidate is all that a question names, or a symbol that the best ones have.

        Of a few passages it is enough that all of it stands in one of these: so another embedder's cosines, to which
        nothing was fitted, do no harm there.
        """
        asking = rules("asking") + rules("making") if rules("origin").holds(normalise(query.text)) else rules("asking")
        names = self._lexicon.names(asking.blank(normalise(query.text)))
        if self._headed(candidates[0], names):
            return True
        symbol = len(names) == 1 and SYMBOL.search(names[0])
        few = bool(names) and len(self._snapshot.chunks) < FEW
        return bool(symbol or few) and any(self._has(candidate, names) for candidate in candidates[:3])

    def _headed(self, candidate: Candidate, names: Sequence[str]) -> bool:
        """Whether a heading in the passages around a candidate calls just this by its name."""
        rows = self._snapshot.members(candidate.chunk.group)
        chunks = [self._snapshot.chunks[row] for row in rows] if candidate.chunk.entry_id else [candidate.chunk]
        own = {heading for chunk in chunks for heading in (*chunk.heading_path, *headings_in(chunk.text))}
        return bool(names) and any(self._lexicon.calls(heading, names) for heading in own)

    def _has(self, candidate: Candidate, names: Sequence[str]) -> bool:
        text, terms = normalise(candidate.chunk.indexed), self._words.vocabulary(candidate.chunk.indexed)
        return all(name in terms or (not name.isascii() and name in text) for name in names)

    def held(self, query: Query, candidate: Candidate) -> float:
        """Return the share, 0 to 1, of the question's term weight that stands in a candidate literally."""
        found = self._words.vocabulary(candidate.chunk.indexed)
        weight = {term: self._lexicon.specificity(term) for term in query.terms}
        return sum(w for term, w in weight.items() if term in found) / (sum(weight.values()) + TINY)

    def _rarity(self, term: str, english: bool) -> float:
        if NUMBER.fullmatch(term):
            return 0.15
        return (0.5 if english else 1.0) if term.isascii() else self._words.rarity(term)

    def _found(self, weight: Mapping[str, float], candidate: Candidate) -> float:
        held = self._words.vocabulary(candidate.chunk.indexed)
        return sum(w for term, w in weight.items() if term in held or not held.isdisjoint(self._words.expand(term)))


def _answering(candidates: Sequence[Candidate]) -> tuple[float, ...]:
    """The last features of RERANKED, () for candidates without scores."""
    scored = [c for c in candidates if c.rerank_score is not None]
    if not scored:
        return ()
    scores = sorted((c.rerank_score or 0.0 for c in scored), reverse=True)
    text = max((c.rerank_score or 0.0 for c in scored if c.chunk.kind == "text"), default=scores[-1])
    second = scores[1] if len(scores) > 1 else scores[0]
    return tuple(score / ODDS for score in (scores[0], text, second))
