"""The shipped cross-encoder: how fast, how well it ranks, and what its "is it in the documents" is worth.

    python -m benchmarks.rerank [--picture docs/img/refusals.svg]

Speed is that of 30 candidates, in the service's own class, against PyTorch in float32 with the same architecture, and
against deeper models (the weights do not matter to it). Quality is measured on eval/golden/unseen.jsonl, which nothing
was fitted on.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from transformers import BertConfig, BertForSequenceClassification

from benchmarks.figures import write
from ingest.fit.logistic import BINS, calibration_error
from ingest.fit.reranker.int8 import export
from ingest.fit.reranker.recipe import LAYERS
from ingest.fit.sets import Labelled, labelled
from ingest.models.pairs import Pairs, padded
from service.bootstrap import Service
from service.search.retrieve import Candidate
from service.search.scorers import SHIPPED, ShippedScorer
from service.settings import ServiceSettings, ShippedSettings
from service.understand.follow_ups import Message, condense

GOLDEN = Path(__file__).parents[1] / "eval/golden"
CANDIDATES = 30
TIMED = 40  # questions
DEPTHS = (6, 12)  # layers, beside the shipped ones
FALSE_REFUSALS = 0.04

console = Console()


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with its candidates as fused and as reranked, and the probability that the documents deal with it."""

    question: Labelled
    read: str  # as the model reads the question
    fused: Sequence[Candidate]
    reranked: Sequence[Candidate]
    probability: float
    verdict: str


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rerank")
    parser.add_argument("--picture", type=Path, help="where to draw refusals and calibration")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    judged = asyncio.run(_judge("unseen.jsonl"))
    figures = _ranking(judged) | _refusals(judged, options.picture)
    figures |= _speed([(j.read, [c.chunk.indexed for c in j.fused]) for j in judged[:TIMED]])
    if options.json:
        write(options.json, figures)


async def _judge(*files: str) -> list[Judged]:
    service = Service(ServiceSettings(rerank=ShippedSettings(budget_ms=60_000)))
    snapshot = service.open()
    parts, words = service.parts(snapshot), snapshot.pack.words
    found = []

    def condensed(text: str, history: Sequence[tuple[str, str]]) -> str:
        return condense(text, [Message(*turn) for turn in history], words)

    for question in labelled(snapshot, files, GOLDEN, condensed):
        (query,) = service.queries([question.text], words)
        fused = parts.searcher.retriever.retrieve(query, CANDIDATES)
        reranked, _ = await parts.searcher.reranker.rerank(query, fused)
        decision = parts.decider.decide(query, reranked)
        found.append(Judged(question, query.read, fused, reranked, decision.confidence, decision.verdict))
    service.close()
    return found


def _ranking(judged: Sequence[Judged]) -> dict[str, float]:
    table = Table("questions", "number", "fused hit@1", "hit@5", "reranked hit@1", "hit@5", title="unseen.jsonl")
    asked = [j for j in judged if j.question.entries]
    figures: dict[str, float] = {}
    for name, some in (
        ("all", asked),
        ("answerable", [j for j in asked if j.question.status == "answered"]),
        ("listed", [j for j in asked if j.question.status != "answered"]),
        ("Chinese", [j for j in asked if not j.question.text.isascii()]),
        ("English", [j for j in asked if j.question.text.isascii()]),
    ):
        hits = [_hit(j.question, order, k) for j in some for order in (j.fused, j.reranked) for k in (1, 5)]
        shares = np.array(hits, np.float64).reshape(-1, 4).mean(axis=0)
        table.add_row(name, str(len(some)), *(f"{share:.3f}" for share in shares))
        if name == "all":
            figures = dict(zip(("fused_hit_1", "fused_hit_5", "reranked_hit_1", "reranked_hit_5"), shares, strict=True))
    console.print(table)
    return figures


def _hit(question: Labelled, candidates: Sequence[Candidate], k: int) -> bool:
    return any(candidate.chunk.group in question.entries for candidate in candidates[:k])


def _refusals(judged: Sequence[Judged], picture: Path | None) -> dict[str, float]:
    inside = np.array([j.question.status != "not_in_documents" for j in judged])
    p = np.array([j.probability for j in judged])
    at = float(np.mean(p[~inside] < np.quantile(p[inside], FALSE_REFUSALS)))
    refused = np.array([j.verdict == "not_in_documents" for j in judged])
    console.print(
        f"{inside.sum()} questions in the documents, {(~inside).sum()} not: "
        f"{at:.3f} refused at {FALSE_REFUSALS} false refusals; with the stored threshold "
        f"{refused[~inside].mean():.3f} at {refused[inside].mean():.3f}"
    )
    console.print(f"expected calibration error {calibration_error(p, inside):.3f}")
    for kind in sorted({j.question.kind for j in judged}):
        some = [r for r, j in zip(refused, judged, strict=True) if j.question.kind == kind]
        console.print(f"  {kind}: {sum(some)} of {len(some)} refused")
    if picture:
        _draw(p, inside, picture)
    return {
        "refused_at_4_percent": at,
        "refused": float(refused[~inside].mean()),
        "refused_falsely": float(refused[inside].mean()),
        "calibration_error": calibration_error(p, inside),
    }


def _draw(p: NDArray[np.float64], y: NDArray[np.bool_], path: Path) -> None:
    """Left: share refused against false refusals as the threshold moves. Right: said against seen probability."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    pyplot.rcParams["svg.hashsalt"] = "outline-qa"
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 4), layout="constrained")
    thresholds = np.sort(p)
    false = [float((p[y] < t).mean()) for t in thresholds]
    left.plot(false, [float((p[~y] < t).mean()) for t in thresholds], color="#2563eb")
    left.axvline(FALSE_REFUSALS, color="#9ca3af", linestyle=":")
    left.set(xlim=(0, 0.3), ylim=(0, 1.01), xlabel="false refusals", ylabel="refused, of what is not in the documents")
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    said = [b for b in range(BINS) if (bins == b).any()]
    right.plot([0, 1], [0, 1], color="#9ca3af", linestyle=":")
    right.plot([p[bins == b].mean() for b in said], [y[bins == b].mean() for b in said], "o-", color="#2563eb")
    right.set(xlabel="probability said", ylabel="share in the documents")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _speed(asked: Sequence[tuple[str, Sequence[str]]]) -> dict[str, float]:
    scorer = ShippedScorer()
    tokens = [row for question, texts in asked for row in scorer.pairs.ids([(question, text) for text in texts])]
    model = _untrained(LAYERS)

    def shipped(question: str, texts: Sequence[str]) -> None:
        scorer.scores([(question, text) for text in texts])

    def full(question: str, texts: Sequence[str]) -> None:
        scorer.scores([(question, text * 20) for text in texts])

    def plain(question: str, texts: Sequence[str]) -> None:
        ids, mask = (torch.from_numpy(a) for a in padded(scorer.pairs.ids([(question, text) for text in texts])))
        with torch.inference_mode():
            model(input_ids=ids, attention_mask=mask)

    table = Table("30 candidates", "p50 ms", "p95 ms", title=f"mean {np.mean([len(t) for t in tokens]):.0f} tokens")
    medians, late = {}, {}
    for name, run in (("shipped, int8", shipped), ("shipped, all 256 tokens", full), ("PyTorch, float32", plain)):
        times = _times(run, asked)
        medians[name], late[name] = float(np.median(times)), float(np.quantile(times, 0.95))
        table.add_row(name, f"{np.median(times):.0f}", f"{np.quantile(times, 0.95):.0f}")
    for layers in DEPTHS:
        size, times = _deeper(layers, scorer.pairs, asked)
        row = f"{layers} layers, int8, {size / 1e6:.0f} MB"
        table.add_row(row, f"{np.median(times):.0f}", f"{np.quantile(times, 0.95):.0f}")
    console.print(table)
    times_pytorch = medians["PyTorch, float32"] / medians["shipped, int8"]
    console.print(f"{times_pytorch:.1f} times as fast as PyTorch in float32")
    began = time.perf_counter()
    ShippedScorer()
    seconds = time.perf_counter() - began
    console.print(f"loaded in {seconds:.2f} s")
    return {
        "shipped_p50_ms": medians["shipped, int8"],
        "shipped_p95_ms": late["shipped, int8"],
        "full_p50_ms": medians["shipped, all 256 tokens"],
        "times_pytorch": times_pytorch,
        "load_seconds": seconds,
    }


def _untrained(layers: int) -> BertForSequenceClassification:
    """The shipped architecture, of another depth: speed and size do not depend on what the weights are."""
    shipped = json.loads((SHIPPED / "tokenizer.json").read_text("utf-8"))
    config = BertConfig(
        vocab_size=len(shipped["model"]["vocab"]),
        hidden_size=384,
        num_hidden_layers=layers,
        num_attention_heads=12,
        intermediate_size=1536,
    )
    config.num_labels, config._attn_implementation = 1, "eager"
    model = BertForSequenceClassification(config)
    model.train(False)
    return model


def _deeper(layers: int, pairs: Pairs, asked: Sequence[tuple[str, Sequence[str]]]) -> tuple[int, NDArray[np.float64]]:
    """Return bytes and times of an int8 model so deep, run one by one as in the service."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        export(_untrained(layers), path)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        size = path.stat().st_size

    def run(question: str, texts: Sequence[str]) -> None:
        for row in pairs.ids([(question, text) for text in texts]):
            ids, mask = padded([row])
            session.run(None, {"ids": ids, "mask": mask})

    return size, _times(run, asked)


def _times(
    run: Callable[[str, Sequence[str]], None], asked: Sequence[tuple[str, Sequence[str]]]
) -> NDArray[np.float64]:
    run(*asked[0])
    times = []
    for question, texts in asked:
        began = time.perf_counter()
        run(question, texts)
        times.append((time.perf_counter() - began) * 1000)
    return np.array(times)


if __name__ == "__main__":
    main()
