"""Nothing leaves unchecked: every sentence has a mark, every mark a verbatim quote."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ingest.words.text import normalise
from service.check.harmless import What, safe_markdown
from service.guard.planted import speaks_to_the_model
from service.search.passages import Passage
from service.write.writer import Quote, Sentence

MAX_HEADING = 40  # characters of a heading that is no title: longer ones state something


@dataclass(frozen=True, slots=True)
class Citation:
    """Mark [n]; quote == document[start:end].

    `support` is the probability that the quote carries the sentence it came with, 1 where it is the sentence itself.
    """

    n: int
    passage: Passage
    quote: str
    start: int
    end: int
    support: float


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence fit to be shown, marks included, and the citations that are new with it."""

    text: str
    citations: tuple[Citation, ...]
    by_model: bool = False  # in a language model's words


class Checker:
    """Checks one answer's sentences in order and numbers their citations from 1.

    `taken` counts what was taken out of them because it would do something where it is shown, or to a model.
    """

    def __init__(self, documents: Mapping[str, str], passages: Sequence[Passage]) -> None:
        self._documents, self._passages = documents, passages
        self._numbers: dict[tuple[str, int, int], int] = {}
        self._titles = {_words(t) for p in passages for t in _titles(p)}
        self._said = [f" {_words(p.text)} " for p in passages]
        self._begun = False
        self.taken: Counter[What] = Counter()

    def check(self, sentence: Sentence) -> Checked | None:
        """Return the sentence with its marks, None when no quote of it stands in the documents or it gives orders."""
        if sentence.heading:
            if not self._is_title(sentence.text):
                return None
            shown, self._begun = self._shown(sentence), True
            return Checked(shown, ())
        if speaks_to_the_model(sentence.text):
            self.taken["order"] += 1
            return None
        shown = self._shown(sentence)
        if not shown.strip():
            return None
        new: list[Citation] = []
        marks: list[int] = []
        for quote in sentence.quotes:
            found = self._verbatim(quote)
            if found is None:
                continue
            passage, text = found
            key = (passage.document, quote.start, quote.end)
            if key not in self._numbers:
                self._numbers[key] = len(self._numbers) + 1
                n = self._numbers[key]
                new.append(Citation(n, passage, text, quote.start, quote.end, quote.support))
            marks.append(self._numbers[key])
        if not marks:
            return None
        numbers = "".join(f"[{n}]" for n in dict.fromkeys(marks))
        self._begun = True
        return Checked(f"{shown}{_gap(shown)}{numbers}", tuple(new))

    def _shown(self, sentence: Sentence) -> str:
        """A sentence and its layout, with nothing that acts."""
        lead = sentence.lead or " " * self._begun  # a mark before a "(" would be a link
        _, begins, marker = lead.rpartition("\n")
        text, taken = safe_markdown(sentence.text, not marker.strip() and bool(begins or not self._begun))
        self.taken += taken
        return lead + text

    def quoted(self, quote: Quote) -> bool:
        """Whether an earlier sentence cited a part of what this quote covers."""
        document = self._passages[quote.passage].document
        return any(d == document and a < quote.end and quote.start < b for d, a, b in self._numbers)

    def _is_title(self, text: str) -> bool:
        """Whether a heading is a title of the passages, or a few words that stand in one as they are."""
        words = _words(text.lstrip("#"))
        short = 0 < len(words) <= MAX_HEADING and "\n" not in text
        return words in self._titles or (short and any(words in said for said in self._said))

    def _verbatim(self, quote: Quote) -> tuple[Passage, str] | None:
        if not 0 <= quote.passage < len(self._passages):
            return None
        passage = self._passages[quote.passage]
        text = self._documents.get(passage.document, "")
        beside = [(note.start, note.end) for note in passage.notes]
        beside += [(passage.head.start, passage.head.end)] if passage.head else []
        spans = [(passage.start, passage.end), *beside]
        inside = any(start <= quote.start < quote.end <= end for start, end in spans)
        if not inside or text[passage.start : passage.end] != passage.text:
            return None
        return passage, text[quote.start : quote.end]


def _gap(text: str) -> str:
    """What goes between a sentence and its marks: on the line of a closing fence they would reopen it."""
    last = text.rpartition("\n")[2]
    bare = last.lstrip(" \t>")
    if not bare.startswith(("```", "~~~", "$$", "|")):
        return " "
    indent = last[: len(last) - len(bare)]
    return f"\n{indent}" if indent.isspace() else "\n\n"


def _titles(passage: Passage) -> list[str]:
    """The headings above a passage, with and without its entry's id, and those inside."""
    inside = [line.lstrip("# ") for line in passage.text.split("\n") if line.lstrip().startswith("#")]
    path = passage.heading_path
    return [*path, *(f"{passage.entry_id} {title}" for title in path), " > ".join(path), passage.document, *inside]


@lru_cache(4096)  # the same passages answer many questions
def _words(text: str) -> str:
    """Bare words: no markup, punctuation or numbering at the beginning, one case and script."""
    bare = re.sub(r"[^\w]+", " ", normalise(text)).strip()
    return re.sub(r"^(?:\d+ )+(?=\D)", "", bare)
