"""The other names that documents give things themselves: 检索增强生成（Retrieval-Augmented Generation, RAG）."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

_BRACKET = re.compile(r"[（(]([^（）()\n]{2,80})[）)]")
_SEPARATOR = re.compile(r"[,，、;；/|]|[:：]|简称为?|缩写为?|英文名?|全称|又称|也称|即|\bi\.e\.|\baka\b|\babbr\.", re.I)
_MARKUP = re.compile(r"[*“”\"'「」]+|(?<![A-Za-z0-9])_+|_+(?![A-Za-z0-9])")
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.S)  # what it calls things are no names of theirs
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9+#&-]*(?: [A-Za-z0-9][A-Za-z0-9+#&-]*){0,5}")
_HAN = re.compile(r"[\u3400-\u9fff]{2,12}$")
_BEFORE = re.compile(r"[A-Za-z][A-Za-z0-9+#&-]*(?:[ -][A-Za-z0-9][A-Za-z0-9+#&-]*){0,7}$")
LONGEST = 12  # characters of a Chinese name, words of a Latin one
SEVERAL = 3  # surroundings in which a Chinese name stands, so that its beginning can be told; failing that, one less
MANY = 4  # names of one thing; more are several things that share one


def defined_names(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the names of each thing that the texts name in several ways, the way it was first written first.

    A Latin name before brackets is a long form when the letters of the short one stand in it in order, as Schwartz and
    Hearst have it (A simple algorithm for identifying abbreviation definitions in biomedical text, PSB 2003). A Chinese
    name begins where what stands before it varies. Names that several things share are left out.
    """
    plain = [_MARKUP.sub("", _CODE.sub(" ", unicodedata.normalize("NFKC", text))) for text in texts]
    whole = "\n".join(plain)
    pairs: Counter[tuple[str, str]] = Counter()
    for text in plain:
        for match in _BRACKET.finditer(text):
            pairs.update(_pairs(text[max(0, match.start() - 80) : match.start()].rstrip(), match[1], whole))
    return _things([pair for pair, times in pairs.items() if times > 1 or not _remark(*pair)])


def _remark(name: str, inside: str) -> bool:
    """Whether what stands in brackets may be a remark: Chinese after a Latin name, if it is written so once only."""
    return name.isascii() and not inside.isascii()


def _pairs(before: str, inside: str, whole: str) -> Iterator[tuple[str, str]]:
    """Yield what stands before brackets with each name inside them."""
    names = [name.strip() for name in _SEPARATOR.split(inside) if name.strip()]
    latin = [name for name in names if _LATIN.fullmatch(name) and not name.isdigit()]
    if found := _HAN.search(before):
        name = _beginning(found[0], whole)
        if name and latin and len(latin) == len(names):
            yield from ((name, other) for other in latin)
            yield from pairwise(latin)
    elif found := _BEFORE.search(before):
        for other in names:
            if short := _long_form(found[0], other):
                yield short, other
            elif long := _long_form(other, found[0].split()[-1]):
                yield found[0].split()[-1], long
            elif re.fullmatch(r"[\u3400-\u9fff]{2,10}", other) and len(found[0].split()) == 1 and len(names) == 1:
                yield found[0], other


def _beginning(run: str, whole: str) -> str:
    """Return the longest end of a run of Chinese that stands in several surroundings, "" for none."""
    ends = [run[-length:] for length in range(min(len(run), LONGEST), 1, -1)]
    before = {name: _surroundings(whole, name) for name in ends}
    for enough in (SEVERAL, SEVERAL - 1):
        if name := next((name for name in ends if len(before[name]) >= enough), ""):
            return name
    return run if len(run) <= LONGEST and before[run] & set("\n 。，、；：-#") else ""


def _surroundings(whole: str, name: str) -> set[str]:
    """Return SEVERAL of the characters that stand before a name, or all of them."""
    found: set[str] = set()
    at = whole.find(name)
    while at >= 0 and len(found) < SEVERAL:
        found.add(whole[at - 1] if at else "\n")
        at = whole.find(name, at + 1)
    return found


def _long_form(words: str, short: str) -> str:
    """Return the end of some words that a short form stands for, "" when it does for none."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9&-]{1,9}", short) or not any(letter.isupper() for letter in short[:-1]):
        return ""
    letters = [letter.lower() for letter in short if letter.isalnum()]
    at = len(words)
    for place, letter in reversed(list(enumerate(letters))):
        at = words.lower().rfind(letter, 0, at)
        while at > 0 and place == 0 and words[at - 1].isalnum():
            at = words.lower().rfind(letter, 0, at)
        if at < 0:
            return ""
    long = words[at:]
    fits = len(long) > len(short) and len(long.split()) <= min(len(letters) + 5, len(letters) * 2)
    return long if fits and short.lower() not in long.lower().split() else ""


def _things(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Join pairs that share a name."""
    beside: defaultdict[str, set[str]] = defaultdict(set)
    written: dict[str, str] = {}
    for pair in pairs:
        for name in pair:
            written.setdefault(name.lower(), name)
        one, other = (name.lower() for name in pair)
        if one != other:
            beside[one].add(other)
            beside[other].add(one)
    things: list[tuple[str, ...]] = []
    seen: set[str] = set()
    for name in written:
        if name in seen or name not in beside:
            continue
        thing, waiting = [], [name]
        while waiting:
            next_ = waiting.pop()
            if next_ not in seen:
                seen.add(next_)
                thing.append(written[next_])
                waiting += sorted(beside[next_])
        names = tuple(name for name in thing if not any(_longer(name, other) for other in thing))
        if 1 < len(names) <= MANY and _one_thing([name for name in names if name.isascii()]):
            things.append(names)
    return things


def _one_thing(latin: Sequence[str]) -> bool:
    """Whether Latin names are one, or forms of each other: examples in brackets are not."""
    pairs = combinations(latin, 2)
    return len(latin) < 2 or any(_long_form(a, b) or _long_form(b, a) for a, b in pairs)


def _longer(name: str, other: str) -> bool:
    """Whether a Chinese name is another one with something before it."""
    return name != other and not name.isascii() and name.endswith(other)
