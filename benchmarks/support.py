"""Fit the support model on labelled sentences, and say how it does on entries it has not seen.

The labels are the pack's support.jsonl: a sentence, a passage of the outline, and whether the passage supports it.
Entries are split in three by name; a third is held out. `--write` puts the model into the pack's fitted.json.
"""

import argparse
import asyncio
import hashlib
import json
import statistics
import time
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from ingest.fitted import Logistic
from ingest.index.snapshot import Snapshot
from service.bootstrap import Service
from service.check.support import FEATURES, LexicalSupport, Model
from service.search.passages import Passage, passage
from service.search.retrieve import Query
from service.settings import ServiceSettings, VllmSettings

LEAST = float(VllmSettings.model_fields["min_support"].default)  # as the service asks for


@dataclass(frozen=True, slots=True)
class Pair:
    claim: str
    passage: Passage
    question: str
    supported: bool
    kind: str

    @property
    def held_out(self) -> bool:
        return hashlib.sha256((self.passage.entry_id or "").encode()).digest()[0] % 3 == 0


def pairs(snapshot: Snapshot) -> list[Pair]:
    """Read the labels; each names its passage by the span that it has in the outline."""
    passages = {(p.start, p.end): p for p in (passage(snapshot, chunk, 1.0) for chunk in snapshot.chunks)}
    records = [json.loads(line) for line in (snapshot.pack.folder / "support.jsonl").read_text("utf-8").splitlines()]
    return [
        Pair(r["claim"], passages[r["start"], r["end"]], r["question"], r["supported"], r["kind"])
        for r in records
        if (r["start"], r["end"]) in passages
    ]


def fit(rows: list[tuple[float, ...]], labels: list[bool]) -> Model:
    """Fit on standardised features, and fold the standardisation into the weights."""
    features = np.array(rows)
    mean, spread = features.mean(0), features.std(0) + 1e-6
    found = LogisticRegression(C=1.0, max_iter=5000).fit((features - mean) / spread, labels)
    weights = found.coef_[0] / spread
    return Model(float(found.intercept_[0] - weights @ mean), tuple(float(w) for w in weights))


async def measure(write: bool) -> None:
    service = Service(ServiceSettings())
    snapshot = service.open()
    blank = Model(0.0, (0.0,) * len(FEATURES))  # features need no weights, and the file's may be of others
    words = snapshot.pack.words

    async def embed(text: str) -> Query:
        return await service.embed((text, words))

    support = LexicalSupport(words, snapshot.postings.idf, embed, blank, service.work)
    labelled = pairs(snapshot)
    rows, spent = [], []
    for pair in labelled:
        began = time.perf_counter()
        rows.append(await support.features(pair.claim, pair.passage, pair.question))
        spent.append((time.perf_counter() - began) * 1000)
    seen = [(row, pair.supported) for row, pair in zip(rows, labelled, strict=True) if row and not pair.held_out]
    model = fit([row for row, _ in seen], [label for _, label in seen])
    report(labelled, rows, model)
    print(f"one sentence against one passage: median {statistics.median(spent):.0f} ms")
    if write:
        weights = {name: round(w, 4) for name, w in zip(FEATURES, model.weights, strict=True)}
        fitted = snapshot.pack.fitted.model_copy(
            update={"support": Logistic(bias=round(model.bias, 4), weights=weights)}
        )
        text = fitted.model_dump_json(indent=1, exclude_defaults=True) + "\n"
        (snapshot.pack.folder / "fitted.json").write_text(text, "utf-8")
    service.close()


def report(labelled: list[Pair], rows: list[tuple[float, ...] | None], model: Model) -> None:
    for held_out in (False, True):
        kinds: defaultdict[str, list[bool]] = defaultdict(list)
        shown: list[bool] = []
        for pair, row in zip(labelled, rows, strict=True):
            if pair.held_out is held_out:
                passes = bool(row) and row is not None and model.probability(row) >= LEAST
                kinds[f"{pair.kind}, {'supported' if pair.supported else 'not'}"].append(passes == pair.supported)
                shown += [pair.supported] if passes else []
        right = [each for found in kinds.values() for each in found]
        which = "held out" if held_out else "fitted on"
        print(f"\n{which}, at {LEAST}: accuracy {np.mean(right):.3f} of {len(right)}; ", end="")
        print(f"of those that pass {np.mean(shown):.3f} are supported")
        for kind, found in sorted(kinds.items()):
            print(f"  {kind:26} {sum(found):3} of {len(found)}")
    print({name: round(w, 2) for name, w in zip(FEATURES, model.weights, strict=True)})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    asyncio.run(measure(parser.parse_args().write))
