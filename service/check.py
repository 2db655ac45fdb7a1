"""Nothing leaves unchecked: every sentence has a mark, every mark a verbatim quote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.write.writer import Passage, Quote, Sentence


@dataclass(frozen=True, slots=True)
class Citation:
    """Mark [n]; quote == document[start:end]. `support` is 1 where the sentence is the quote itself."""

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


class Checker:
    """Checks one answer's sentences in order and numbers their citations from 1."""

    def __init__(self, documents: Mapping[str, str], passages: Sequence[Passage]) -> None:
        self._documents, self._passages = documents, passages
        self._numbers: dict[tuple[str, int, int], int] = {}

    def check(self, sentence: Sentence) -> Checked | None:
        """Return the sentence with its marks, None when no quote of it stands in the documents."""
        if sentence.heading:
            return Checked(sentence.lead + sentence.text, ())
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
                new.append(Citation(n, passage, text, quote.start, quote.end, 1.0))
            marks.append(self._numbers[key])
        if not marks:
            return None
        numbers = "".join(f"[{n}]" for n in dict.fromkeys(marks))
        return Checked(f"{sentence.lead}{sentence.text}{_gap(sentence.text)}{numbers}", tuple(new))

    def _verbatim(self, quote: Quote) -> tuple[Passage, str] | None:
        if not 0 <= quote.passage < len(self._passages):
            return None
        passage = self._passages[quote.passage]
        text = self._documents.get(passage.document, "")
        inside = passage.start <= quote.start < quote.end <= passage.end
        if not inside or text[passage.start : passage.end] != passage.text:
            return None
        return passage, text[quote.start : quote.end]


def _gap(text: str) -> str:
    """What goes between a sentence and its marks: on the line of a closing fence they would reopen it."""
    last = text.rpartition("\n")[2]
    if not last.lstrip().startswith(("```", "~~~", "$$", "|")):
        return " "
    indent = last[: len(last) - len(last.lstrip())]
    return f"\n{indent}" if indent else "\n\n"
