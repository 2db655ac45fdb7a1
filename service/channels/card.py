"""What a chat shows of an answer: its text, the numbered quotes, and what goes without saying elsewhere."""

import re
from dataclasses import dataclass, replace

from service.language.phrases import Language, wording

# What platforms read as a mention, a tag or an address within Markdown, which a document must not make of its own;
# they leave code as it is, and who copies it wants it so.
MARKED = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]*`)|<(?=[!@#/a-zA-Z])", re.DOTALL)
APART = "<\N{ZERO WIDTH SPACE}"


@dataclass(frozen=True, slots=True)
class Quotation:
    """What a document says, where mark `n` stands."""

    n: int
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """`text` is Markdown; `notes` are plain lines below the quotes. Without an `answer_id` there is nothing to rate."""

    text: str
    language: Language
    quotes: tuple[Quotation, ...] = ()
    notes: tuple[str, ...] = ()
    answer_id: str | None = None

    def fitted(self, most: int) -> "Card":
        """Return what fits into so many bytes: whole quotes, as many as there is room for, and a word of the rest."""
        room = most - len(self.text.encode())
        if room < 0:
            text = self.text.encode()[: most - 3].decode(errors="ignore") + "…"
            return replace(self, text=text, quotes=(), notes=self.notes[:1])
        for count, quote in enumerate(self.quotes):
            room -= len(quote.text.encode()) + len(quote.place.encode())
            if room < 0:
                told = wording(self.language).chat["more"].format(count=len(self.quotes) - count)
                return replace(self, quotes=self.quotes[:count], notes=(told, *self.notes))
        return self


def harmless(text: str) -> str:
    """Take from Markdown what a platform would read as more than text: nobody is called by a document's words."""
    return MARKED.sub(lambda found: found[1] or APART, text)


def markdown(card: Card) -> str:
    """Return a card as Markdown alone: quotes as block quotes under their places, notes as lines."""
    blocks = [card.text]
    for quote in card.quotes:
        lines = "\n".join(f"> {line}" for line in quote.text.split("\n"))
        blocks.append(f"**[{quote.n}]** {quote.place}\n\n{lines}")
    return harmless("\n\n".join([*blocks, *card.notes]))
