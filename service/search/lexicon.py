"""What the documents know of a word: whether they have it, how specific it is, what it may be a slip of the pen for."""

import re
from collections.abc import Collection, Sequence
from difflib import get_close_matches

from ingest.index.snapshot import Snapshot
from service.language.headings import names

NUMBER = re.compile(r"[\d.,%]+[a-z%]{0,2}|[a-z]")
NAME = re.compile(r"(?<=[^\s.?!:] )[A-Z][\w-]+|\b\w+[A-Z][\w-]*")  # a capital within a sentence or a word
MINOR = re.compile(r"(?<=\d)\.\d+$")
LEAST = 5  # characters of a word whose slips are told by likeness
ALIKE = 0.8


class Lexicon:
    """The words of one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.words, self.vocabulary = snapshot.pack.words, snapshot.postings.vocabulary
        self._specificity = snapshot.postings.specificity
        self._latin: dict[str, list[str]] = {}
        for term in self.vocabulary:
            if term.isascii() and len(term) >= LEAST:
                self._latin.setdefault(term[0], []).append(term)

    def specificity(self, term: str) -> float:
        """Return that of a term or of its most specific other name, 0 to 1; 0 for one that no document has."""
        others = (self._specificity(other) for other in self.words.expand(term))
        return self._specificity(term) or max(others, default=0.0)

    def has(self, term: str) -> bool:
        """Whether the documents have a term, its usual name or its parts.

        GPT-5 is more than GPT and a 5, but GPT-3.5 is a GPT-3, and 512-token is a number of tokens.
        """
        names = [name for name in self.words.expand(term) if not _digits(term) or _digits(name) == _digits(term)]
        if term in self.vocabulary or (names and names[0] in self.vocabulary):
            return True
        if (major := MINOR.sub("", term)) != term and major in self.vocabulary:
            return True
        parts = [part for part in self.words.terms(term) if part != term] if "-" in term else []
        if not parts or NUMBER.fullmatch(parts[-1]):
            return False
        return all(part in self.vocabulary or part.isdigit() for part in parts)

    def versions(self, name: str) -> list[str]:
        """Return the terms of the documents that are a name with a number: gpt-4 for gpt."""
        versioned = re.compile(rf"{re.escape(name)}-?\d[\d.]*")
        return [term for term in self.vocabulary if term.startswith(name) and versioned.fullmatch(term)]

    def resembles(self, term: str) -> bool:
        """Whether the documents have a part of a term that is no number, which makes it another of its kind."""
        parts = (part for part in self.words.terms(term) if part != term and not NUMBER.fullmatch(part))
        return any(part in self.vocabulary for part in parts)

    def knows(self, term: str) -> bool:
        """Whether the documents have a term, or what it is a slip of the pen for."""
        if self.has(term):
            return True
        if len(term) < LEAST:
            return False
        number = _digits(term)  # another number is another thing: GPT-5, not a slip for GPT-4
        near = (t for t in self._latin.get(term[0], ()) if abs(len(t) - len(term)) <= 2 and _digits(t) == number)
        return bool(get_close_matches(term, near, 1, ALIKE))

    def calls(self, heading: str, asked: Collection[str]) -> bool:
        """Whether a heading calls something by just these terms: "Descaling (cleaning)" does by either."""
        return any(set(self.names(name)) == set(asked) for name in names(heading))

    def names(self, text: str) -> list[str]:
        """Return the terms of a text that name something, each once; a compound stands for its parts."""
        return [term for term in self.whole(self.words.terms(text)) if term not in self.words.asking]

    def proper(self, text: str) -> list[str]:
        """Return the Latin terms that are names of things: all in a Chinese text, the capitalised in an English one."""
        named = self.words.vocabulary(" ".join(NAME.findall(text))) if text.isascii() else self.words.vocabulary(text)
        return [term for term in self.names(text) if term.isascii() and term in named]

    def whole(self, terms: Sequence[str]) -> list[str]:
        """Return terms, each once, without those that another one of them is made of."""
        parts = {
            part for term in terms for part in terms if part != term and (part in term or part in self._parts(term))
        }
        return [term for term in dict.fromkeys(terms) if term not in parts]

    def _parts(self, term: str) -> frozenset[str]:
        return self.words.vocabulary(term)


def _digits(term: str) -> str:
    return "".join(filter(str.isdigit, term))
