"""What of an entry stands below a heading that calls what is asked for by its name."""

from collections.abc import Collection, Sequence

from ingest.words.words import Words
from service.language.headings import names
from service.search.passages import Passage
from service.write.line import Line


def below(
    said: Collection[str], telling: Collection[str], words: Words, passages: Sequence[Passage], entry: Sequence[Line]
) -> Sequence[Line]:
    """Return the lines below such headings; all lines where none has a `telling` term of those that are `said`.

    A heading calls it so when all words of a name in it are said. Of several, one below another as the advantages of
    each of two things, those count that say most of the question.
    """
    called: dict[tuple[int, int], frozenset[str]] = {}
    for line in entry:
        path = (*passages[line.passage].heading_path[2:], *line.headings)
        each = (frozenset(words.terms(name)) - words.asking for heading in path for name in names(heading))
        called[line.place] = frozenset[str]().union(*(terms for terms in each if terms <= frozenset(said)))
    most = {terms for terms in called.values() if not any(terms < other for other in called.values())}
    if not any(terms.intersection(telling) for terms in most):
        return entry
    return [line for line in entry if called[line.place] in most]
