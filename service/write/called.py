"""What of an entry stands below a heading, or under a label, that calls what is asked for by its name."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from ingest.words.text import normalise
from ingest.words.words import Words
from service.language.headings import names
from service.language.rule import rules
from service.search.passages import Passage
from service.search.retrieve import Query
from service.write.keywords import keywords_of
from service.write.line import Line
from service.write.part import label_of
from service.write.tree import Tree

Terms = frozenset[str]


class Called:
    """Reads an entry for what a question says, of which `telling` terms say what it is about."""

    def __init__(self, query: Query, telling: Collection[str], words: Words) -> None:
        besides = rules("excluded").match(normalise(query.asked))
        self._telling, self._words = frozenset(telling), words
        self._without = Terms(words.terms(besides["x"]) if besides else ())
        self._said = self._terms(query.text) - self._without
        self._known: dict[str, Terms] = {}
        self._one = not keywords_of(query.asked, words)

    def below(self, passages: Sequence[Passage], entry: Sequence[Line]) -> tuple[Sequence[Line], bool]:
        """Return the lines below such headings, or under such labels, and whether to give them all; else every line.

        All is what its own title asks for, and what is under a label.

        A heading calls it so when all words of a name in it are said. Of several, one below another, those count that
        say most of the question. A label counts where it says the rest of the question: "the drawbacks of LoRA". Of
        what is asked for besides a thing the first line below each heading of another is returned.
        """
        if others := self._others(passages, entry):
            return others, True
        path = passages[entry[0].passage].heading_path[:2]
        if self._said == self._terms(" ".join(path[-1:])):
            return entry, True
        title = " ".join(path)
        about = self._said & (self._words.widened(title) | self._terms(title))
        labels = _labels(entry)
        headed = {line.place: self._named(_path(line, passages)) for line in entry}

        def rests(line: Line) -> bool:
            above, own = headed[line.place], self._named(labels[line.place])
            return bool(own - above) and own != self._said == (above or about) | own

        most = _most(entry, headed)
        if rest := [line for line in most if self._one and rests(line)]:
            return rest, True
        return (most, False) if any(headed[line.place] & self._telling for line in most) else (entry, False)

    def _others(self, passages: Sequence[Passage], entry: Sequence[Line]) -> list[Line]:
        """Return the first line below each heading that does not name what is asked besides; [] where none does."""
        if not self._without:
            return []
        ordered = sorted(entry, key=lambda line: line.quote(passages).start)
        first = {_path(line, passages)[:1]: line for line in reversed(ordered)}
        named = {path for path in first if self._without <= self._words.vocabulary(" ".join(path))}
        title = " ".join(passages[entry[0].passage].heading_path[:2])
        if not named and not self._without <= self._words.vocabulary(title):
            return []
        return [line for path, line in first.items() if path and path not in named][::-1]

    def _terms(self, text: str) -> Terms:
        """The terms of a text, those of one aspect, such as drawbacks and downsides, as one."""
        text, aspects = normalise(text), rules("aspect")
        keys = {f"<{rule.key}>" for rule in aspects if rule.pattern.search(text)}
        return Terms(self._words.terms(aspects.blank(text))) - self._words.asking | keys

    def _named(self, path: Iterable[str]) -> Terms:
        """The terms of the names in headings, of those names that are said whole."""
        return Terms().union(*(self._called(heading) for heading in path))

    def _called(self, heading: str) -> Terms:
        """The terms of the names in a heading that are said whole; lines share their headings, so once for each."""
        if heading not in self._known:
            each = map(self._terms, names(heading))
            self._known[heading] = Terms().union(*(terms for terms in each if terms <= self._said))
        return self._known[heading]


def _most(lines: Sequence[Line], headed: Mapping[tuple[int, int], Terms]) -> Sequence[Line]:
    """Return the lines whose headings say no less than those of another."""
    every = {headed[line.place] for line in lines}
    return [line for line in lines if not any(headed[line.place] < other for other in every)]


def _path(line: Line, passages: Sequence[Passage]) -> tuple[str, ...]:
    return (*passages[line.passage].heading_path[2:], *line.headings)


def _labels(entry: Sequence[Line]) -> dict[tuple[int, int], tuple[str, ...]]:
    """What lines are labelled with, and what they hang on."""
    labels: dict[tuple[int, int], tuple[str, ...]] = {}
    for number in {line.passage for line in entry}:
        lines = [line for line in entry if line.passage == number]
        for line, parent in zip(lines, Tree.of(lines).parents, strict=True):
            own = label_of(line)
            above = () if parent is None else labels[lines[parent].place]
            labels[line.place] = (*above, own) if own else above
    return labels
