"""Fit the confidence model on the labelled development questions and write service/confidence.json.

`python -m benchmarks.calibrate` prints, by ten-fold cross-validation, the share of out-of-scope questions refused at
several shares of false refusals. The held-out golden set is never read.
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from threadpoolctl import threadpool_limits

from ingest.versions import Versions
from service.bootstrap import Service
from service.condense import Message, condense
from service.confidence import FEATURES, QUESTION_SCALE, WEIGHTS, Matcher, subject
from service.settings import ServiceSettings

QUESTIONS = ("eval/golden/develop.jsonl", "eval/golden/refusals.jsonl")
REFUSED = 0.84  # of the out-of-scope questions, half of which are near misses: the threshold refuses this share

Matrix = NDArray[np.float64]


def main() -> None:
    service = Service(ServiceSettings())
    snapshot = Versions(service.settings.index).open(service.embedder.fingerprint)
    retriever = service.retriever(snapshot)
    matcher = Matcher(snapshot, retriever)
    features, vectors, labels = [], [], []
    for record in (json.loads(line) for path in QUESTIONS for line in Path(path).read_text("utf-8").splitlines()):
        if record["status"] == "declined" or record["kind"] == "structure":
            continue
        history = [Message(turn["role"], turn["content"]) for turn in record.get("history", [])]
        query = service.queries([condense(record["question"], history)])[0]
        features.append(matcher.features(query, retriever.retrieve(query, 30)))
        vectors.append(query.vector)
        labels.append(record["status"] != "not_in_documents")
    x, q, y = np.array(features), np.array(vectors, np.float64), np.array(labels)
    stored = {
        "general": _fit(x, np.empty((len(x), 0)), y),
        "calibrated": {"for": subject(snapshot), **_fit(x, q, y)},
    }
    WEIGHTS.write_text(json.dumps(stored, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(f"{len(y)} questions, {int(y.sum())} of them in the documents; written to {WEIGHTS}")


def _fit(x: Matrix, q: Matrix, y: NDArray[np.bool_]) -> dict[str, object]:
    """Fit on standardised features; the weights returned apply to the features as they are."""
    mean, deviation, centre = x.mean(axis=0), x.std(axis=0), q.mean(axis=0)
    both = np.hstack([(x - mean) / deviation, QUESTION_SCALE * (q - centre)])
    model = LogisticRegression(C=0.5, max_iter=5000)
    with threadpool_limits(1):  # matrices this small only wait for each other on several threads
        p = cross_val_predict(model, both, y, cv=10, method="predict_proba")[:, 1]
        model.fit(both, y)
    for share in (0.02, 0.03, 0.05, 0.08, 0.1):
        refused = float((p[~y] < np.quantile(p[y], share)).mean())
        print(
            f"{'with' if q.size else 'without'} question vectors: {refused:.2f} refused at {share:.2f} false refusals"
        )
    weights = model.coef_[0][: x.shape[1]] / deviation
    direction = model.coef_[0][x.shape[1] :]
    bias = float(model.intercept_[0] - weights @ mean - QUESTION_SCALE * (direction @ centre))
    return {
        "bias": round(bias, 4),
        "weights": dict(zip(FEATURES, weights.round(4).tolist(), strict=True)),
        "threshold": round(float(np.quantile(p[~y], REFUSED)), 3),
        "direction": direction.round(4).tolist(),
    }


if __name__ == "__main__":
    main()
