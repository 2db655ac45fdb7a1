"""One tokenisation for indexing and asking: Chinese words and their parts, English stems, terms of a field."""

import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import jieba
import snowballstemmer

from ingest.words.text import normalise

# Scripts without spaces start at U+2E80 (CJK, kana, hangul); every other letter or digit makes spaced words.
_SPACED = r"[^\W_\u2e80-\U0010ffff]"
_UNSPACED = r"[^\W_\x00-\u2e7f]"
_WORD = rf"{_SPACED}+(?:'{_SPACED}+|(?<=\d)\.\d+{_SPACED}*|[-_]+{_SPACED}+)*"  # gpt-3.5, batch_size, don't
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
        return list(self._terms(normalise(text), self._token))

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
        parts = re.split("[-_]+", word)
        known = self._compounds.get(self._stem("".join(parts)))
        if known:
            return known
        stems = [self._stem(part) for part in parts]
        if len(parts) == 1:
            return (stems[0],)
        content = (stem for stem, part in zip(stems, parts, strict=True) if part not in self._stop_words)
        return "-".join(stems), *content

    def _stem(self, word: str) -> str:
        """Stem an English word; names, numbers and short words stay, but a name loses a plural s: gpus, gpu."""
        if word[-1:] == "s" and word[:-1] in self._names:
            return word[:-1]
        if word in self._names or len(word) <= 3 or not word.replace("'", "").isalpha():
            return word
        return str(snowballstemmer.stemmer("english").stemWord(word))  # a stemmer holds the word: one each call


def _segmenter(words: Sequence[str]) -> jieba.Tokenizer:
    """Build jieba's prefix dictionary in memory.

    Its own `initialize` would unmarshal a cache from a fixed path in the shared temporary folder, where
    anyone can put a file, and log to stderr.
    """
    segmenter = jieba.Tokenizer()
    segmenter.FREQ, segmenter.total = segmenter.gen_pfdict(segmenter.get_dict_file())
    segmenter.initialized = True
    for word in words:
        segmenter.add_word(word)
    return segmenter


def _mixed_pattern(term: str) -> str:
    """Match a mixed-script term as it is or with a space where the scripts meet: KV缓存, KV 缓存."""
    pieces = re.findall(rf"{_UNSPACED}+|[^\u2e80-\U0010ffff]+", term)
    return rf"(?<!{_SPACED}){' ?'.join(map(re.escape, pieces))}"
