"""What documents can be asked by themselves, and which passage answers: sentences, other names, and definitions."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ingest.chunk import Chunk
from ingest.fit.pseudo import pseudo_questions
from ingest.parse.sentences import sentence_spans

SENTENCES, NAMED, DEFINED = 240, 120, 120  # questions of each kind at most
LEFT = 40  # code points that must be left of a passage whose sentence asks
SUBJECT = re.compile(
    r"(?:\*\*)?(?P<zh>[\w\u3400-\u9fff][\w\u3400-\u9fff +./-]{1,15}?)(?:\*\*)?\s*"
    r"(?:是指|是一[种个类项]|指的是|的定义是)"
    r"|(?:\*\*|`)?(?:(?:An?|The) )?(?P<en>\w[\w +./-]{2,40}?)(?:\*\*|`)? (?P<verb>is an?|are|refers to|means) "
)
POINTING = frozenset("这那它其该此谁")  # a subject that begins so names nothing by itself
Kind = Literal["sentence", "name", "definition"]


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """`row` is the passage that answers, `left` what is left of it without the sentence that asks, None for all.

    `evidence` is the sentence as it stands in the passage.
    """

    kind: Kind
    text: str
    row: int
    left: str | None
    evidence: str

    @property
    def held_back(self) -> bool:
        """Whether it is kept from every choice, to report on."""
        return hashlib.sha256(self.evidence.encode()).digest()[0] % 2 == 1


def questions(chunks: Sequence[Chunk], things: Sequence[Sequence[str]]) -> list[OwnQuestion]:
    """Return questions of all kinds, evenly spread; a passage loses one sentence at most."""
    named = sorted(_named(chunks, things), key=_order)[:NAMED]
    taken = {question.row for question in named}
    sentences = [
        OwnQuestion("sentence", q.text, q.row, q.left, q.text)
        for q in pseudo_questions(chunks, SENTENCES + len(taken))
        if q.row not in taken
    ]
    defined = sorted(_defined(chunks), key=_order)[:DEFINED]
    return [*named, *sentences[:SENTENCES], *defined]


def _named(chunks: Sequence[Chunk], things: Sequence[Sequence[str]]) -> Iterator[OwnQuestion]:
    """Sentences that call a thing by another of its names than their passage does, one a passage."""
    others: Mapping[str, Sequence[str]] = {name: [n for n in thing if n != name] for thing in things for name in thing}
    pattern = re.compile("|".join(map(_whole_word, sorted(others, key=len, reverse=True)))) if others else None
    for row, chunk in enumerate(chunks):
        text = chunk.focused
        for start, end in sentence_spans(text) if pattern and chunk.kind == "text" else ():
            sentence, left = text[start:end].strip(), f"{text[:start]} {text[end:]}"
            match = pattern.search(sentence) if pattern and 8 <= len(sentence) <= 80 else None
            unsaid = [n for n in others[match[0]] if n.lower() not in chunk.indexed.lower()] if match else []
            if match and unsaid and len(left.strip()) >= LEFT:
                asked = f"{sentence[: match.start()]}{unsaid[0]}{sentence[match.end() :]}"
                yield OwnQuestion("name", asked, row, f"{' > '.join(chunk.headings)}\n{left}", sentence)
                break


def _defined(chunks: Sequence[Chunk]) -> Iterator[OwnQuestion]:
    """What each passage defines first, once for all passages."""
    seen: set[str] = set()
    for row, chunk in enumerate(chunks):
        text = chunk.focused
        for start, end in sentence_spans(text) if chunk.kind == "text" else ():
            sentence = text[start:end].strip()
            match = SUBJECT.match(sentence)
            subject = (match["zh"] or match["en"]).strip() if match else ""
            if match and subject[0] not in POINTING and subject.lower() not in seen:
                seen.add(subject.lower())
                verb = "are" if match["verb"] == "are" else "is"
                asked = f"什么是{subject}？" if match["zh"] else f"What {verb} {subject}?"
                yield OwnQuestion("definition", asked, row, None, sentence)
                break


def _whole_word(name: str) -> str:
    before, after = (r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])")
    return f"{before if name[0].isascii() else ''}{re.escape(name)}{after if name[-1].isascii() else ''}"


def _order(question: OwnQuestion) -> bytes:
    return hashlib.sha256(question.text.encode()).digest()
