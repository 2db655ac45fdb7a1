"""Passages that look like the outline's and speak of techniques that do not exist, and how many an index takes."""

import math
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from eval.grow.entries import Entry

PREFIX = "noise-"
SHARES = (0.0, 0.2, 0.4, 0.6, 0.8)
SEED = 7
_SYLLABLES = (
    "Vel",
    "Kar",
    "Min",
    "Zu",
    "Tor",
    "Qi",
    "Fen",
    "Dra",
    "Sol",
    "Nub",
    "Hex",
    "Pav",
    "Lum",
    "Bri",
    "Gol",
    "Yst",
)
_ENDINGS = ("ra", "lix", "net", "dex", "mar", "via", "ton", "pex", "quil", "ove", "sar", "wick")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9+-]*[A-Za-z0-9+]")
_HAN = re.compile(r"[\u4e00-\u9fff]{2,}")
# Of the form of a question, or of every passage: exchanging them leaves the technique named.
_GENERIC = re.compile(
    r"什么|如何|怎|哪|请|解释|描述|讨论|以及|它们?|主要|区别|作用|为何|可以|使用|常见|一些|之间|这|的|是|了|在|与|和|中|对|及|其"
)
_COMMON = frozenset({"llm", "llms", "ai", "nlp"})
_LIST_NUMBER = r"^\s*\d+[.)、]"
# Not of a name, as GPT-4, T5 or 2e-5.
_NUMBER = re.compile(rf"{_LIST_NUMBER}|(?<![A-Za-z\d])(?<![A-Za-z]-)\d+", re.MULTILINE)
_FENCED = re.compile(r"^\s*(?:`{3,}|~{3,}|\$\$)")
_SENTENCE_END = re.compile(r"(?<=[。！？；])")


def subjects(entries: Sequence[Entry]) -> dict[str, str]:
    """Return the name that each entry is about, by entry id; entries that name nothing are left out.

    Of the names in its title, the one that is long, often in its answer and rare in the others: tf-idf
    (Spärck Jones 1972), times the length.
    """
    names_of: dict[str, str] = {}
    for entry in entries:
        names = dict.fromkeys(_names(entry.title))
        weights = {name: _weight(name, entry, entries) for name in names}
        best = max(weights, key=lambda name: weights[name], default="")
        if best and weights[best] > 0:
            names_of[entry.id] = best
    return names_of


def _names(title: str) -> Iterator[str]:
    """Yield the Latin names and every run of two to eight Chinese characters that is no word of asking."""
    yield from (name for name in _LATIN.findall(title) if name.casefold() not in _COMMON)
    for run in _HAN.findall(_GENERIC.sub(" ", title)):
        for start in range(len(run)):
            yield from (run[start:end] for end in range(start + 2, min(start + 8, len(run)) + 1))


def _weight(name: str, entry: Entry, entries: Sequence[Entry]) -> float:
    pattern = _exactly(name)
    answers = sum(bool(pattern.search(each.answer)) for each in entries)
    length = len(name) / (2 if name.isascii() else 1)  # Chinese says as much in half the characters
    return length * len(pattern.findall(entry.answer)) * math.log(len(entries) / max(answers, 1))


def _exactly(name: str) -> re.Pattern[str]:
    """Find a name, but not as part of a longer Latin one: LoRA does not stand in QLoRA."""
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])" if name.isascii() else re.escape(name))


def near_miss(entry: Entry, name: str, dice: random.Random, outline: str) -> tuple[str, str] | None:
    """Return a passage on an invented technique and its name; None for an entry without prose on `name`.

    Of the entry's prose, the blocks in which the name or a number was changed, some sentences left out, below a
    plain heading.
    """
    invented = _invent(dice, outline)
    blocks = [_changed(block, name, invented, dice) for block in _prose(entry.answer)]
    changed = [block for block in blocks if block]
    if not changed:
        return None
    return f"## {_exactly(name).sub(invented, entry.title)}\n\n" + "\n\n".join(changed) + "\n", invented


def _invent(dice: random.Random, outline: str) -> str:
    while True:
        name = dice.choice(_SYLLABLES) + dice.choice(_SYLLABLES).lower() + dice.choice(_ENDINGS)
        if name.casefold() not in outline.casefold():
            return name


def _prose(answer: str) -> Iterator[str]:
    """Yield the blocks that are neither code, formula, table nor heading."""
    closing = ""
    for block in re.split(r"\n\s*\n", answer):
        inside, fences = bool(closing), [line.strip() for line in block.splitlines() if _FENCED.match(line)]
        for fence in fences:
            mark = fence[:2] if fence.startswith("$$") else fence[:3]
            if not closing and not (mark == "$$" and fence.count("$$") > 1):
                closing = mark
            elif fence.startswith(closing):
                closing = ""
        if not inside and not fences and not block.lstrip().startswith(("#", "|")):
            yield block.strip()


def _changed(block: str, name: str, invented: str, dice: random.Random) -> str:
    """Exchange the name and the numbers, leave sentences out; "" when that changes nothing."""
    made = _NUMBER.sub(lambda match: _other(match[0], dice), _exactly(name).sub(invented, block))
    if made == block:
        return ""
    lines = []
    for line in made.splitlines():
        sentences = _SENTENCE_END.split(line)
        lines.append("".join(s for s in sentences if len(sentences) == 1 or dice.random() < 0.8))
    return "\n".join(line for line in lines if line.strip())


def _other(number: str, dice: random.Random) -> str:
    """Return another number of as many digits; that of a list's item stays."""
    if not number.isdigit():
        return number
    while True:
        made = dice.choice("123456789") + "".join(dice.choices("0123456789", k=len(number) - 1))
        if made != number:
            return made


def documents(outline: str, entries: Sequence[Entry], shares: Sequence[float] = SHARES) -> tuple[list[str], list[str]]:
    """Return a document for each share above 0, and the invented names in them.

    With the first k documents, the k-th share of the characters of outline and documents is distracting. Raises
    ValueError for shares that do not rise, are not below 1, or when no entry can be distorted.
    """
    wanted = [share for share in shares if share]
    if wanted != sorted(set(wanted)) or any(not 0 < share < 1 for share in wanted):
        raise ValueError(f"shares of noise must rise from 0 to below 1, not {shares!r}")
    passages, names, made, length = _passages(outline, entries), list[str](), list[str](), 0
    for number, share in enumerate(wanted, 1):
        parts = [f"# 补充笔记 {number}\n"]
        while length < share / (1 - share) * len(outline):
            passage, name = next(passages)
            parts.append(passage)
            names.append(name)
            length += len(passage)
        made.append("\n".join(parts))
    return made, names


def _passages(outline: str, entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    """Yield distracting passages without end, every entry in turn, in another order each round."""
    named, dice = subjects(entries), random.Random(SEED)
    usable = [each for each in entries if each.id in named and near_miss(each, named[each.id], dice, outline)]
    if not usable:
        raise ValueError("no entry of the outline names anything that could be exchanged")
    while True:
        for entry in dice.sample(usable, len(usable)):
            if passage := near_miss(entry, named[entry.id], dice, outline):
                yield passage


def write(folder: Path, texts: Sequence[str]) -> list[Path]:
    """Write the documents as noise-1.md and so on; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{PREFIX}{number}.md" for number in range(1, len(texts) + 1)]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8", newline="\n")
    return paths
