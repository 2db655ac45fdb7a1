"""How well listed questions are told from answered ones about the same subject, on the development questions.

    python -m benchmarks.listed

The margins of a pack's fitted.json were chosen with it; eval/golden/near.jsonl holds pairs of questions on
either side of an unanswered entry and the answered ones beside it. The held-out golden set is never read.
"""

import asyncio

from rich.console import Console
from rich.table import Table

from benchmarks.questions import DEVELOP, labelled
from service.bootstrap import Service
from service.settings import ServiceSettings


def main() -> None:
    asyncio.run(_main())


async def _main() -> None:
    settings = ServiceSettings()
    service = Service(settings)
    snapshot = service.open()
    parts, words = service.parts(snapshot), snapshot.pack.words
    table = Table("questions", "answered, called unanswered", "listed, recognised")
    for name in DEVELOP:
        answered: list[bool] = []
        listed: list[bool] = []
        for question in (q for q in labelled(words, name) if q.entries):
            hits = await parts.searcher.find(question.text)
            verdict = parts.decider.decide(hits.query, hits.candidates).verdict
            (answered if question.status == "answered" else listed).append(verdict == "listed_unanswered")
        table.add_row(name, f"{sum(answered)} of {len(answered)}", f"{sum(listed)} of {len(listed)}")
    service.close()
    Console().print(table)


if __name__ == "__main__":
    main()
