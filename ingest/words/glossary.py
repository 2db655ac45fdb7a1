"""What else a thing is called: the search terms a question lacks, from the names that a pack lists."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from ingest.words.text import normalise
from ingest.words.tokeniser import Tokeniser

# A character of an unspaced script, a spaced word up to its hyphen, or a mark that no variant reaches across.
_PIECE = re.compile(r"[^\W_\x00-\u2e7f]|(?:[^\W_\u2e80-\U0010ffff]|(?<=\d)\.(?=\d)|')+|[,.;:!?、。]")


@dataclass(frozen=True)
class Glossary:
    """Concepts by the atoms of their variants: stems of spaced words, single characters of other scripts."""

    concepts: dict[tuple[str, ...], tuple[str, ...]]  # atoms of a variant -> search terms of all variants
    variants: dict[tuple[str, ...], tuple[tuple[str, ...], ...]]  # atoms of a variant -> search terms of each variant
    written: dict[tuple[str, ...], tuple[str, str]]  # atoms of a script's first variant -> it, and the other script's
    lengths: dict[str, tuple[int, ...]]  # first atom -> the lengths in atoms of the variants it begins
    tokeniser: Tokeniser

    @classmethod
    def parse(cls, source: str, tokeniser: Tokeniser) -> "Glossary":
        """Read concepts, one a line, of at least two variants separated by "|"; "#" begins a comment line.

        Raises ValueError for a line with fewer, a variant without a search term, and one listed twice, where
        variants that differ only in case, inflection, hyphens or stop words are the same.
        """
        concepts: dict[tuple[str, ...], tuple[str, ...]] = {}
        each: dict[tuple[str, ...], tuple[tuple[str, ...], ...]] = {}
        written: dict[tuple[str, ...], tuple[str, str]] = {}
        listed: dict[tuple[str, ...], int] = {}
        for number, line in enumerate(source.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            variants = [variant.strip() for variant in line.split("|")]
            if len(variants) < 2:
                raise ValueError(f"glossary line {number}: {line!r} has one variant; add another, after a '|'")
            names = tuple(tuple(tokeniser.terms(variant)) for variant in variants)
            found = tuple(dict.fromkeys(chain.from_iterable(names)))
            for variant in variants:
                atoms = _atoms(variant, tokeniser)
                if not tokeniser.terms(variant):
                    raise ValueError(f"glossary line {number}: {variant!r} has no search term; remove it")
                if atoms in listed:
                    both = f"glossary lines {listed[atoms]} and {number}"
                    raise ValueError(f"{both}: {variant!r} stands in both; keep one or join the lines")
                listed[atoms] = number
                concepts[atoms], each[atoms] = found, names
                if other := _translation(variant, variants):
                    written[atoms] = variant, other
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        for atoms in concepts:
            lengths[atoms[0]].add(len(atoms))
        return cls(concepts, each, written, {first: tuple(sizes) for first, sizes in lengths.items()}, tokeniser)

    def names(self, text: str) -> tuple[tuple[str, ...], ...]:
        """Return the search terms of each variant of the concept that a text names, () when it names none."""
        return self.variants.get(_atoms(text, self.tokeniser), ())

    def expand(self, text: str) -> list[str]:
        """Return the search terms of every concept mentioned that are not the text's own."""
        own = frozenset(self.tokeniser.terms(text))
        mentioned = (term for atoms in self._mentions(text, own) for term in self.concepts[atoms])
        return [term for term in dict.fromkeys(mentioned) if term not in own]

    def chinese_names(self, text: str) -> list[str]:
        """Return, for each concept mentioned, its first term that is not in Latin script, each once."""
        names = (
            next((term for term in self.concepts[atoms] if not term.isascii()), "")
            for atoms in self._mentions(text, frozenset(self.tokeniser.terms(text)))
        )
        return [name for name in dict.fromkeys(names) if name]

    def translations(self, text: str) -> list[tuple[str, str]]:
        """Return each concept that a text calls by its most usual name in a script, with that in the other one.

        A Latin one that only abbreviates has the long form before it: "large language model (LLM)".
        """
        mentions = self._mentions(text, frozenset(self.tokeniser.terms(text)))
        return list(dict(self.written[atoms] for atoms in mentions if atoms in self.written).items())

    def _mentions(self, text: str, own: frozenset[str]) -> list[tuple[str, ...]]:
        """Return the variants in the text, in its order; of those that overlap the longest, then the first.

        A single character counts only where it is a word: 层 in 模型的层, not in 层次.
        """
        atoms = _atoms(text, self.tokeniser)
        spans = [
            (start, stop)
            for start, first in enumerate(atoms)
            for stop in (start + size for size in self.lengths.get(first, ()))
            if stop <= len(atoms) and atoms[start:stop] in self.concepts and (stop > start + 1 or first in own)
        ]
        spans.sort(key=lambda span: span[0] - span[1])  # longest first; stable, so the first of equals
        taken: set[int] = set()
        kept = []
        for start, stop in spans:
            if taken.isdisjoint(range(start, stop)):
                taken.update(range(start, stop))
                kept.append((start, stop))
        return [atoms[start:stop] for start, stop in sorted(kept)]


def _translation(variant: str, variants: Sequence[str]) -> str:
    """Return the first variant of the other script, for the first of its own; "" for others, which may be no synonyms.

    One in capitals comes behind the first of several words.
    """
    same = [each for each in variants if each.isascii() == variant.isascii()]
    others = [each for each in variants if each.isascii() != variant.isascii()]
    if not others or variant != same[0]:
        return ""
    first = others[0]
    long = next((each for each in others if " " in each), "") if first.isascii() and first.isupper() else ""
    return f"{long} ({first})" if long else first


def _atoms(text: str, tokeniser: Tokeniser) -> tuple[str, ...]:
    return tuple(chain.from_iterable(_stems(piece, tokeniser) for piece in _PIECE.findall(normalise(text))))


def _stems(piece: str, tokeniser: Tokeniser) -> tuple[str, ...]:
    """Return a character or mark itself, the stems of a word: two of finetuning, none of a stop word."""
    if piece >= "\u2e80" or piece in ",.;:!?":
        return (piece,)
    stems = tuple(tokeniser.terms(piece))
    return stems[1:] or stems  # a compound stands before its parts
