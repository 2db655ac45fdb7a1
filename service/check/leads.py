"""Lead-ins that wait: what announces, or heads, is said with what stands below it, or not at all."""

from ingest.parse.items import MARKER
from service.language.claims import announces
from service.write.writer import Sentence


class Leads:
    """Those of an answer that came since anything was said that stands alone."""

    def __init__(self) -> None:
        self._waiting: list[Sentence] = []

    def take(self, sentence: Sentence) -> list[Sentence]:
        """Return what can be said now that a sentence has come: nothing yet for a lead-in, else it and its own."""
        self._waiting = [lead for lead in self._waiting if _leads(lead, sentence)]
        if sentence.heading or announces(sentence.text):
            self._waiting.append(sentence)
            return []
        said, self._waiting = [*self._waiting, sentence], []
        return said


def _leads(lead: Sentence, sentence: Sentence) -> bool:
    """Whether a sentence may stand below a lead-in: a heading ends what was led in to, and an item its siblings."""
    if sentence.heading:
        return lead.heading and _depth(lead.text, "#") < _depth(sentence.text, "#")
    return lead.heading or not MARKER.match(lead.text) or _depth(sentence.text) > _depth(lead.text)


def _depth(text: str, sign: str = " ") -> int:
    return len(text) - len(text.lstrip(sign))
