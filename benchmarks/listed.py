"""How well listed questions are told from answered ones about the same subject, on the development questions.

    python -m benchmarks.listed

The constants of service/decide.py were chosen with it; eval/golden/near.jsonl holds pairs of questions on either
side of an unanswered entry and the answered ones beside it. The held-out golden set is never read.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ingest.versions import Versions
from service.bootstrap import Service
from service.condense import Message, condense
from service.settings import ServiceSettings

GOLDEN = Path(__file__).parents[1] / "eval/golden"
FILES = ("develop.jsonl", "refusals.jsonl", "near.jsonl")


def main() -> None:
    settings = ServiceSettings()
    service = Service(settings)
    parts = service.parts(Versions(settings.index).open(service.embedder.fingerprint))
    table = Table("questions", "answered, called unanswered", "listed, recognised")
    for name in FILES:
        answered, listed = [], []
        for record in records(name):
            history = [Message(**turn) for turn in record.get("history", [])]
            (query,) = service.queries([condense(record["question"], history)])
            verdict = parts.decider.decide(query, parts.retriever.retrieve(query, parts.candidates)).verdict
            (answered if record["status"] == "answered" else listed).append(verdict == "listed_unanswered")
        table.add_row(name, f"{sum(answered)} of {len(answered)}", f"{sum(listed)} of {len(listed)}")
    service.close()
    Console().print(table)


def records(name: str) -> Iterator[dict]:  # type: ignore[type-arg]
    """Questions that the outline has an entry for."""
    for line in (GOLDEN / name).read_text("utf-8").splitlines():
        record = json.loads(line)
        if record["entries"] and record["status"] in ("answered", "listed_unanswered"):
            yield record


if __name__ == "__main__":
    main()
