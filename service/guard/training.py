"""The fit of the guard, a part of `python -m ingest fit --general`.

Requests that are not to be taken, and questions that look like them, are written by hand (packs/none/guard.jsonl);
more questions come from the labelled sets and the questions of the shipped packs, and from those about outlines. One
in three is kept back for the figures that are shown; the weights that are written are then fitted to all.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest import pack
from ingest.fit.part import Part
from ingest.fit.sets import labelled_rows, shipped
from ingest.models.embedder import Embedder
from service.guard.address import signs, unquoted
from service.guard.requests import ASKING, FILE, SCALE, GuardFit, Weights, keys, probability

WRITTEN = "guard.jsonl"
KEPT = 3  # one request in so many is kept back
SUBJECT = 2  # one question of a pack in so many is taken
DECIMALS = 4  # of the weights that are written
STRENGTH = 1.0  # of the penalty, its inverse
HARD = 2.0  # weight of what is written by hand
EMBEDDED_THRESHOLD = 0.58  # a question that is turned down costs more than an order that is answered from the documents
ALONE_THRESHOLD = 0.6


@dataclass(frozen=True, slots=True)
class Sample:
    """A request, whether it is to be turned down, the signs in it, and whether it is kept back."""

    request: str
    declined: bool
    found: frozenset[str]
    weight: float
    kept: bool

    @property
    def suspect(self) -> bool:
        return bool(self.found - {ASKING})


def fit_guard(embedder: Embedder, folder: Path) -> Part[object]:
    """Fit the guard into a pack, and say what the present one and the new one turn down of what was kept back."""
    examples = [*_examples(folder)]
    vectors = embedder.embed_queries([unquoted(example.request) for example in examples])
    kept = [n for n, example in enumerate(examples) if example.kept]
    others = [n for n, example in enumerate(examples) if not example.kept]
    part, whole = (_fit(embedder.fingerprint, examples, vectors, rows) for rows in (others, range(len(examples))))
    path = folder / FILE
    present = pack.model_of(path, GuardFit) if path.is_file() else part
    before, after = (_told(fit.embedded, examples, vectors, kept) for fit in (present, part))
    path.write_text(whole.model_dump_json(indent=1) + "\n", "utf-8")
    return Part("requests that are not taken", before, after, True, whole)


def _examples(folder: Path) -> Iterator[Sample]:
    for line in (folder / WRITTEN).read_text("utf-8").splitlines():
        row = json.loads(line)
        yield _example(row["request"], row["declined"], HARD)
    for question in dict.fromkeys(_questions(folder)):
        yield _example(question, False, 1.0)


def _example(request: str, declined: bool, weight: float) -> Sample:
    return Sample(request, declined, keys(request, signs(request)), weight, pack.nth(request, KEPT))


def _questions(folder: Path) -> Iterator[str]:
    """Questions that are taken: on subjects, off them, on outlines."""
    for line in (folder / "outline.jsonl").read_text("utf-8").splitlines():
        yield json.loads(line)["question"]
    root = Path(__file__).parents[2]
    for own in shipped():
        yield from (row["question"] for _, row in labelled_rows(own, root) if row["status"] != "declined")
        yield from (labelled.question for labelled in own.questions if pack.nth(labelled.question, SUBJECT))


def _fit(embedder: str, examples: Sequence[Sample], vectors: NDArray[np.float32], rows: Sequence[int]) -> GuardFit:
    return GuardFit(
        embedder=embedder,
        embedded=_weights(examples, vectors, rows, EMBEDDED_THRESHOLD),
        alone=_weights(examples, vectors[:, :0], rows, ALONE_THRESHOLD),
    )


def _weights(
    examples: Sequence[Sample], vectors: NDArray[np.float32], rows: Sequence[int], threshold: float
) -> Weights:
    from sklearn.linear_model import LogisticRegression

    every = sorted({key for example in examples for key in example.found})
    taken = np.array([[key in example.found for key in every] for example in examples], np.float64)
    features = np.hstack([taken, SCALE * vectors])
    model = LogisticRegression(C=STRENGTH, max_iter=5000)
    model.fit(features[rows], [examples[n].declined for n in rows], [examples[n].weight for n in rows])
    weights = model.coef_[0].round(DECIMALS).tolist()
    return Weights(
        bias=round(float(model.intercept_[0]), DECIMALS),
        signs=dict(zip(every, weights, strict=False)),
        direction=tuple(weights[len(every) :]),
        threshold=threshold,
    )


def _told(weights: Weights, examples: Sequence[Sample], vectors: NDArray[np.float32], rows: Sequence[int]) -> str:
    """Say what is turned down of some requests."""
    down = [
        examples[n].suspect and probability(weights, examples[n].found, vectors[n]) >= weights.threshold for n in rows
    ]
    figures = []
    for name, declined in (("seen", True), ("questions turned down", False)):
        own = [each for n, each in zip(rows, down, strict=True) if examples[n].declined == declined]
        figures.append(f"{name} {sum(own)} of {len(own)}")
    return ", ".join(figures)
