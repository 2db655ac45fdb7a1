"""Answers as text: what they state, sentence by sentence, which marks stand behind it, and what a quote holds."""

import re
from collections.abc import Mapping
from difflib import SequenceMatcher

MARK = re.compile(r"\[(\d{1,3})\]")
_MARKS = re.compile(r"(?:\s*\[\d{1,3}\])+")
_CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_FENCE = re.compile(r"`{3,}|~{3,}")
HEADING = re.compile(r"\s{0,3}#{1,6}(?:\s|$)")
_ITEM = re.compile(r"(?:[-*+]|\d{1,3}[.)])\s+")
# After an ideographic stop, or a Latin one that ends a word of three letters (not "e.g.") before a capital.
SENTENCE_END = re.compile(r"(?<=[。！？!?])(?![”’」』）)\]】])|(?<=\w{3}\.)\s+(?=[A-Z])")
ENDS = "。！？!?；;：:.…|"
_BOLD = re.compile(r"\*\*[^*]+\*\*\W*")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")


def holds(answer: str, point: str) -> bool:
    """Whether an answer has every number and entry id of a key point, or its text where it has none."""
    text = MARK.sub(" ", answer)
    if numbers := set(_NUMBER.findall(point)):
        return numbers <= set(_NUMBER.findall(text))
    return "".join(point.split()).casefold() in "".join(text.split()).casefold()


def unbroken(before: str, quote: str, after: str) -> bool:
    """Whether a quote begins and ends where a sentence or a line does; one character stands before and after it."""
    begins = not before or before.isspace() or before in ENDS or quote[:1] in "#-*>|`$"
    return begins and (not after or after.isspace() or quote.rstrip("*_`”’」』）) \n")[-1:] in ENDS)


def marks(answer: str) -> set[int]:
    """Return the numbers of the marks [n] outside code blocks, formula blocks and code spans."""
    return {int(n) for block in blocks(answer) if not _is_code(block) for n in MARK.findall(block)}


def unmarked(answer: str, quotes: Mapping[int, str]) -> list[str]:
    """Return what an answer states without a mark; none when the citation guarantee holds.

    A statement is a sentence of a paragraph or list item, or a whole code block, formula block or table.
    Headings, questions and text without a letter or digit state nothing. A statement has a mark when marks
    follow it with no other statement in between, or when the greater part of it stands in one piece in a
    quote of the next marks: one mark serves all of a quote that is several sentences long.
    """
    faults: list[str] = []
    waiting: list[str] = []
    for block in blocks(answer):
        for statements, numbers in runs(block):
            waiting += statements
            if numbers:
                sources = [letters(quotes.get(n, "")) for n in numbers]
                faults += [s for s in waiting[:-1] if not any(_mostly_in(letters(s), q) for q in sources)]
                waiting = []
    return faults + waiting


def blocks(answer: str) -> list[str]:
    """Split Markdown into code blocks, formulas, tables, list items and paragraphs, without headings."""
    parts: list[str] = []
    closing = ""  # of the code or formula block that is open
    joins = False  # whether the next line can go on with the last block
    for line in answer.splitlines():
        text = line.strip()
        if closing:
            parts[-1] += "\n" + line
            if "$$" in text if closing == "$$" else text.startswith(closing):
                closing = ""
        elif not text or HEADING.match(line):
            joins = False
        elif joins and not _opens(text) and text.startswith("|") == parts[-1].startswith("|"):
            parts[-1] += "\n" + text
        else:
            parts.append(text)
            fence = _FENCE.match(text)
            closing = fence[0] if fence else "$$" if text.count("$$") % 2 else ""
            joins = not closing
    # A bracketed number in a code span is an index, not a mark.
    return [b if _is_code(b) else _CODE_SPAN.sub(lambda span: MARK.sub(r"(\1)", span[0]), b) for b in parts]


def _opens(text: str) -> bool:
    """Whether a line begins a block of its own even without a blank line before it."""
    return bool(_ITEM.match(text) or _FENCE.match(text) or text.count("$$") % 2)


def _is_code(block: str) -> bool:
    """Whether a block is code or a formula, where brackets are no marks."""
    return bool(_FENCE.match(block)) or (block.startswith("$$") and block.endswith("$$"))


def runs(block: str) -> list[tuple[list[str], list[int]]]:
    """Cut a block after each group of marks into (statements, marks); the last run may have no marks."""
    if _is_code(block):
        return [([block], [])]
    if block.startswith("|"):
        return [([MARK.sub("", block)], [int(n) for n in MARK.findall(block)])]
    prose = _ITEM.sub("", block, count=1)
    ends = [match.end() for match in _MARKS.finditer(prose)]
    runs = [prose[a:b] for a, b in zip([0, *ends], [*ends, len(prose)], strict=True)]
    return [(_statements(MARK.sub("", run)), [int(n) for n in MARK.findall(run)]) for run in runs]


def _statements(text: str) -> list[str]:
    sentences = [sentence.strip() for sentence in SENTENCE_END.split(text)]
    return [s for s in sentences if letters(s) and not s.rstrip("*_ ").endswith(("？", "?"))]


def units(source: str) -> list[str]:
    """Return the sentences of a source as they stand there, each within a line."""
    pieces = [piece.strip() for line in source.splitlines() for piece in SENTENCE_END.split(line)]
    return [piece for piece in pieces if letters(piece)]


def announces(text: str) -> bool:
    """Whether a text leads in to what stands below it."""
    return text.rstrip("*_ ").endswith((":", "："))


def titles(text: str) -> bool:
    """Whether a text is a bold label and nothing else, as it stands above what it is about."""
    return _BOLD.fullmatch(_ITEM.sub("", text.strip(), count=1)) is not None


def letters(text: str) -> str:
    """Return the letters and digits alone, so that Markdown and spacing do not count."""
    return "".join(filter(str.isalnum, text.casefold()))


def _mostly_in(sentence: str, source: str) -> bool:
    return sentence in source or 2 * shared(sentence, source) > len(sentence)


def shared(one: str, other: str) -> int:
    """Return the length of the longest piece that two texts have in common."""
    return SequenceMatcher(None, one, other, autojunk=False).find_longest_match().size
