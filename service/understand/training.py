"""The fit of the recogniser of questions about an outline, a part of `python -m ingest fit --general`.

Questions about outlines are written by hand (packs/none/outline.jsonl, with what they ask for), and so are others that
look like them; more of those that are on a subject come from the labelled sets of the shipped packs. One wording in
three is kept back for the figures that are shown; the weights that are written are then fitted to all.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest import pack
from ingest.fit.part import Part
from ingest.fit.sets import labelled_rows, shipped
from ingest.models.embedder import Embedder
from service.understand.recogniser import FILE, SCALE, Fit, Logistic, Recogniser, rest
from service.understand.slots import Slots, read

KEPT = 3  # one wording in so many is kept back
SUBJECT = 4  # one question of a pack in so many is taken
DECIMALS = 4  # of the weights that are written
STRENGTH = 1.0  # of the penalty, its inverse
HARD = 2.0  # weight of a question that only looks as if it were about an outline
EMBEDDED_THRESHOLD = 0.4
ALONE_THRESHOLD = 0.7
POSSIBLE = 0.02  # loses none of the questions by hand, and leaves nine in ten on a subject unembedded

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A question, whether it is about an outline, and whether it is kept back."""

    question: str
    about: bool
    kept: bool
    weight: float
    origin: str
    follows: bool | None = False  # whether it leans on a conversation, None where it had one and may not


def fit_recogniser(embedder: Embedder, folder: Path) -> Part[object]:
    """Fit the recogniser into a pack, and say what the present one and the new one take of what was kept back.

    The new one is measured as fitted without the kept questions, and written as fitted to all; the present one was too.
    """
    words = pack.none().words
    examples = [*_written(folder), *labelled()]
    slots = [read(example.question, words) for example in examples]
    vectors = embedder.embed_queries([example.question for example in examples])
    fits: list[Fit] = []
    for rows in ([n for n, example in enumerate(examples) if not example.kept], list(range(len(examples)))):
        embedded = _fit(examples, slots, vectors, rows, EMBEDDED_THRESHOLD)
        alone = _fit(examples, slots, vectors[:, :0], rows, ALONE_THRESHOLD)
        fits.append(Fit(embedder=embedder.fingerprint, embedded=embedded, alone=alone, possible=POSSIBLE))
    present = Recogniser.read(folder, embedder.fingerprint)
    before, after = (
        _told(recogniser, examples, slots, vectors)
        for recogniser in (present, Recogniser(fits[0], embedder.fingerprint))
    )
    (folder / FILE).write_text(fits[1].model_dump_json(indent=1) + "\n", "utf-8")
    return Part("questions about an outline", before, after, True, fits[1])


def _written(folder: Path) -> Iterator[Example]:
    for line in (folder / "outline.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        about = "intents" in row
        yield Example(row["question"], about, row["wording"] % KEPT == 0, 1 if about else HARD, "outline.jsonl")


def labelled() -> Iterator[Example]:
    """The labelled questions of the shipped packs: those on the structure of their outline, and those that are not."""
    root = Path(__file__).parents[2]
    for own in shipped():
        for name, row in labelled_rows(own, root):
            about, kept = row["kind"] == "structure", pack.nth(row["question"], KEPT)
            follows = (name in own.card.labelled or None) if row.get("history") else False
            yield Example(row["question"], about, kept, 1, Path(name).name, follows)
        for labelled in own.questions:
            if pack.nth(labelled.question, SUBJECT):
                yield Example(labelled.question, False, pack.nth(f"{own.name} {labelled.question}", KEPT), 1, own.name)


def _fit(
    examples: Sequence[Example],
    slots: Sequence[Slots],
    vectors: NDArray[np.float32],
    rows: Sequence[int],
    threshold: float,
) -> Logistic:
    from sklearn.linear_model import LogisticRegression

    signs = sorted({sign for own in slots for sign in own.signs})
    taken = np.array([[*(sign in own.signs for sign in signs), rest(own)] for own in slots], np.float64)
    features: Matrix = np.hstack([taken, SCALE * vectors])
    model = LogisticRegression(C=STRENGTH, max_iter=5000)
    model.fit(features[rows], [examples[n].about for n in rows], [examples[n].weight for n in rows])
    weights = model.coef_[0].round(DECIMALS).tolist()
    return Logistic(
        bias=round(float(model.intercept_[0]), DECIMALS),
        signs=dict(zip(signs, weights, strict=False)),
        rest=weights[len(signs)],
        direction=tuple(weights[len(signs) + 1 :]),
        threshold=threshold,
    )


def _told(
    recogniser: Recogniser, examples: Sequence[Example], slots: Sequence[Slots], vectors: NDArray[np.float32]
) -> str:
    """Say what is taken of the questions that were kept back."""
    taken: dict[bool, list[bool]] = defaultdict(list)
    for example, own, vector in zip(examples, slots, vectors, strict=True):
        if example.kept:
            taken[example.about].append(recogniser.possible(own) and recogniser.recognises(own, vector))
    return ", ".join(
        f"{'recognised' if about else 'false alarms'} {sum(each)} of {len(each)}"
        for about, each in sorted(taken.items(), reverse=True)
    )
