"""Which rows of a long table a question means: what a model reads of it is too short for all of them."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from ingest.chunk.units import MANY_ROWS
from ingest.parse.tables import table_head
from ingest.words.words import Words

MEANT = 3  # rows of a table that are read beside its head


def abridged(text: str, terms: Collection[str], words: Words) -> str:
    """Return a passage with the rows alone of its long tables that hold most of a question's terms.

    A term counts the more, the fewer of the rows hold it; a table of which no row holds any stays as it is.
    """
    if text.count("\n|") < MANY_ROWS:
        return text
    lines = text.split("\n")
    return "\n".join(line for table, own in groupby(lines, _piped) for line in _kept(list(own), table, terms, words))


def _piped(line: str) -> bool:
    return line.lstrip().startswith("|")


def _kept(lines: Sequence[str], table: bool, terms: Collection[str], words: Words) -> Iterator[str]:
    head = table_head("\n".join(lines)) if table else 0
    first = "\n".join(lines)[:head].count("\n") + 1
    rows = lines[first:]
    if not table or len(rows) < MANY_ROWS:
        yield from lines
        return
    held = [words.vocabulary(row).intersection(terms) for row in rows]
    often = Counter(term for own in held for term in own)
    weight = [sum(1 / often[term] for term in own) for own in held]
    meant = sorted((n for n in range(len(rows)) if weight[n]), key=lambda n: -weight[n])[:MEANT]
    yield from lines[:first]
    yield from (rows[n] for n in meant or range(len(rows)))
