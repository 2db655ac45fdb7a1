"""One tokenisation for indexing and asking: Chinese words and their parts, English stems, terms of a field."""

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain

import jieba
import snowballstemmer

from ingest.words.dictionary import counts
from ingest.words.text import normalise, visible

# Scripts without spaces start at U+2E80 (CJK, kana, hangul); every other letter or digit makes spaced words.
_SPACED = r"[^\W_\u2e80-\U0010ffff]"
_UNSPACED = r"[^\W_\x00-\u2e7f]"
_HUMP = "\x1f"  # where the words of MultiheadAttention meet, while it is cut
_JOINED = rf"'{_SPACED}+|(?<=\d)\.\d+{_SPACED}*|(?:[-_]+|\.(?=[a-z_])_*|{_HUMP}){_SPACED}+"
_WORD = rf"(?<![a-z0-9_])[a-z](?:\+\+|\#)|{_SPACED}+(?:{_JOINED})*"  # c++; gpt-3.5, batch_size, don't, nn.linear
_HUMPS = re.compile(r"(?<=[a-z]{2})(?=[A-Z][a-z]{2})|(?<=[A-Z]{2})(?=[A-Z][a-z]{3})")  # layerNorm, RMSNorm; not PyTorch
_VERSION = re.compile(r"v\d[\d.]*")
# Formulas write Greek letters, or their names: ΔW, \Delta W.
_GREEK = {
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "ε": "epsilon",
    "ζ": "zeta",
    "η": "eta",
    "θ": "theta",
    "ι": "iota",
    "κ": "kappa",
    "λ": "lambda",
    "μ": "mu",
    "ν": "nu",
    "ξ": "xi",
    "ο": "omicron",
    "π": "pi",
    "ρ": "rho",
    "σ": "sigma",
    "τ": "tau",
    "υ": "upsilon",
    "φ": "phi",
    "χ": "chi",
    "ψ": "psi",
    "ω": "omega",
}
_ORDER = r"(?<![a-z0-9])o\([^()]{1,20}\)"  # complexity: o(n2), o(n log n)
_COMMON = math.log(30_000)  # count of a word, in jieba's dictionary, that names nothing


class Tokeniser:
    """Cuts texts into search terms; nothing changes after loading, so threads share it."""

    def __init__(self, listed: Sequence[str], stop_words: frozenset[str]) -> None:
        """Take the terms of a field, as its terms.txt lists them, and build the segmenter, about 1 s."""
        entries = [normalise(line) for line in listed]
        latin = [entry for entry in entries if entry.isascii()]
        unspaced = [entry for entry in entries if re.fullmatch(f"{_UNSPACED}+", entry)]
        mixed = sorted(set(entries).difference(latin, unspaced), key=len, reverse=True)
        self._stop_words = stop_words
        self._segmenter = _segmenter(unspaced)
        self._names = frozenset(entry for entry in latin if not re.search(r"[-|]", entry))
        self._compounds = self._joined(latin)  # stem of the joined spelling -> the compound, then its parts
        plain = f"(?P<order>{_ORDER})|(?P<word>{_WORD})|(?P<unspaced>{_UNSPACED}+)"
        self._plain = re.compile(plain)  # the same as `_token` without mixed terms, for their parts
        self._token = re.compile(f"(?P<mixed>{'|'.join(map(_mixed_pattern, mixed))})|{plain}" if mixed else plain)
        self._word_terms = lru_cache(65_536)(self._terms_of_word)
        self._unspaced_terms = lru_cache(65_536)(self._terms_of_unspaced)

    def terms(self, text: str) -> list[str]:
        """Return the search terms of a text in reading order, a compound before its parts; [] if it has none."""
        cased = unicodedata.normalize("NFKC", visible(text))
        return list(self._terms(normalise(_HUMPS.sub(_HUMP, cased)), self._token))

    def segments(self, text: str) -> list[str]:
        """Return the words of a text without spaces, normalised, as it is cut; each character of an unknown one."""
        return list(self._segmenter.cut(text, HMM=False))

    def rarity(self, term: str) -> float:
        """Return how rare a Chinese term is in general text, 0.05 to 1, by jieba's word counts; 1 when it has none."""
        count = self._segmenter.FREQ.get(term) or 0
        return min(1.0, max(0.05, 1 - math.log(count + 1) / _COMMON))

    def _joined(self, latin: Sequence[str]) -> dict[str, tuple[str, ...]]:
        compounds: dict[str, tuple[str, ...]] = {}
        for entry in latin:
            parts = re.split(r"[-|]", entry)
            if len(parts) > 1:
                stems = (self._stem(part) for part in parts if part not in self._stop_words)
                compounds[self._stem("".join(parts))] = (entry.replace("|", ""), *stems)
        return compounds

    def _terms(self, text: str, token: re.Pattern[str]) -> Iterator[str]:
        for match in token.finditer(text):
            found = match.group()
            match match.lastgroup:
                case "word":
                    yield from self._word_terms(found)
                case "unspaced":
                    # No guessed words (HMM): an unknown one falls to characters, which match wherever they stand.
                    for word in self._segmenter.cut(found, HMM=False):
                        yield from self._unspaced_terms(word)
                case "mixed":
                    yield found.replace(" ", "")
                    yield from self._terms(found, self._plain)
                case "order":
                    yield re.sub(r"[\s^]", "", found)
                    yield from self._terms(found[2:-1].replace("^", ""), self._plain)

    def _terms_of_unspaced(self, word: str) -> tuple[str, ...]:
        """Return a segmented word and every shorter dictionary word in it.

        jieba's cut_for_search stops at three characters, which would hide 语言模型 in 大型语言模型.
        """
        known = self._segmenter.FREQ
        inner = (word[i : i + n] for n in range(2, len(word)) for i in range(len(word) - n + 1))
        return tuple(w for w in (word, *(w for w in inner if known.get(w))) if w not in self._stop_words)

    def _terms_of_word(self, word: str) -> tuple[str, ...]:
        """Return the stem of a word, preceded by the compound it is part of: self-attention, self, attention."""
        if word in self._stop_words:
            return ()
        units = [unit for unit in re.split(r"[-_]+|\.(?=[a-z_])_*", word) if unit]
        known = self._compounds.get(self._stem("".join(units).replace(_HUMP, "")))
        if known:
            return known
        whole = [self._stem(unit.replace(_HUMP, "")) for unit in units]
        content = [stem for stem, unit in zip(whole, units, strict=True) if unit not in self._stop_words]
        found = ("-".join(whole), *content) if len(units) > 1 else tuple(whole)
        return tuple(dict.fromkeys((*found, *chain.from_iterable(map(self._parts, units)))))

    def _parts(self, unit: str) -> Iterator[str]:
        """Yield what a word without hyphens holds: words that meet at capitals, a version, a Greek letter's name."""
        if _HUMP in unit:
            yield from (self._stem(part) for part in unit.split(_HUMP) if part not in self._stop_words)
        if _VERSION.fullmatch(unit):
            yield unit[1:]
        greek = [letter for letter in unit if letter in _GREEK]
        if len(greek) == 1:  # more are a word of that language
            yield _GREEK[greek[0]]
            yield from filter(None, unit.split(greek[0]))

    def _stem(self, word: str) -> str:
        """Stem an English word; names, numbers and short words stay, but a name loses a plural s: gpus, gpu."""
        if word[-1:] == "s" and word[:-1] in self._names:
            return word[:-1]
        if word in self._names or len(word) <= 3 or not word.replace("'", "").isalpha():
            return word
        return str(snowballstemmer.stemmer("english").stemWord(word))  # a stemmer holds the word: one each call


def _segmenter(words: Sequence[str]) -> jieba.Tokenizer:
    """Build jieba's prefix dictionary; its own `initialize` would log to stderr, too."""
    segmenter = jieba.Tokenizer()
    segmenter.FREQ, segmenter.total = counts()
    segmenter.initialized = True
    for word in words:
        segmenter.add_word(word)
    return segmenter


def _mixed_pattern(term: str) -> str:
    """Match a mixed-script term as it is or with a space where the scripts meet: KV缓存, KV 缓存."""
    pieces = re.findall(rf"{_UNSPACED}+|[^\u2e80-\U0010ffff]+", term)
    return rf"(?<!{_SPACED}){' ?'.join(map(re.escape, pieces))}"
