"""`python -m ingest.fit.reranker train | tune | evaluate | depths`: make and measure the shipped cross-encoder."""

import argparse
import shutil
import sys
from functools import partial
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table
from transformers import BertForSequenceClassification

from ingest import bootstrap
from ingest.fit.reranker import negatives
from ingest.fit.reranker.card import CARD, write_card
from ingest.fit.reranker.depths import thinned, trials
from ingest.fit.reranker.exported import Exported
from ingest.fit.reranker.int8 import keep, model_of
from ingest.fit.reranker.mined import Mined, Statements, known, others
from ingest.fit.reranker.ranking import Scores, Weights, evaluate
from ingest.fit.reranker.recipe import (
    LAYERS,
    OUTLINE_PASSES,
    RATE,
    SECOND_PASSES,
    SECOND_RATE,
    SEED,
    THIRD_RATE,
    THIRD_TOKENS,
    THIRD_WINDOWS,
    in_second_round,
    in_third_round,
)
from ingest.fit.reranker.schedule import Example, plan
from ingest.fit.reranker.statement_set import statements
from ingest.fit.reranker.training import train, trained
from ingest.fit.reranker.vocabulary import cut
from ingest.index.snapshot import SnapshotError
from ingest.models.offline import ModelUnavailableError, resolve
from ingest.models.pairs import TOKENS, Pairs
from ingest.progress import bars
from ingest.settings import IngestSettings

SHIPPED = Path("service/search/reranker")

console = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)
out = Console(markup=False, highlight=False, soft_wrap=True)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ingest.fit.reranker", description="Train the shipped cross-encoder."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in (
        ("train", "train in three rounds, export to int8, measure"),
        ("tune", "train a model that there is in the third round alone"),
        ("evaluate", "measure a trained model"),
        ("depths", "train models of different depth on the same examples, measure them side by side"),
    ):
        command = commands.add_parser(name, help=what)
        command.add_argument("--data", type=Path, required=True, help="folder of the question sets (recipe.py)")
        command.add_argument("--out", type=Path, default=Path("var/reranker/run"), help="where the model goes")
        if name == "train":
            command.add_argument("--layers", type=int, default=LAYERS, help="layers kept of the embedder's")
            command.add_argument("--every", type=int, default=1, help="take one example of so many: for a deeper one")
        if name == "tune":
            command.add_argument("--model", type=Path, default=SHIPPED, help="folder of the model to begin with")
        if name == "depths":
            command.add_argument("--steps", type=int, default=400, help="steps of the first round, evenly spaced")
    options = parser.parse_args(arguments)
    if options.command == "train" and options.every < 1:
        parser.error("--every: a whole number from 1")
    try:
        settings = IngestSettings()
        embedder = bootstrap.embedder(settings)
        snapshot = bootstrap.index(settings).open(embedder.fingerprint, packs=bootstrap.packs(settings))
        with bars(console) as report:
            mined = known(options.data, snapshot, embedder, report)
            nothing = options.command == "depths"
            asked_of, said_there = ([], []) if nothing else others(options.data, embedder, report)
        base = Path(resolve(settings.embedder.model, settings.models))
        asked_there = [*asked_of, *said_there]
        del embedder
        if options.command == "depths":
            _depths(base, mined, options.out, options.steps, Weights.of(snapshot))
            return 0
        if options.command == "train":
            _train(base, mined, statements(snapshot), asked_there, options.out, options.layers, options.every)
        if options.command == "tune":
            options.out.mkdir(parents=True, exist_ok=True)
            shutil.copy(options.model / "tokenizer.json", options.out)
            _third(model_of(options.model / "model.onnx"), [*mined, statements(snapshot)], asked_there, options.out)
        with bars(console) as report:
            measured = evaluate([*mined, *asked_of], options.out, Weights.of(snapshot), report)
        _show(measured)
    except (SnapshotError, ModelUnavailableError, OSError, ValueError) as error:
        console.print(f"error: {error}", style="red")
        return 1
    return 0


def _train(base: Path, mined: Mined, said: Statements, asked: Mined, folder: Path, layers: int, every: int) -> None:
    first, second = folder / "first", folder / "second"
    if not (first / "torch").exists():
        _first(base, mined, first, layers, every)
    if not (second / "torch").exists():
        _second(mined, said, first, second, every)
    shutil.copy(second / "tokenizer.json", folder)
    _third(trained(second), [*mined, said], asked, folder)


def _first(base: Path, mined: Mined, folder: Path, layers: int, every: int) -> None:
    """Train from the embedder, against what retrieval takes for an answer."""
    torch.manual_seed(SEED)
    model = cut(base, folder, _texts(mined), layers)
    steps = _first_steps(mined)
    _run(model, thinned(steps, len(steps) // every), folder, RATE)


def _texts(mined: Mined) -> list[str]:
    return [*(w for s, _ in mined for w in s.windows), *(q.read for s, _ in mined for q in s.questions)]


def _first_steps(mined: Mined) -> list[list[Example]]:
    return plan([(s, found, OUTLINE_PASSES if s.name == "outline" else 1) for s, found in mined], SEED)


def _depths(base: Path, mined: Mined, folder: Path, steps: int, weights: Weights) -> None:
    """Train and measure the same examples at each depth, and show each model's figures when it is done."""
    with bars(console) as report:
        some = thinned(_first_steps(mined), steps)
        for measured in trials(base, _texts(mined), some, mined, folder, weights, report):
            console.print(f"{measured.trial.name} layers, {measured.size / 1e6:.0f} MB in int8")
            _show(measured.scores)


def _second(mined: Mined, said: Statements, first: Path, folder: Path, every: int) -> None:
    """Train on from the first round, against what its model takes for an answer, and sentence by sentence."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(first / "tokenizer.json", folder)
    exported = Exported(first)
    sets = []
    with bars(console) as report:
        for s, found in mined:
            hard = negatives.refreshed(s, found, exported, partial(in_second_round, s, every), report)
            sets.append((s, hard, SECOND_PASSES if s.name == "outline" else 1))
        hard = negatives.refreshed(*said, exported, partial(in_second_round, said[0], every), report)
    model = trained(first)
    _run(model, plan([*sets, (said[0], hard, 1)], SEED), folder, SECOND_RATE)


def _third(model: BertForSequenceClassification, learned: Mined, asked: Mined, folder: Path) -> None:
    """Train on with what people ask of any documents, and some of what was learned before, rounded as in use."""
    nothing = negatives.Found((), (), ())
    some = [
        (s, [f if in_third_round(s, q) else nothing for q, f in zip(s.questions, found, strict=True)], 1)
        for s, found in learned
    ]
    steps = plan([*some, *((s, found, 1) for s, found in asked)], SEED, THIRD_WINDOWS)
    _run(model, steps, folder, THIRD_RATE, THIRD_TOKENS, rounded=True)
    write_card(folder)
    size = (folder / "model.onnx").stat().st_size / 1e6
    console.print(f"model.onnx: {size:.1f} MB; {CARD} names the files by their sha256")


def _run(
    model: BertForSequenceClassification,
    steps: list[list[Example]],
    folder: Path,
    rate: float,
    tokens: int = TOKENS,
    rounded: bool = False,
) -> None:
    pairs = Pairs(folder / "tokenizer.json", tokens)
    with bars(console) as report:

        def shown(done: int, total: int, loss: float) -> None:
            report(f"training, loss {loss:.3f}", done, total)

        train(model, pairs, steps, folder, shown, rate, rounded=rounded)
    keep(model, folder)


def _show(measured: dict[str, Scores]) -> None:
    columns = ("set", "questions", "fused", "model", "both", "longest first")
    table = Table(*columns, title="Held-back questions, MRR@10")
    for name, scores in measured.items():
        figures = (scores.fused, scores.model, scores.both, scores.longest)
        table.add_row(name, str(scores.questions), *(f"{figure:.3f}" for figure in figures))
    out.print(table)


if __name__ == "__main__":
    sys.exit(main())
