"""Fit what puts the right entry first: the fusions' weights, the blend, and the match of passages within an entry."""

from collections.abc import Sequence

import numpy as np

from ingest.fit.engine import Engine
from ingest.fit.listwise import Case, Quality, cross_validated, weigh, weighed
from ingest.fit.part import Part, better
from ingest.fit.sets import Labelled
from ingest.fitted import Blend, Fitted, FusionWeights, Match, Reciprocal

NAMES = ("bm25", "dense", "title", "asked", "listed", "ranks", "feedback")
STEPS = (-0.1, 0.0, 0.1)  # of the expansion, around the present one
DIGITS = 3
PARTS_OF_UNITS = 1e-3  # sums of 1 / (k + rank) are weighed in thousandths, so that the penalty is small beside them


def fit_fusion(engine: Engine, questions: Sequence[Labelled], present: Fitted, anew: bool) -> Part[FusionWeights]:
    """Fit the weighted fusion on the entries found for each question, at each of some expansions."""
    old = present.fusion
    tried: list[tuple[Quality, FusionWeights]] = []
    before = None
    for step in STEPS:
        expansion = round(max(0.0, old.expansion + step), DIGITS)
        cases = [_entries(engine, question, present.reciprocal.k, expansion)[0] for question in questions]
        weights = dict(zip(NAMES, weigh(cases).round(DIGITS).tolist(), strict=True))
        tried.append((cross_validated(cases), FusionWeights(**weights, expansion=expansion)))
        if step == 0:
            before = weighed(cases, [getattr(old, name) for name in NAMES])
    assert before is not None
    after, new = max(tried, key=lambda each: (each[0].hit1, -each[0].loss))
    taken = anew or better((after.hit1, -after.loss), (before.hit1, -before.loss))
    return Part("fusion", str(before), str(after), taken, new if taken else old)


def fit_reciprocal(engine: Engine, questions: Sequence[Labelled], present: Fitted, anew: bool) -> Part[Reciprocal]:
    """Fit what a sum of 1 / (k + rank) is worth: one number, which changes no order."""
    k, expansion = present.reciprocal.k, present.fusion.expansion
    cases = [_entries(engine, question, k, expansion)[1] for question in questions]
    before = weighed(cases, [present.reciprocal.factor * PARTS_OF_UNITS])
    after = cross_validated(cases)
    factor = round(float(weigh(cases)[0]) / PARTS_OF_UNITS, 1)
    taken = anew or after.loss < before.loss
    new = Reciprocal(k=k, factor=factor) if taken else present.reciprocal
    return Part("reciprocal ranks", str(before), str(after), taken, new)


def _entries(engine: Engine, question: Labelled, k: int, expansion: float) -> tuple[Case, Case]:
    evidence = engine.evidence(question.text, k, expansion)
    right = np.array([key in question.entries for key in evidence.keys], np.bool_)
    return Case(evidence.columns, right), Case(evidence.gains[:, None] / PARTS_OF_UNITS, right)


def fit_blend(
    engine: Engine, questions: Sequence[Labelled], trial: Fitted, fusion: str, old: Blend, anew: bool
) -> Part[Blend]:
    """Fit what the cross-encoder's log odds and the fused score are worth, on the candidates that it reads."""
    rankings = [(engine.ranking(question.text, trial, fusion), question.entries) for question in questions]
    whole = Blend(weight=1.0, fused=1.0, reach=old.reach)
    cases = [
        Case(
            np.column_stack([whole.worth(r.columns[:, 0]), r.columns[:, 1:]]),
            np.array([key in entries for key in r.keys], np.bool_),
        )
        for r, entries in rankings
    ]
    before, after = weighed(cases, [old.weight, old.fused]), cross_validated(cases)
    weight, fused = (max(0.0, value) for value in weigh(cases).round(DIGITS).tolist())
    taken = anew or better((after.hit1, -after.loss), (before.hit1, -before.loss))
    new = Blend(weight=weight, fused=fused, reach=old.reach)
    return Part("blend", str(before), str(after), taken, new if taken else old)


def fit_match(engine: Engine, questions: Sequence[Labelled], present: Fitted, anew: bool) -> Part[Match]:
    """Fit which passage of an entry answers, on questions whose answer stands in some of them literally."""
    old = present.match
    cases = []
    for question in questions:
        if question.evidence and len(question.entries) == 1:
            (key,) = question.entries
            passages = engine.passages(question.text, key, present.fusion.expansion)
            right = np.array([question.evidence in text for text in passages.texts])
            if right.any() and not right.all():
                cases.append(Case(passages.columns, right))
    if not cases:
        return Part("match", "no questions", "no questions", False, old)
    before, after = weighed(cases, [old.bm25, old.dense]), cross_validated(cases)
    bm25, dense = weigh(cases).round(DIGITS).tolist()
    taken = anew or better((after.hit1, -after.loss), (before.hit1, -before.loss))
    factor = (bm25 + dense) / (old.bm25 + old.dense)  # the chosen distances keep their share of the weights
    new = Match(bm25=bm25, dense=dense, near=round(old.near * factor, 2), fading=round(old.fading * factor, 2))
    return Part("match", str(before), str(after), taken, new if taken else old)
