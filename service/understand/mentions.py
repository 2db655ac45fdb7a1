"""Which entries mention a topic: in their question, or in their text, best first."""

from collections.abc import Iterable, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from ingest.index.snapshot import Snapshot
from ingest.parse.outline import Entry


class Mentions:
    """Looks a topic up among the words of an index."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot, self._words, self._postings = snapshot, snapshot.pack.words, snapshot.postings

    def of(self, topic: str, terms: Sequence[str], among: Iterable[Entry]) -> tuple[list[Entry], list[Entry]]:
        """Return the entries whose question mentions the topic, in order, and those whose text alone does, best first.

        A passage mentions it that holds all of its terms, or all of another name's that the glossary has for it. A
        section's title, which is indexed with every passage, is no mention. The best have the highest BM25 score.
        """
        names = tuple(dict.fromkeys((tuple(terms), *self._words.glossary.names(topic))))
        scores = self._postings.scores([term for name in names for term in name])
        best: dict[tuple[str, str], float] = {}
        for row in np.unique(np.concatenate([self._rows(name) for name in names])):
            chunk = self._snapshot.chunks[row]
            for same in (chunk, *self._snapshot.aliases.get(chunk.id, ())):
                if same.entry_id and self._holds("\n".join((*same.heading_path[1:], same.text)), names):
                    key = (same.document, same.entry_id)
                    best[key] = max(best.get(key, 0.0), float(scores[row]))
        found = [entry for entry in among if (entry.document, entry.id) in best]
        titled = [entry for entry in found if self._holds(entry.question, names)]
        texts = [entry for entry in found if entry not in titled]
        return titled, sorted(texts, key=lambda entry: -best[entry.document, entry.id])

    def _holds(self, text: str, names: Iterable[Sequence[str]]) -> bool:
        return any(self._words.vocabulary(text).issuperset(name) for name in names)

    def _rows(self, name: Sequence[str]) -> NDArray[np.int32]:
        """The passages that hold all terms of a name."""
        return reduce(np.intersect1d, map(self._postings.holding, name))
