"""Which model tells better whether a text makes a key point in other words: the embedder or the cross-encoder.

`python -m benchmarks.key_points` takes the key points of the golden and development questions that their own evidence
does not hold literally, each beside its evidence and beside that of eight questions on other entries, and prints how
many of the first each model finds when it takes so many of the others for it. Evidence may leave a point out
altogether, so that neither can find all.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from eval.score import prose
from eval.score.likeness import Encoder
from service.search.scorers import ShippedScorer

GOLDEN = Path(__file__).parents[1] / "eval/golden"
FILES = ("develop.jsonl", "outline.jsonl")
OTHERS, SEED = 8, 1
FALSE = (0.003, 0.01, 0.05)


@dataclass(frozen=True, slots=True)
class Pair:
    """A key point and pieces of evidence: of its own question, or of one on other entries."""

    point: str
    evidence: tuple[str, ...]
    own: bool


def pairs() -> Iterator[Pair]:
    """Yield the pairs that words alone do not settle."""
    lines = [line for name in FILES for line in (GOLDEN / name).read_text("utf-8").splitlines()]
    records = [r for r in map(json.loads, lines) if r["status"] == "answered" and r["evidence"] and r["key_points"]]
    draw = random.Random(SEED)
    for record in records:
        for point in record["key_points"]:
            if prose.holds("\n".join(record["evidence"]), point):
                continue
            yield Pair(point, tuple(record["evidence"]), own=True)
            strange = [other for other in records if not set(other["entries"]) & set(record["entries"])]
            for other in draw.sample(strange, OTHERS):
                if not prose.holds("\n".join(other["evidence"]), point):
                    yield Pair(point, tuple(other["evidence"]), own=False)


def by_embedder(found: Sequence[Pair]) -> NDArray[np.float64]:
    """Return the cosine of each point's nearest piece of evidence, (n,)."""
    texts = list(dict.fromkeys(text for pair in found for text in (pair.point, *pair.evidence)))
    vectors = dict(zip(texts, Encoder()(texts), strict=True))
    return np.array([max(float(vectors[pair.point] @ vectors[e]) for e in pair.evidence) for pair in found])


def by_cross_encoder(found: Sequence[Pair]) -> NDArray[np.float64]:
    """Return the best score of each point as the question and a piece of evidence as the passage, (n,)."""
    scores = iter(ShippedScorer().scores([(pair.point, e) for pair in found for e in pair.evidence]).tolist())
    return np.array([max(next(scores) for _ in pair.evidence) for pair in found])


def main() -> None:
    found = list(pairs())
    own = np.array([pair.own for pair in found])
    print(f"{own.sum()} key points beside their own evidence, {(~own).sum()} beside another question's")
    for name, scores in (("embedder", by_embedder(found)), ("cross-encoder", by_cross_encoder(found))):
        told = ", ".join(
            f"{(scores[own] > np.quantile(scores[~own], 1 - share)).mean():.3f} at {share:.1%} false" for share in FALSE
        )
        print(f"{name:<14} area under the curve {roc_auc_score(own, scores):.3f}; found {told}")


if __name__ == "__main__":
    main()
