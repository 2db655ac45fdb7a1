"""What of a question is searched for: without greetings and wishes of form, its slips of the pen mended."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.index.snapshot import Snapshot
from ingest.words.text import visible
from service.language.rule import rules
from service.search.lexicon import NUMBER, Lexicon
from service.search.spelling import Spelling

_WIDE = r"\u2e80-\U0010ffff"
# Where clauses end: a full-width mark, an ASCII one before a space or beside a Chinese character, a bracket.
_MARK = rf"[。，？！；：…～~\n]|[,.?!;:](?=\s|$|[{_WIDE},.?!;:])|(?<=[{_WIDE}])[,.?!;:]"
_END = re.compile(rf"(?:{_MARK})+|(?<!^)(?=[(（【])|(?<=[)）】\]])")
_BRACKETS = "()（）[]【】 "
_COMMAND = re.compile(r"\A\s*[/@][A-Za-z_]+\s+(?=\S)")
_SPECIFIC = 0.3  # of a term that a question can be about, by its specificity in the documents
_LONG = 4  # characters of a Chinese term that says what a question is about


@dataclass(frozen=True, slots=True)
class _Clause:
    text: str
    names: Sequence[str]  # what it names, without what only asks
    cut: bool = False  # whether a rule took something of it

    @property
    def asks(self) -> bool:
        return "?" in self.text or "？" in self.text or rules("asking").holds(self.text)


class Reading:
    """Reads questions to one snapshot."""

    def __init__(self, snapshot: Snapshot, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._spelling = Spelling(snapshot, self._lexicon)

    def warm(self) -> None:
        """Make what slips are looked up in."""
        self._spelling.warm()

    def of(self, question: str) -> str:
        """Return what is searched for: the question itself where nothing in it is beside the point."""
        return self.mended(self.bare(visible(question)))

    def mended(self, text: str) -> str:
        """Return a text with its slips mended."""
        return self._spelling.mended(text)

    def bare(self, question: str) -> str:
        """Return a question without what is beside it: greetings, thanks, commands, occasions, wishes of form.

        What a rule takes goes if a question about the documents is left. What follows such a question, or leads to one
        that says what it is about, goes, too, if it asks nothing and names what no document has: that is told by the
        documents, not by a list of words.
        """
        text = self._untrailed(_COMMAND.sub("", question, count=1))
        clauses = [self._clause(part) for part in _parts(text)]
        if not any(map(self._covers, clauses)):
            return question
        kept: list[_Clause] = []
        for place, clause in enumerate(clauses):
            after, before = any(map(self._answerable, kept)), any(map(self._complete, clauses[place + 1 :]))
            beside = (after or before) and self._foreign(clause)
            if not beside and (clause.names or not clause.cut):
                kept.append(clause)
        bare = "".join(clause.text for clause in kept).strip()
        bare = bare if kept == clauses else bare.rstrip(",，;；:：")
        return bare if text != question or len(kept) < len(clauses) or any(c.cut for c in kept) else question

    def clause(self, question: str) -> str:
        """Return the clause of a question that may be answered without the others, "" where there is none.

        It says what it is about; the others name nothing that no document has.
        """
        clauses = [self._clause(part) for part in _parts(visible(question))]
        first = next((clause for clause in clauses if self._complete(clause)), None)
        others = [name for clause in clauses if clause is not first for name in clause.names if len(name) > 1]
        if first is None or len(clauses) < 2 or not all(map(self._lexicon.knows, others)):
            return ""
        return first.text.strip(" ,，;；:：")

    def _untrailed(self, question: str) -> str:
        """Return a question without the kind of file that it is wanted as, where no document has a word for it."""
        match = rules("trailing").match(question)
        rest = question[: match.start()] if match else question
        return question if match and any(map(self._lexicon.has, self._lexicon.proper(match[0]))) else rest

    def _clause(self, text: str) -> _Clause:
        """Read a clause without what the rules take, which may be all of it."""
        inner = re.sub(rf"(?:{_MARK})+$", "", text).strip(_BRACKETS)
        bare, rest = inner, rules("aside").blank(inner).strip()
        while rest != bare:
            bare, rest = rest, rules("aside").blank(rest).strip()
        if bare == inner:
            return _Clause(text, self._lexicon.names(text))
        return _Clause(text.replace(inner, bare), self._lexicon.names(bare), True)

    def _covers(self, clause: _Clause) -> bool:
        """Whether the documents know all that a clause names in Latin, and something in it is specific."""
        specific = any(self._lexicon.specificity(name) >= _SPECIFIC for name in clause.names)
        return specific and all(map(self._lexicon.knows, self._lexicon.proper(clause.text)))

    def _answerable(self, clause: _Clause) -> bool:
        return clause.asks and self._covers(clause)

    def _complete(self, clause: _Clause) -> bool:
        """Whether a question names what it is about: 索引怎么建 needs what led to it, BM25 是什么 does not."""
        proper = self._lexicon.proper(clause.text)
        names = (n for n in clause.names if n in proper or (len(n) >= _LONG and not n.isascii()))
        return self._answerable(clause) and any(self._lexicon.specificity(name) >= _SPECIFIC for name in names)

    def _foreign(self, clause: _Clause) -> bool:
        """Whether a clause asks nothing and names something that no document has any part of, as of GPT-5 the GPT."""
        if clause.asks:
            return False
        names = [name for name in self._lexicon.proper(clause.text) if not NUMBER.fullmatch(name)]
        unknown = [name for name in names if not self._lexicon.has(name)]
        return bool(unknown) and not any(map(self._lexicon.resembles, unknown))


def _parts(text: str) -> list[str]:
    """Cut a text into clauses, each with the marks that end it."""
    ends = [0, *(match.end() for match in _END.finditer(text)), len(text)]
    return [text[start:stop] for start, stop in pairwise(ends) if text[start:stop].strip()]
