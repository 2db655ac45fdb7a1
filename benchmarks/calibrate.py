"""Fit the confidence models on labelled questions and write them into the fitted.json of the pack and of "none".

`python -m benchmarks.calibrate` prints, by ten-fold cross-validation, the share of out-of-scope questions refused at
several shares of false refusals. The held-out sets (outline.jsonl, unseen.jsonl) are never read.
"""

import asyncio
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from threadpoolctl import threadpool_limits

from benchmarks.questions import kept, labelled
from ingest.fitted import Logistic
from ingest.pack import Pack, none
from service.bootstrap import Service
from service.decide.confidence import FEATURES, QUESTION_SCALE, RERANKED, Matcher
from service.settings import ServiceSettings

FILES = ("develop.jsonl", "refusals.jsonl", "follow.jsonl")
FALSE_REFUSALS = 0.03  # the threshold refuses this share of the questions that the documents deal with

Matrix = NDArray[np.float64]


def main() -> None:
    asyncio.run(_main())


async def _main() -> None:
    service = Service(ServiceSettings())
    snapshot = service.open()
    retriever = service.retriever(snapshot)
    matcher, words = Matcher(snapshot, retriever), snapshot.pack.words
    fused, reranked, vectors, labels = [], [], [], []
    for question in (*labelled(words, *FILES), *kept(snapshot)):
        (query,) = service.queries([question.text], words)
        candidates = retriever.retrieve(query, 30)
        fused.append(matcher.features(query, candidates))
        reranked.append(matcher.features(query, (await service.reranker.rerank(query, candidates))[0]))
        vectors.append(query.vector)
        labels.append(question.status != "not_in_documents")
    q, y = np.array(vectors, np.float64), np.array(labels)
    x, z = _matrix(FEATURES, fused), _matrix(RERANKED, reranked)
    made = {"embedder": service.embedder.fingerprint, "reranker": service.reranker.name}
    nothing = np.empty((len(y), 0))
    _write(none(), _fit(FEATURES, x, nothing, y), _fit(RERANKED, z, nothing, y), made)
    of_these = made | {"documents": dict(snapshot.manifest.sources)}
    _write(snapshot.pack, _fit(FEATURES, x, q, y), _fit(RERANKED, z, q, y), of_these)
    print(f"{len(y)} questions, {int(y.sum())} of them in the documents")
    service.close()


def _write(pack: Pack, fused: Logistic, reranked: Logistic, made_with: Mapping[str, object]) -> None:
    stages = {
        name: getattr(pack.fitted, name).model_copy(update={"confidence": model})
        for name, model in (("fused", fused), ("reranked", reranked))
    }
    fitted = pack.fitted.model_copy(update={**made_with, **stages})
    path = pack.folder / "fitted.json"
    path.write_text(fitted.model_dump_json(indent=1, exclude_defaults=True) + "\n", "utf-8")
    print(f"written to {path}")


def _matrix(names: Sequence[str], rows: Sequence[Mapping[str, float]]) -> Matrix:
    return np.array([[row[name] for name in names] for row in rows])


def _fit(names: Sequence[str], x: Matrix, q: Matrix, y: NDArray[np.bool_]) -> Logistic:
    """Fit on standardised features; the weights returned apply to the features as they are."""
    mean, deviation, centre = x.mean(axis=0), x.std(axis=0), q.mean(axis=0)
    both = np.hstack([(x - mean) / deviation, QUESTION_SCALE * (q - centre)])
    model = LogisticRegression(C=0.5, max_iter=5000, class_weight="balanced")
    with threadpool_limits(1):  # matrices this small only wait for each other on several threads
        p = cross_val_predict(model, both, y, cv=10, method="predict_proba")[:, 1]
        model.fit(both, y)
    for share in (0.02, 0.03, 0.04, 0.05, 0.08):
        refused = float((p[~y] < np.quantile(p[y], share)).mean())
        print(
            f"{'with' if q.size else 'without'} question vectors: {refused:.2f} refused at {share:.2f} false refusals"
        )
    weights = model.coef_[0][: x.shape[1]] / deviation
    direction = model.coef_[0][x.shape[1] :]
    bias = float(model.intercept_[0] - weights @ mean - QUESTION_SCALE * (direction @ centre))
    return Logistic(
        bias=round(bias, 4),
        weights=dict(zip(names, weights.round(4).tolist(), strict=True)),
        threshold=round(float(np.quantile(p[y], FALSE_REFUSALS)), 3),
        direction=tuple(direction.round(4).tolist()),
    )


if __name__ == "__main__":
    main()
