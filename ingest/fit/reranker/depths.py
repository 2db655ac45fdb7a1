"""The same examples for models of different depth, and for a shallow one that also learns a deep one's scores."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ingest.fit.reranker.int8 import keep
from ingest.fit.reranker.negatives import Found
from ingest.fit.reranker.ranking import Scores, Weights, evaluate
from ingest.fit.reranker.recipe import RATE, SEED
from ingest.fit.reranker.schedule import Example
from ingest.fit.reranker.sets import QuestionSet
from ingest.fit.reranker.training import train, trained
from ingest.fit.reranker.vocabulary import cut
from ingest.models.pairs import Pairs
from ingest.progress import Report

READ = 12  # candidates a model orders, as many as the service shows it
ASKED = {"outline": 300}  # held-back questions ranked
OTHERS_ASKED = 100  # of each other set
LEFT_OUT = ("cmrc2018_train", "pubmedqa_l", "xquad_zh")  # much like others, and the fusion has above 0.95 there


@dataclass(frozen=True, slots=True)
class Trial:
    """A model `layers` deep; `teacher` is the name of an earlier trial whose scores it learns beside the labels."""

    name: str
    layers: int
    teacher: str | None = None


TRIALS = (
    Trial("12", 12),
    Trial("4", 4),
    Trial("6", 6),
    Trial("4-of-12", 4, teacher="12"),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a trial's int8 file weighs, in bytes, and how it ranks each set."""

    trial: Trial
    size: int
    scores: dict[str, Scores]


def thinned(steps: Sequence[list[Example]], count: int) -> list[list[Example]]:
    """Return `count` of the steps, evenly spaced, so that each kind of example keeps its share and its place."""
    return [steps[i * len(steps) // count] for i in range(count)] if count < len(steps) else list(steps)


def trials(
    base: Path,
    texts: Sequence[str],
    steps: Sequence[list[Example]],
    mined: Sequence[tuple[QuestionSet, Sequence[Found]]],
    folder: Path,
    weights: Weights,
    progress: Report,
) -> Iterator[Measured]:
    """Train and measure each trial on the same steps; one whose model is in `folder` already is only measured."""
    for trial in TRIALS:
        out = folder / trial.name
        if not (out / "torch").exists():
            torch.manual_seed(SEED)
            model = cut(base, out, texts, trial.layers)
            teacher = trained(folder / trial.teacher) if trial.teacher else None
            train(model, Pairs(out / "tokenizer.json"), steps, out, _named(progress, trial.name), RATE, teacher)
            keep(model, out)
        yield Measured(trial, (out / "model.onnx").stat().st_size, _ranked(out, mined, weights, progress))


def _ranked(
    out: Path, mined: Sequence[tuple[QuestionSet, Sequence[Found]]], weights: Weights, progress: Report
) -> dict[str, Scores]:
    scores: dict[str, Scores] = {}
    for questions, found in mined:
        if questions.name not in LEFT_OUT:
            asked = ASKED.get(questions.name, OTHERS_ASKED)
            few = [Found(f.rows[:READ], f.bm25[:READ], f.cosines[:READ]) for f in found]
            scores |= evaluate([(questions, few)], out, weights, _inside(progress, out.name), asked)
    return scores


def _inside(progress: Report, name: str) -> Report:
    """A bar for each set of each trial."""
    return lambda stage, done, total: progress(f"{name}: {stage}", done, total)


def _named(progress: Report, name: str) -> Callable[[int, int, float], None]:
    return lambda done, total, loss: progress(f"{name}: training, loss {loss:.3f}", done, total)
