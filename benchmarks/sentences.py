"""Which sentences of a long entry the extractive writer picks: with the cross-encoder, by words alone, or all of them.

`python -m benchmarks.sentences` prints how often the words that answer are in the answer, and how long it is, over
questions kept from the training whose entry was found first.
"""

import asyncio
from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from service.bootstrap import Service
from service.search.passages import Passage
from service.search.retrieve import Query
from service.settings import ServiceSettings
from service.write.extractive import ExtractiveWriter
from service.write.writer import Sentence

Case = tuple[str, Query, list[Passage]]  # the words that answer, the question, what may be drawn on


def main() -> None:
    asyncio.run(_main())


async def _main() -> None:
    service = Service(ServiceSettings())
    snapshot = service.open()
    parts, words = service.parts(snapshot), snapshot.pack.words
    answered = {entry.question: entry.id for entry in snapshot.entries if entry.answered}
    cases: list[Case] = []
    kept = [each for each in snapshot.pack.questions if each.kept and each.entry in answered]
    for each in track(kept, "finding", console=Console(stderr=True)):
        hits = await parts.searcher.find(each.question)
        passages = await parts.searcher.draw(hits)
        if passages and passages[0].entry_id == answered[each.entry or ""]:
            cases.append((each.evidence, hits.query, passages))
    table = Table("chosen by", "words that answer", "characters", title=f"{len(cases)} questions")
    for name, relevance in (("model and words", service.reranker.relevance), ("words", _none), ("all", _same)):
        held, length = await _answers(ExtractiveWriter(words, snapshot.postings.specificity, relevance), cases)
        table.add_row(name, f"{held:.3f}", f"{length:.0f}")
    service.close()
    Console().print(table)


async def _answers(writer: ExtractiveWriter, cases: Sequence[Case]) -> tuple[float, float]:
    """Return the share of answers that hold the evidence, and their mean length."""
    held, lengths = [], []
    for evidence, query, passages in cases:
        told = [each async for each in writer.write(query, passages) if isinstance(each, Sentence)]
        text = "\n".join(sentence.text for sentence in told if sentence.quotes)
        held.append(evidence in text)
        lengths.append(len(text))
    return float(np.mean(held)), float(np.mean(lengths))


async def _none(_: Query, __: Sequence[str]) -> list[float]:
    return []


async def _same(_: Query, texts: Sequence[str]) -> list[float]:
    return [0.0] * len(texts)


if __name__ == "__main__":
    main()
