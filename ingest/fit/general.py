"""`python -m ingest fit --corpora FOLDER`: the confidence for any documents, fitted to several corpora without a pack.

What is reported, and what thresholds are set by, is leave-one-corpus-out: each corpus under a model that was fitted to
the others. Corpora that share passages are left out together, and each counts alike, however many questions it has.
Those of a few passages have a model of their own: there no vector lies apart, every word is rare, and people ask in
words of their own. Questions that are asked in another language than the passages are told worse. They say only how
much being across languages counts: so much that as great a share is refused falsely as is let through. With one such
collection, that number is of the corpora that it is reported on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.fit.corpora import Corpus
from ingest.fit.engine import Engine
from ingest.fit.logistic import Sample, calibration_error, predicted, refused, regress
from ingest.fitted import FEW, Cosines, Fitted, Logistic, Stage
from ingest.progress import Report

C = 0.5
# The threshold refuses this share of the questions that documents deal with, of corpora left out: nearly all of these
# are pages among other documents, which are told worst. Of a few passages what is inside is told from what is beside it
# badly, too, and to answer the one costs answering the other.
FALSE_REFUSALS, FALSE_OF_FEW = 0.2, 0.12
REPORTED = 0.05  # share of false refusals at which refusals are told
# What speaks for it and what against, on any documents. Corpora whose questions all name what the documents name teach
# otherwise: there a word that the documents do not have is as often in a question that they answer. How near the
# average passage is tells corpora apart, not questions: among English ones a Chinese manual would be refused for it.
AGAINST = ("unknown", "rarest_unknown", "unknown_name", "average")
EITHER = ("english",)
ACROSS = "across"
TINY = 1e-6

Open = Callable[[Corpus], Engine]


@dataclass(frozen=True, slots=True)
class Held:
    """A corpus under a model that has not seen it: area under the ROC curve, what is refused, calibration error.

    `falsely` are the refusals of questions inside at the threshold that is taken for all.
    """

    stage: str
    corpus: str
    questions: int
    area: float
    refused: float
    error: float
    falsely: float


@dataclass(frozen=True, slots=True)
class _Sampled:
    """A corpus, how many passages its index has, and a sample for each stage, None without its cross-encoder."""

    corpus: Corpus
    passages: int
    samples: Sequence[Sample | None]


def fit_general(sets: Sequence[Corpus], opened: Open, fitted: Fitted, progress: Report) -> tuple[Fitted, list[Held]]:
    """Return `fitted` with the confidence of every stage that the engine has, and the figures of each corpus."""
    asked = [_asked(corpus, sets, opened, fitted, progress) for corpus in sets]
    stages, held = [], list[Held]()
    for place, stage in enumerate(fitted.stages):
        own = [(each, sample) for each in asked if (sample := each.samples[place]) is not None]
        for name, few, falsely in (("confidence", False, FALSE_REFUSALS), ("few", True, FALSE_OF_FEW)):
            chosen = [(each.corpus, sample) for each, sample in own if (each.passages < FEW) is few]
            if len({corpus.home for corpus, _ in chosen}) > 1:  # else the engine is without this cross-encoder
                model, figures = _fit(stage, chosen, falsely)
                stage = stage.model_copy(update={name: model})
                held += figures
        stages.append(stage)
    return fitted.model_copy(update={"stages": tuple(stages), "cosines": _cosines(asked)}), held


def _cosines(asked: Sequence[_Sampled]) -> Cosines:
    """Return where cosines lie, on average over corpora of more than a few passages, or over all."""
    every = [each for each in asked if each.passages >= FEW] or asked
    lie = np.array([_lie(sample) for each in every if (sample := next(filter(None, each.samples), None)) is not None])
    average, spread = lie.mean(axis=0).round(4).tolist()
    return Cosines(average=average, spread=spread)


def _lie(sample: Sample) -> tuple[float, float]:
    """Return a corpus's average cosine and its spread, both read back from what was measured of its questions."""
    nearest, average, cosine = (sample.features[:, sample.names.index(n)] for n in ("nearest", "average", "cosine"))
    apart = np.abs(nearest) > TINY
    return float(average.mean() / 10), float(np.median((cosine - average)[apart] / nearest[apart]) / 10)


def _asked(corpus: Corpus, sets: Sequence[Corpus], opened: Open, fitted: Fitted, progress: Report) -> _Sampled:
    """Ask a corpus's questions of its index."""
    alike = [each for each in sets if bool(each.written) is bool(corpus.written) and each.home == each.name]
    asked = list(corpus.asked([each for each in alike if not _related(each, corpus)]))
    engine = opened(corpus)
    try:
        engine.prepare([text for text, _ in asked])
        own = engine.snapshot.fitted  # with the fusion that was chosen for this corpus
        stages = [stage if stage.reranker in ("", engine.reranker) else None for stage in own.stages]
        found: list[Sample | None] = []
        for number, (stage, general) in enumerate(zip(stages, fitted.stages, strict=True), 1):
            inside = [answered for _, answered in asked]
            features = [engine.sight(text, own, stage).features for text, _ in asked] if stage else []
            found.append(Sample.of(features, inside, general.confidence.caps) if features else None)
            progress(corpus.name, number, len(stages))
        return _Sampled(corpus, len(engine.snapshot.chunks), found)
    finally:
        engine.close()


def _related(one: Corpus, other: Corpus) -> bool:
    """Whether two corpora share passages or documents, or are translations or parts of one collection."""
    same = bool(one.passages) and one.passages.keys() == other.passages.keys()
    return same or not one.parts.isdisjoint(other.parts) or _collection(one) == _collection(other)


def _collection(corpus: Corpus) -> str:
    return corpus.home.partition("_")[0]


def _fit(stage: Stage, asked: Sequence[tuple[Corpus, Sample]], falsely: float) -> tuple[Logistic, list[Held]]:
    own = [(corpus, sample) for corpus, sample in asked if corpus.name == corpus.home]
    told: list[tuple[Corpus, Sample, NDArray[np.float64]]] = []
    for corpus, sample in asked:
        if others := [s for c, s in own if not _related(c, corpus)]:  # none for all of them together
            told.append((corpus, sample, predicted(sample, _regression(joined(_alike(others)), stage, 0.5))))
    inside = [p[s.right & ~_away(s)] for c, s, p in told if c.name == c.home]
    threshold = round(float(np.quantile(np.concatenate(inside), falsely)), 3)
    across = [(p[a], s.right[a]) for _, s, p in told if (a := _away(s))[s.right].any()]
    shift = _logit(threshold) - _even(*map(np.concatenate, zip(*across, strict=True))) if across else 0.0
    name = f"{stage.fusion.partition(' ')[0]}{' reranked' if stage.reranker else ''}"
    held = [_held(name, c, s, 1 / (1 + np.exp(-_logit(p) - shift * _away(s))), threshold) for c, s, p in told]
    model = _regression(joined(_alike([sample for _, sample in own])), stage, threshold)
    counts = round(max(0.0, model.weights[ACROSS] + shift), 4)
    return model.model_copy(update={"weights": {**model.weights, ACROSS: counts}}), held


def _held(stage: str, corpus: Corpus, sample: Sample, p: NDArray[np.float64], threshold: float) -> Held:
    return Held(
        stage,
        corpus.name,
        len(p),
        area(p, sample.right),
        refused(p, sample.right, REPORTED),
        calibration_error(p, sample.right),
        float((p[sample.right] < threshold).mean()),
    )


def _even(p: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the log odds below which as great a share of the right lies as of the wrong above."""
    odds, inside, outside = _logit(np.sort(p)), _logit(np.sort(p[right])), _logit(np.sort(p[~right]))
    below = np.searchsorted(inside, odds) / len(inside)
    above = 1 - np.searchsorted(outside, odds) / len(outside)
    return float(odds[np.abs(below - above).argmin()])


def _away(sample: Sample) -> NDArray[np.bool_]:
    """Which questions are in another language than what was found."""
    return sample.features[:, sample.names.index(ACROSS)] > 0


def _logit(p: NDArray[np.float64] | float) -> Any:
    return np.log(p) - np.log1p(-np.asarray(p))


def _regression(sample: Sample, stage: Stage, threshold: float) -> Logistic:
    signs = {name: -1 if name in AGAINST else 1 for name in sample.names if name not in EITHER}
    return regress(sample, C, True, stage.confidence.caps, threshold, signs)


def _alike(samples: Sequence[Sample]) -> list[Sample]:
    """Return the samples as often as it takes for all to count about alike."""
    most = max(len(sample.right) for sample in samples)
    return [sample for sample in samples for _ in range(round(most / len(sample.right)))]


def joined(samples: Sequence[Sample]) -> Sample:
    """Return one sample of several with the same features."""
    return Sample(
        samples[0].names,
        np.concatenate([sample.features for sample in samples]),
        np.concatenate([sample.vectors for sample in samples]),
        np.concatenate([sample.right for sample in samples]),
    )


def area(p: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve: how often a right one is above a wrong one, ties counting half."""
    inside, outside = p[right][:, None], p[~right][None, :]
    return float(((inside > outside) + 0.5 * (inside == outside)).mean())


def means(held: Sequence[Held]) -> Mapping[str, Held]:
    """Return the mean of each stage over its corpora."""
    by: dict[str, list[Held]] = {}
    for each in held:
        by.setdefault(each.stage, []).append(each)
    return {stage: _mean(stage, rows) for stage, rows in by.items()}


def _mean(stage: str, rows: Sequence[Held]) -> Held:
    figures = np.array([(row.area, row.refused, row.error, row.falsely) for row in rows]).mean(axis=0).tolist()
    return Held(stage, "mean", sum(row.questions for row in rows), *figures)
