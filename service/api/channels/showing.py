"""What a chat shows of a reply."""

from service.api import contract
from service.api.places import title
from service.channels.card import Card, Quotation
from service.language.phrases import Language, wording

RELATED = 3  # further questions that are named


def card_of(reply: contract.AskResponse, language: Language) -> Card:
    """Return a reply as a card: every citation with its place, and what was missing."""
    quotes = [Quotation(each.n, _place(each), each.quote) for each in reply.citations]
    notes = [reply.degraded] if reply.degraded else []
    if reply.related:
        questions = " / ".join(each.question for each in reply.related[:RELATED])
        notes.append(wording(language).chat["related"].format(questions=questions))
    return Card(reply.answer, language, tuple(quotes), tuple(notes), reply.id)


def _place(citation: contract.Citation) -> str:
    """Where a quote stands; headings are named once, offsets are code points."""
    heading = title(citation)
    name = heading if heading == citation.document else f"{heading} · {citation.document}"
    return f"{name} {citation.start}–{citation.end}"
