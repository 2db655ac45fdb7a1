"""Measures of one question's results and answer, and the interval of their mean: pure functions."""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from difflib import SequenceMatcher

import numpy as np

MARK = re.compile(r"\[(\d{1,3})\]")
_MARKS = re.compile(r"(?:\s*\[\d{1,3}\])+")
_CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_FENCE = re.compile(r"`{3,}|~{3,}")
_HEADING = re.compile(r"\s{0,3}#{1,6}(?:\s|$)")
_ITEM = re.compile(r"(?:[-*+]|\d{1,3}[.)])\s+")
# After an ideographic stop, or a Latin one that ends a word of three letters (not "e.g.") before a capital.
SENTENCE_END = re.compile(r"(?<=[。！？!?])(?![”’」』）)\]】])|(?<=\w{3}\.)\s+(?=[A-Z])")
ENDS = "。！？!?；;：:.…|"
_NUMBER = re.compile(r"\d+(?:\.\d+)*")


def hit(ranked: Sequence[str], gold: Collection[str], k: int) -> float:
    """Return 1 when one of the first k is gold, else 0; its mean is S@k (Craswell & Hawking 2003, TREC)."""
    return float(any(name in gold for name in ranked[:k]))


def reciprocal_rank(ranked: Sequence[str], gold: Collection[str]) -> float:
    """Return 1 / rank of the first gold one, 0 without any; its mean is MRR (Voorhees 1999, TREC-8 QA)."""
    return next((1 / rank for rank, name in enumerate(ranked, 1) if name in gold), 0.0)


def ndcg(ranked: Sequence[str], gold: Collection[str], k: int) -> float:
    """Return DCG@k / ideal DCG@k, DCG = sum of 1 / log2(1 + rank) over the gold ones (binary gains).

    Järvelin & Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques". `ranked` has no name
    twice; 0 without gold.
    """
    found = sum(1 / math.log2(1 + rank) for rank, name in enumerate(ranked[:k], 1) if name in gold)
    ideal = sum(1 / math.log2(1 + rank) for rank in range(1, min(k, len(gold)) + 1))
    return found / ideal if ideal else 0.0


def bootstrap(values: Sequence[float], level: float = 0.95, samples: int = 2000, seed: int = 7) -> tuple[float, float]:
    """Return the percentile interval of the mean over resampled questions (Efron 1979, "Bootstrap methods").

    The differences of two systems on the same questions give a paired interval. Raises ValueError when empty.
    """
    if not values:
        raise ValueError("an interval needs at least one value")
    numbers = np.asarray(values, np.float64)
    rows = np.random.default_rng(seed).integers(0, len(numbers), (samples, len(numbers)))
    low, high = np.quantile(numbers[rows].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def precision(cited: Collection[str | None], gold: Collection[str]) -> float:
    """Return the share of the cited entries that are gold; `cited` must not be empty."""
    return sum(name in gold for name in cited) / len(cited)


def recall(cited: Collection[str | None], gold: Collection[str]) -> float:
    """Return the share of the gold entries that are cited; `gold` must not be empty."""
    return sum(name in cited for name in gold) / len(gold)


def holds(answer: str, point: str) -> bool:
    """Whether an answer has every number and entry id of a key point, or its text where it has none."""
    told = MARK.sub(" ", answer)
    if numbers := set(_NUMBER.findall(point)):
        return numbers <= set(_NUMBER.findall(told))
    return "".join(point.split()).casefold() in "".join(told.split()).casefold()


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
    found: list[str] = []
    closing = ""  # of the code or formula block that is open
    joins = False  # whether the next line can go on with the last block
    for line in answer.splitlines():
        text = line.strip()
        if closing:
            found[-1] += "\n" + line
            if "$$" in text if closing == "$$" else text.startswith(closing):
                closing = ""
        elif not text or _HEADING.match(line):
            joins = False
        elif joins and not _opens(text) and text.startswith("|") == found[-1].startswith("|"):
            found[-1] += "\n" + text
        else:
            found.append(text)
            fence = _FENCE.match(text)
            closing = fence[0] if fence else "$$" if text.count("$$") % 2 else ""
            joins = not closing
    # A bracketed number in a code span is an index, not a mark.
    return [b if _is_code(b) else _CODE_SPAN.sub(lambda span: MARK.sub(r"(\1)", span[0]), b) for b in found]


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
    ends = [found.end() for found in _MARKS.finditer(prose)]
    runs = [prose[a:b] for a, b in zip([0, *ends], [*ends, len(prose)], strict=True)]
    return [(_statements(MARK.sub("", run)), [int(n) for n in MARK.findall(run)]) for run in runs]


def _statements(text: str) -> list[str]:
    sentences = [sentence.strip() for sentence in SENTENCE_END.split(text)]
    return [s for s in sentences if letters(s) and not s.rstrip("*_ ").endswith(("？", "?"))]


def units(source: str) -> list[str]:
    """Return the sentences of a source as they stand there, each within a line."""
    pieces = [piece.strip() for line in source.splitlines() for piece in SENTENCE_END.split(line)]
    return [piece for piece in pieces if letters(piece)]


def letters(text: str) -> str:
    """Return the letters and digits alone, so that Markdown and spacing do not count."""
    return "".join(filter(str.isalnum, text.casefold()))


def _mostly_in(sentence: str, source: str) -> bool:
    shared = SequenceMatcher(None, sentence, source, autojunk=False).find_longest_match().size
    return sentence in source or 2 * shared > len(sentence)
