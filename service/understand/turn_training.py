"""The fit of what a message in a conversation is, a part of `python -m ingest fit --general`.

What people say is written by hand (packs/none/talk.jsonl), with frames that take topics of many fields; questions that
name their subject come from the labelled sets of the shipped packs, too, and follow-ups. One wording in three is kept
back for the figures that are shown; the weights that are written are then fitted to all.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from ingest import pack
from ingest.fit.part import Part
from ingest.models.embedder import Embedder
from service.understand.training import KEPT, labelled
from service.understand.turn import FILE, SCALE, Kind, Softmax, TurnFit, TurnReader, grams, signs

FILLED = 3  # topics that each frame takes
BUCKETS = 512  # in which words are counted
DECIMALS = 3  # of the weights that are written
STRENGTH = 1.0  # of the penalty, its inverse
TRIES = 300  # of the solver; more changes no figure
KINDS: tuple[Kind, ...] = get_args(Kind)

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Saying:
    text: str
    kind: Kind
    kept: bool


def fit_turns(embedder: Embedder, folder: Path) -> Part[object]:
    """Fit what messages are into a pack, and say what is taken of those kept back, with vectors and without.

    What is measured is fitted without the kept messages, what is written to all of them.
    """
    messages = [*_written(folder), *_labelled()]
    vectors = embedder.embed_queries([message.text for message in messages])
    fits: list[TurnFit] = []
    for rows in ([n for n, message in enumerate(messages) if not message.kept], list(range(len(messages)))):
        embedded, alone = (_fit(messages, v, rows) for v in (vectors, vectors[:, :0]))
        fits.append(TurnFit(embedder=embedder.fingerprint, kinds=KINDS, embedded=embedded, alone=alone))
    without, with_vectors = (
        _told(TurnReader(fits[0], name), messages, vectors) for name in (None, embedder.fingerprint)
    )
    (folder / FILE).write_text(fits[1].model_dump_json() + "\n", "utf-8")
    return Part("turns of a conversation", f"without vectors {without}", with_vectors, True, fits[1])


def _written(folder: Path) -> Iterator[Saying]:
    rows = [json.loads(line) for line in (folder / "talk.jsonl").read_text("utf-8").splitlines()]
    topics = [row["message"] for row in rows if row["kind"] == "topic"]
    for number, row in enumerate(rows):
        text, kind = row["message"], row["kind"]
        kept = pack.nth(text, KEPT)
        if kind == "topic":
            yield Saying(text, "subject", kept)
            continue
        fitting = [topic for topic in topics if topic.isascii() == text.isascii() or topic.isupper()]
        for turn in range(FILLED if "{" in text else 1):
            one, other = (fitting[(number * 37 + turn * 101 + place) % len(fitting)] for place in (0, 53))
            yield Saying(text.replace("{x}", one).replace("{y}", other), kind, kept)


def _labelled() -> Iterator[Saying]:
    """Questions on a subject or about an outline, and follow-ups, of the shipped packs."""
    for example in labelled():
        if example.follows is not None:
            yield Saying(example.question, "follow" if example.follows else "subject", example.kept)


def _fit(messages: Sequence[Saying], vectors: NDArray[np.float32], rows: Sequence[int]) -> Softmax:
    from sklearn.linear_model import LogisticRegression

    words = pack.none().words
    named = [signs(message.text, words) for message in messages]
    counted = np.zeros((len(messages), BUCKETS))
    for n, message in enumerate(messages):
        counted[n, grams(message.text, BUCKETS)] = 1.0
    features: Matrix = np.hstack([np.array([[*own.values()] for own in named]), counted, SCALE * vectors])
    model = LogisticRegression(C=STRENGTH, max_iter=TRIES)
    model.fit(features[rows], [KINDS.index(messages[n].kind) for n in rows])
    weights = model.coef_.round(DECIMALS)
    first, last = len(named[0]), len(named[0]) + BUCKETS
    return Softmax(
        bias=tuple(model.intercept_.round(DECIMALS).tolist()),
        signs={name: tuple(weights[:, n].tolist()) for n, name in enumerate(named[0])},
        grams=tuple(tuple(row) for row in weights[:, first:last].T.tolist()),
        direction=tuple(tuple(row) for row in weights[:, last:].tolist()) if vectors.shape[1] else (),
    )


def _told(reader: TurnReader, messages: Sequence[Saying], vectors: NDArray[np.float32]) -> str:
    """Say how many of the kept messages of each kind are taken for it."""
    words = pack.none().words
    right: Counter[Kind] = Counter()
    kept = [(message, vector) for message, vector in zip(messages, vectors, strict=True) if message.kept]
    for message, vector in kept:
        kinds = reader.kinds(message.text, words, vector if reader.embedded else None)
        right[message.kind] += max(kinds, key=kinds.__getitem__) == message.kind
    total = Counter(message.kind for message, _ in kept)
    return ", ".join(f"{kind} {right[kind]} of {total[kind]}" for kind in KINDS)
