"""Cut a model's stream of Markdown into sentences, list items and whole blocks, with the marks each carries."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ingest.parse.sentences import sentence_spans
from service.language.claims import MARKER
from service.language.rule import rules
from service.write.writer import Kind

# Signs that are matched in one form, character by character, so that places stay. A link's "(" is never full-width.
FOLDED = str.maketrans("【［】］，、；：。！？", "[[]],,;:.!?")
# What may stand before a number instead of "passage", in any language.
SOURCE = "|".join(rule.pattern.pattern for rule in rules("source"))
# [1], [1][2], [1, 2], 【1】, [passage 1]. Not [1](link), not x[1] in code.
MARK = re.compile(
    rf"\s*(?:[,(（]?\s*(?:{SOURCE})\s*[为是:]?\s*)?\[\s*(?:(?:{SOURCE})\s*|n=)?"
    r"(\d{1,2}(?:\s*[,;]\s*\d{1,2})*)\s*\][)）]?(?!\()(?:\s+(?=[,:;!?.]))?",
    re.IGNORECASE,
)
# What may still become a mark when more comes.
UNFINISHED = re.compile(r"\[[^\]]{0,16}$")
# Marks behind the end of a sentence belong in front of it.
STOP, CLOSE = r"[;!?.]", r"\"'”’」）)"
BEHIND = re.compile(rf"({STOP}[{CLOSE}*_]*)((?:{MARK.pattern})+)", re.IGNORECASE)
CODE = re.compile(r"`[^`]+`")
BOLD = re.compile(rf"{STOP}[{CLOSE}]*\s*\*\*$")
ENUMERATED = re.compile(r"\W*\w{1,2}[.、]\W*")
HIDDEN = "\ue000"
QUOTE = re.compile(r"\s*> ?")
FENCE = re.compile(r"\s*(?:\W\s+)?(`{3,}|~{3,})")
FORMULA = re.compile(r"\s*(\$\$|\\\[)")
HEADING = re.compile(r" {0,3}#{1,6}\s+\S")


@dataclass(frozen=True, slots=True)
class Fragment:
    """Text without marks, the layout that goes before it, and the passage numbers it was marked with."""

    text: str
    lead: str
    marks: tuple[int, ...]
    kind: Kind = "sentence"


class Cutter:
    """Feed it a stream; it gives back what is complete. A piece is held until what follows is no mark of it."""

    def __init__(self) -> None:
        self._line = ""  # what has come of the line that is being written
        self._lead = ""  # layout before the next piece
        self._block: list[str] = []  # lines of a fence, table or formula
        self._kind: Literal["code", "table", "formula"] | None = None
        self._closes = ""
        self._held: Fragment | None = None
        self._inline = False  # whether a piece of the current line was cut off already

    def feed(self, text: str) -> Iterator[Fragment]:
        """Take more of the stream and yield the pieces that are complete with it."""
        *whole, rest = (self._line + text).split("\n")
        for line in whole:
            self._line = ""
            yield from self._end_of_line(line)
        self._line = rest
        if self._kind is None and not UNFINISHED.search(rest.translate(FOLDED)):
            yield from self._begun()

    def end(self, finished: bool = True) -> Iterator[Fragment]:
        """Yield what is left; a sentence or block that was broken off is dropped unless `finished`."""
        line, self._line = self._line, ""
        if finished:
            yield from self._end_of_line(line)
            yield from self._close()
        elif self._kind is None:
            yield from self._hold(self._complete(line)[0])
        if self._held:
            yield self._held
            self._held = None

    def _end_of_line(self, line: str) -> Iterator[Fragment]:
        line = line.rstrip()
        if self._kind in ("code", "formula"):
            self._block.append(line)
            if self._ends(line):
                yield from self._close()
            return
        if self._kind == "table":
            if line.lstrip().startswith("|"):
                self._block.append(line)
                return
            yield from self._close()
        if not line:
            self._paragraph()
        elif self._inline:
            yield from self._rest_of(line)
        elif opened := self._opens(line):
            self._kind, self._closes = opened
            self._block = [line]
            if self._kind == "formula" and self._ends(line, first=True):
                yield from self._close()
        else:
            yield from self._rest_of(line)
        self._inline = False

    def _opens(self, line: str) -> tuple[Literal["code", "table", "formula"], str] | None:
        if match := FENCE.match(line):
            return "code", match[1]
        if line.lstrip().startswith("|"):
            return "table", ""
        if match := FORMULA.match(line):
            return "formula", "$$" if match[1] == "$$" else r"\]"
        return None

    def _ends(self, line: str, first: bool = False) -> bool:
        bare = unmarked(line).strip()
        if self._kind == "code":
            return bool(re.fullmatch(rf"{re.escape(self._closes[0])}{{{len(self._closes)},}}", bare))
        return self._closes in bare[2 if first else 0 :]

    def _close(self) -> Iterator[Fragment]:
        """Give a finished fence, table or formula back whole."""
        if self._kind is None:
            return
        lines, kind = self._block, self._kind
        self._block, self._kind = [], None
        marks = numbers("\n".join(lines) if kind == "table" else lines[-1])
        first = 0 if kind == "table" else len(lines) - 1  # brackets inside code are no marks
        lines = [*lines[:first], *(unmarked(line) for line in lines[first:])]
        text = "\n".join(lines)
        yield from self._hold([Fragment(text, self._lead or "\n\n", marks, kind)])
        self._lead = "\n\n"

    def _begun(self) -> Iterator[Fragment]:
        """Yield the sentences of an unfinished line that are surely over."""
        line = self._line
        whole = self._opens(line) or HEADING.match(line + "x") or re.fullmatch(r"\W*", line)
        if whole and not self._inline:
            return
        pieces, rest = self._complete(line)
        if pieces:
            yield from self._hold(pieces)
            self._line, self._inline = rest, True

    def _complete(self, line: str) -> tuple[list[Fragment], str]:
        """Split a line that is still being written into pieces that are over and the rest."""
        lead, body = self._opening(line)
        body = _marks_first(body)
        spans = _spans(body)
        if len(spans) < 2 or body.count("`") % 2:
            return [], line
        pieces = self._pieces(body, spans[:-1], lead)
        self._lead = " "
        return pieces, body[spans[-1][0] :].replace(HIDDEN, "[")

    def _rest_of(self, line: str) -> Iterator[Fragment]:
        """Yield the last pieces of a line that is over."""
        if not self._inline and HEADING.match(line):
            text = unmarked(line).strip()
            yield from self._hold([Fragment(text, self._lead, numbers(line), "heading")])
            self._lead = "\n\n"
            return
        lead, body = self._opening(line)
        body = _marks_first(body)
        yield from self._hold(self._pieces(body, _spans(body), lead))
        self._lead = "\n"

    def _opening(self, line: str) -> tuple[str, str]:
        """Split off a list or quote marker; it goes with the layout, so that it survives its sentence."""
        if self._inline:
            return self._lead, line
        match = MARKER.match(line) or QUOTE.match(line)
        return (self._lead + match[0], line[match.end() :]) if match else (self._lead, line)

    def _pieces(self, body: str, spans: list[tuple[int, int]], lead: str) -> list[Fragment]:
        found = []
        for start, end in spans:
            text = body[start:end]
            found.append(Fragment(tidy(text), lead, numbers(text)))
            lead = " "  # after the marks of the one before
        return found

    def _paragraph(self) -> None:
        self._lead = "\n\n" if self._lead or self._held else ""

    def _hold(self, pieces: list[Fragment]) -> Iterator[Fragment]:
        """Keep the last piece back; a piece of marks alone gives them to the one before."""
        for piece in pieces:
            if not any(char.isalnum() for char in piece.text):
                if self._held and piece.marks:
                    marks = tuple(dict.fromkeys((*self._held.marks, *piece.marks)))
                    self._held = Fragment(self._held.text, self._held.lead, marks, self._held.kind)
                continue
            if self._held:
                yield self._held
            self._held = piece


def _spans(body: str) -> list[tuple[int, int]]:
    """The sentences of a line; what ends inside brackets, and a bare "a.", goes with what follows."""
    joined: list[tuple[int, int]] = []
    start: int | None = None
    for begin, end in sentence_spans(body):
        start = begin if start is None else start
        text = body[start:end]
        if not ENUMERATED.fullmatch(text) and _closed(text):
            # The bold words of what follows: their sign stands behind an end, not in the middle of a sentence.
            opens = bool(BOLD.search(text.translate(FOLDED))) and text.count("**") % 2 == 1
            joined.append((start, end - 2 if opens else end))
            start = end - 2 if opens else None
    return joined if start is None else [*joined, (start, len(body))]


def _closed(text: str) -> bool:
    return all(text.count(a) <= text.count(b) for a, b in ("()", "（）", "“”", "「」"))


def _marks_first(body: str) -> str:
    """Move marks before the sentence end they stand behind; brackets in inline code are hidden from all of this."""
    text = CODE.sub(lambda match: match[0].replace("[", HIDDEN), body)
    for match in BEHIND.finditer(text.translate(FOLDED)):
        start, middle, end = match.start(), match.end(1), match.end()
        text = text[:start] + text[middle:end] + text[start:middle] + text[end:]
    return text


def numbers(text: str) -> tuple[int, ...]:
    """Return the passage numbers that a text is marked with, each once."""
    found = (int(n) for match in MARK.finditer(text.translate(FOLDED)) for n in re.findall(r"\d+", match[1]))
    return tuple(dict.fromkeys(found))


def unmarked(text: str) -> str:
    """Return a text without marks and the gaps they leave."""
    place, pieces = 0, []
    for match in MARK.finditer(text.translate(FOLDED)):
        pieces.append(text[place : match.start()])
        place = match.end()
    return "".join([*pieces, text[place:]])


def tidy(text: str) -> str:
    """Return a sentence without marks and the double stops they leave."""
    bare = rules("label").without(unmarked(text))
    return re.sub(r"[。；]+$", lambda stops: stops[0][0], bare).replace(HIDDEN, "[").strip()
