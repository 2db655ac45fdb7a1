"""What a sentence commits itself to that a passage must have too: numbers, names, formulas, negation, direction."""

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from ingest.words.text import normalise
from ingest.words.words import Words
from service.language.numbers import NUMBERS
from service.language.rule import Rules, rules

# What begins an item of a list, a quotation or a heading.
MARKER = re.compile(r"[ \t]*(?:[-*+•>]|#{1,6}|\d{1,3}[.)、])[ \t]+")
MARKUP = re.compile(rf"\*\*|__|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)|^{MARKER.pattern}", re.MULTILINE)
NUMBER = re.compile(r"(?<![a-z\d_.-])\d+(?:[.,]\d+)*")
INLINE = re.compile(r"`([^`\n]+)`|\$\$([^$]+)\$\$|\$([^$\n]+)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_.][A-Za-z0-9]+)*")
HAN = re.compile(r"[\u3400-\u9fff]")
PIECE = re.compile(r"[a-z0-9]+")
SPACE = re.compile(r"[^\w]+")
DIGITS = re.compile(r"\d+")


def plain(text: str) -> str:
    """Return text without Markdown's emphasis and markers."""
    return MARKUP.sub("", text).strip()


def announces(text: str) -> bool:
    """Whether a text leads in to what stands below it."""
    return text.rstrip("*_ ").endswith((":", "："))


def numbers(text: str) -> set[str]:
    """Return the numbers in digits, without grouping commas and trailing zeros: 1,000 and 0.50 are 1000, 0.5."""
    found = (match.replace(",", "") for match in NUMBER.findall(normalise(plain(text))))
    return {n.rstrip("0").rstrip(".") if "." in n and n.count(".") == 1 else n for n in found}


def formulas(text: str) -> list[str]:
    """Return inline code and formulas, bare of layout."""
    return [bare("".join(groups)) for groups in INLINE.findall(text)]


def bare(text: str) -> str:
    """Return text as comparable code or formula: no white space, braces, backslashes or dollar signs."""
    return re.sub(r"[\s\\{}$`]", "", text).lower()


def names(words: Words, text: str) -> set[str]:
    """Return the Latin-script names: any Latin word in a Chinese sentence; in English what is not spelt as a word.

    Those that any passage of the field has are left out.
    """
    without = INLINE.sub(" ", text)
    chinese, common = is_chinese(without), rules("plain") + words.rules("plain")
    return {word for word in LATIN.findall(without) if _names(word, chinese) and not common.holds(word)}


def _names(word: str, chinese: bool) -> bool:
    return len(word) > 1 and (chinese or any(c.isupper() or c.isdigit() for c in word[1:]))


def is_chinese(text: str) -> bool:
    """Whether a text is Chinese rather than English: more characters of the one than words of the other."""
    return len(HAN.findall(text)) > len(LATIN.findall(text))


def alien(words: Words, claim: str, *sources: str) -> str | None:
    """Return the first number, formula or name of a claim that none of the sources has, None if they have all."""
    text = "\n".join(sources)
    known = numbers(text)
    if missing := next((n for n in sorted(numbers(INLINE.sub(" ", claim))) if n not in known), None):
        return missing
    solid = bare(text)
    if missing := next((f for f in formulas(claim) if f not in solid), None):
        return missing
    named = names(words, claim)
    if not named:
        return None
    spelt = set(PIECE.findall(text.lower()))
    left = [word for word in sorted(named) if not set(PIECE.findall(word.lower())) <= spelt]
    if not left:
        return None
    said = words.widened(text)
    return next((word for word in left if not {*words.terms(word)} <= said), None)


def clauses(text: str, further: bool = False) -> Iterator[str]:
    """Yield a sentence's clauses that say something, normalised; `further`: the things said within them, one by one."""
    cuts = rules("clause") + rules("further") if further else rules("clause")
    for part in cuts.cut(normalise(text)):
        if part.strip():
            yield part


def miscounted(claim: str, source: str) -> bool:
    """Whether a claim counts something, in a word, by a number that the source has neither as a word nor in digits."""
    measured = (match[0] for match in rules("counted").matches(claim))
    said = {NUMBERS.get(word, 1) for word in (*PIECE.findall(claim.lower()), *measured)} - {1}
    if not said:
        return False
    spelt = {NUMBERS[word] for word in (*PIECE.findall(source.lower()), *source) if word in NUMBERS}
    return not said <= spelt | {int(digits) for digits in DIGITS.findall(source)}


def contradicts(words: Words, claim: str, source: str) -> tuple[bool, bool]:
    """Compare each clause with the source's most like it: is only one negated, do they point opposite ways?

    Clauses are aligned by shared terms; one that shares less than a third of its own says something else.
    """
    said = [(part, words.widened(part)) for part in clauses(source)]
    opposites, affirmed = rules("opposite") + words.rules("opposite"), words.rules("affirmed")
    negated = opposite = False
    for part in clauses(plain(claim)):
        own = set(words.terms(part))
        if not own or not said:
            continue
        best, shared = max(((text, len(own & spelt)) for text, spelt in said), key=lambda pair: pair[1])
        if shared * 3 < len(own):
            continue
        negated |= _negated(part, affirmed) != _negated(best, affirmed)
        opposite |= _across(_sides(part, opposites), _sides(best, opposites))
    return negated, opposite or _turned(plain(claim), plain(source))


def _negated(clause: str, affirmed: Rules) -> bool:
    return rules("negation").holds(affirmed.blank(clause))


def _sides(clause: str, opposites: Rules) -> dict[str, set[str | None]]:
    """Return which of two opposites a clause has, by key: "one", "other", or both."""
    sides: dict[str, set[str | None]] = {}
    for rule in opposites:
        for match in rule.pattern.finditer(clause):
            sides.setdefault(rule.key, set()).add(match.lastgroup)
    return sides


def _across(claim: Mapping[str, set[str | None]], source: Mapping[str, set[str | None]]) -> bool:
    """Whether the two stand on different sides of anything; who names both sides stands on neither."""
    return any(
        len(claim[key]) == len(source[key]) == 1 and claim[key] != source[key] for key in claim.keys() & source.keys()
    )


def _turned(claim: str, source: str) -> bool:
    """Whether "the lower, the more diverse" is said where the source pairs one of the two with something else."""
    ours, theirs = ({match.groups() for match in rules("together").matches(text)} for text in (claim, source))
    return any(pair not in theirs and any(a == pair[0] or b == pair[1] for a, b in theirs) for pair in ours)


def edited(claim: str, source: str) -> bool:
    """Whether a claim copies its source but for a character or two of its own, which is where copies go wrong."""
    ours, theirs = SPACE.sub("", normalise(claim)), SPACE.sub("", normalise(source))
    steps = SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes()
    own = sum(b - a for step, a, b, _, _ in steps if step != "equal")
    return 0 < own <= 2 and len(ours) >= 8
