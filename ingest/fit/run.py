"""Fit everything that is fitted, part by part, each on what the parts before it give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.fit.confidence import fit_confidence
from ingest.fit.engine import Engine, Sight
from ingest.fit.logistic import Sample
from ingest.fit.manifest import manifest_of
from ingest.fit.margins import Situation, fit_margins
from ingest.fit.part import Part
from ingest.fit.ranks import fit_blend, fit_fusion, fit_match, fit_reciprocal
from ingest.fit.sets import Labelled, kept, labelled
from ingest.fit.support import fit_support
from ingest.fitted import Fitted, Margins, Stage
from ingest.pack import PackError
from ingest.progress import Report

Sights = Mapping[str, Sight]


@dataclass(frozen=True, slots=True)
class Questions:
    """`ranked` have entries that are right, `listed` tell listed from answered ones, `refused` inside from outside."""

    ranked: tuple[Labelled, ...]
    listed: tuple[Labelled, ...]
    refused: tuple[Labelled, ...]

    @classmethod
    def of(cls, engine: Engine, root: Path) -> "Questions":
        """Read those that the pack names, below `root`, and those that it keeps back; raises PackError for none."""
        pack = engine.snapshot.pack
        own, chosen = kept(engine.snapshot), labelled(engine.snapshot, pack.card.labelled, root, engine.condensed)
        if not chosen:
            raise PackError(f"{pack.folder / 'pack.toml'} names no labelled questions: nothing can be fitted")
        return cls(
            ranked=tuple(q for q in (*chosen, *own) if q.entries),
            listed=tuple(q for q in chosen if q.entries),
            refused=tuple(dict.fromkeys((*labelled(engine.snapshot, pack.card.refused, root, engine.condensed), *own))),
        )

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(q.text for q in (*self.ranked, *self.listed, *self.refused)))


@dataclass(frozen=True, slots=True)
class Result:
    """The numbers, and how each part came out."""

    fitted: Fitted
    parts: tuple[Part[object], ...]


def fit_all(engine: Engine, root: Path, command: str, anew: bool, progress: Report) -> Result:
    """Fit the numbers of the index's pack; present ones stay where new ones are no better, unless `anew`.

    Stages of a cross-encoder that the engine is without stay as they are. Models of another embedder's vectors do not:
    they may rank as well, but what they call likely is not.
    """
    snapshot, present = engine.snapshot, engine.snapshot.pack.fitted
    embedder = snapshot.manifest.settings["embedder"]
    replaced = anew or present.embedder != embedder
    questions = Questions.of(engine, root)
    engine.prepare(questions.texts)
    fusion = fit_fusion(engine, questions.ranked, present, anew)
    trial = present.model_copy(update={"fusion": fusion.numbers})
    reciprocal = fit_reciprocal(engine, questions.ranked, trial, anew)
    match = fit_match(engine, questions.ranked, trial, anew)
    trial = trial.model_copy(update={"reciprocal": reciprocal.numbers, "match": match.numbers})
    stages = _Stages(engine, questions, trial, anew, replaced, progress)
    names = engine.fusions(trial)
    fused = [stages.fused(name) for name in names]
    reranked = [stages.reranked(name) for name in names] if engine.reranker else []
    others = [s for s in present.stages if s.reranker not in ("", engine.reranker) and s.fusion in names]
    support = fit_support(engine, present.support, replaced)
    staged = [part for _, parts in (*fused, *reranked) for part in parts]
    places = stages.places(names[0])
    parts: tuple[Part[object], ...] = (fusion, reciprocal, match, *staged, places, support)
    fitted = trial.model_copy(
        update={
            "embedder": embedder,
            "tokeniser": snapshot.manifest.settings["tokeniser"],
            "documents": dict(snapshot.manifest.sources),
            "stages": (*(stage for stage, _ in (*fused, *reranked)), *others),
            "places": places.numbers,
            "support": support.numbers,
            "fit": manifest_of(snapshot.pack, root, command, [part.name for part in parts if not part.taken]),
        }
    )
    return Result(fitted, parts)


def general(fitted: Fitted, present: Fitted) -> Fitted:
    """Return the numbers that hold for any documents.

    An outline's questions say little of other documents: the fusions to choose among, the stages that there are, and of
    each how much the cross-encoder counts and the confidence stay as they are at present. Margins between scores go
    with the blend that made these.
    """
    found = {(_kind(stage.fusion), stage.reranker): stage for stage in fitted.stages}
    stages = []
    for old in present.stages:
        if new := found.get((_kind(old.fusion), old.reranker)):
            margins = new.margins if new.blend == old.blend else old.margins
            old = old.model_copy(update={"fusion": new.fusion, "margins": margins})
        stages.append(old)
    own = {
        "documents": {},
        "tokeniser": "",
        "stages": tuple(stages),
        "choices": present.choices,
        "cosines": present.cosines,
    }
    return fitted.model_copy(update=own)


@dataclass(frozen=True)
class _Stages:
    """Fits what decides for candidates of one fusion, with or without the cross-encoder."""

    engine: Engine
    questions: Questions
    trial: Fitted
    anew: bool
    replaced: bool  # whatever is a model of vectors
    progress: Report

    def fused(self, fusion: str) -> tuple[Stage, list[Part[object]]]:
        old, model = self._present(fusion, "")
        return self._decided(model.model_copy(update={"fusion": fusion, "reranker": "", "blend": None}), old)

    def reranked(self, fusion: str) -> tuple[Stage, list[Part[object]]]:
        """Fit the blend first; the present margins that are distances are brought to its scale."""
        old, model = self._present(fusion, self.engine.reranker)
        was = self.trial.blend(model.fusion)
        part = fit_blend(self.engine, self.questions.ranked, self.trial, fusion, was, self.anew)
        factor = part.numbers.fused / was.fused if was.fused and part.numbers.fused else 1.0
        scaled = model.scaled(factor)
        named = {"fusion": fusion, "reranker": self.engine.reranker, "blend": part.numbers}
        begun, old = scaled.model_copy(update=named), scaled if old else None
        stage, parts = self._decided(begun, old)
        return stage, [replace(part, name=f"{_name(stage)}: blend"), *parts]

    def places(self, fusion: str) -> Part[Margins]:
        """Fit the margins in places, on candidates as a fusion has them."""
        stage = self._present(fusion, "")[1].model_copy(update={"fusion": fusion, "reranker": "", "blend": None})
        situations = _situations(self.questions.listed, self._sights(stage), in_places=True)
        return fit_margins("margins in places", situations, self.trial.places, self.anew)

    def _present(self, fusion: str, reranker: str) -> tuple[Stage | None, Stage]:
        """Return the present stage of the same kind of fusion, if any, and the one to begin with."""
        same = [s for s in self.trial.stages if s.reranker == reranker]
        old = next((s for s in same if _kind(s.fusion) == _kind(fusion)), None)
        return old, old or (same or list(self.trial.stages))[0]

    def _decided(self, stage: Stage, old: Stage | None) -> tuple[Stage, list[Part[object]]]:
        """Fit margins and confidence, in general and for these documents."""
        sights, refused, caps = self._sights(stage), self.questions.refused, stage.confidence.caps
        situations = _situations(self.questions.listed, sights)
        margins = fit_margins(f"{_name(stage)}: margins", situations, stage.margins, self.anew)
        features, inside = [sights[q.text].features for q in refused], [q.inside for q in refused]
        vectors = [sights[q.text].vector for q in refused]
        sample = Sample.of(features, inside, caps)
        confidence = fit_confidence(
            f"{_name(stage)}: confidence", sample, old.confidence if old else None, caps, self.replaced
        )
        sample = Sample.of(features, inside, caps, vectors)
        own = fit_confidence(f"{_name(stage)}: confidence, own", sample, old.own if old else None, caps, self.replaced)
        update = {"margins": margins.numbers, "confidence": confidence.numbers, "own": own.numbers}
        return stage.model_copy(update=update), [margins, confidence, own]

    def _sights(self, stage: Stage) -> Sights:
        texts = dict.fromkeys(q.text for q in (*self.questions.listed, *self.questions.refused))
        sights: dict[str, Sight] = {}
        for number, text in enumerate(texts, 1):
            sights[text] = self.engine.sight(text, self.trial, stage)
            self.progress(_name(stage), number, len(texts))
        return sights


def _kind(fusion: str) -> str:
    return fusion.partition(" ")[0]


def _name(stage: Stage) -> str:
    return _kind(stage.fusion) + (" reranked" if stage.reranker else "")


def _situations(questions: Sequence[Labelled], sights: Sights, in_places: bool = False) -> list[Situation]:
    seen = [(sights[q.text], q.status == "listed_unanswered") for q in questions]
    return [Situation(sight.places if in_places else sight.lead, listed) for sight, listed in seen]
