"""One tokenisation for indexing and asking: Chinese words and their parts, English stems, domain terms."""

import hashlib
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock

import jieba
import opencc
import snowballstemmer

_ASCII_PUNCTUATION = str.maketrans({"’": "'", "‐": "-"})  # don’t; the hyphen NFKC makes of U+2011

# Scripts without spaces start at U+2E80 (CJK, kana, hangul); every other letter or digit makes spaced words.
_SPACED = r"[^\W_\u2e80-\U0010ffff]"
_UNSPACED = r"[^\W_\x00-\u2e7f]"
_WORD = rf"{_SPACED}+(?:'{_SPACED}+|(?<=\d)\.\d+{_SPACED}*|[-_]+{_SPACED}+)*"  # gpt-3.5, batch_size, don't
_ORDER = r"(?<![a-z0-9])o\([^()]{1,20}\)"  # complexity: o(n2), o(n log n)

_lock = Lock()
_simplified = opencc.OpenCC("t2s")


def normalise(text: str) -> str:
    """Fold full-width forms (NFKC), case and traditional characters; lengths change, so offsets are lost.

    Raises UnicodeEncodeError on a lone surrogate, which no UTF-8 document holds.
    """
    folded = unicodedata.normalize("NFKC", text).lower().translate(_ASCII_PUNCTUATION)
    return folded if folded.isascii() else str(_simplified.convert(folded))


def terms(text: str) -> list[str]:
    """Return the search terms of a text in reading order, a compound before its parts; [] if it has none."""
    lexicon = _lexicon()
    return list(_terms(normalise(text), lexicon, lexicon.token))


@lru_cache(maxsize=4096)
def vocabulary(text: str) -> frozenset[str]:
    """Return the distinct search terms of a text; kept, as the same chunks are looked at for every question."""
    return frozenset(terms(text))


@dataclass(frozen=True)
class _Lexicon:
    """The segmenter, terms.txt and stop_words.txt; nothing changes after loading, so threads share it."""

    segmenter: jieba.Tokenizer
    stop_words: frozenset[str]
    names: frozenset[str]
    compounds: dict[str, tuple[str, ...]]  # stem of the joined spelling -> the compound, then its parts
    token: re.Pattern[str]  # mixed | order | word | unspaced
    plain: re.Pattern[str]  # the same without mixed terms, for their parts


def _lexicon() -> _Lexicon:
    with _lock:
        return _load()


@cache
def _load() -> _Lexicon:
    entries = [normalise(line) for line in _lines("terms.txt")]
    stop_words = frozenset(word for line in _lines("stop_words.txt") for word in line.split())
    latin = [entry for entry in entries if entry.isascii()]
    unspaced = [entry for entry in entries if re.fullmatch(f"{_UNSPACED}+", entry)]
    mixed = sorted(set(entries).difference(latin, unspaced), key=len, reverse=True)
    names = frozenset(entry for entry in latin if not re.search(r"[-|]", entry))
    compounds: dict[str, tuple[str, ...]] = {}
    for entry in latin:
        parts = re.split(r"[-|]", entry)
        if len(parts) > 1:
            stems = (_stem(part, names) for part in parts if part not in stop_words)
            compounds[_stem("".join(parts), names)] = (entry.replace("|", ""), *stems)
    plain = f"(?P<order>{_ORDER})|(?P<word>{_WORD})|(?P<unspaced>{_UNSPACED}+)"
    token = f"(?P<mixed>{'|'.join(map(_mixed_pattern, mixed))})|{plain}"
    return _Lexicon(_segmenter(unspaced), stop_words, names, compounds, re.compile(token), re.compile(plain))


def _path(name: str) -> Path:
    folder = Path(__file__).parents[1] / "packs" / "llm-interview" if name == "terms.txt" else Path(__file__).parent
    return folder / name


def _lines(name: str) -> list[str]:
    lines = _path(name).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _segmenter(words: list[str]) -> jieba.Tokenizer:
    """Build jieba's prefix dictionary in memory, about 1 s.

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


def _terms(text: str, lexicon: _Lexicon, token: re.Pattern[str]) -> Iterator[str]:
    for match in token.finditer(text):
        found = match.group()
        match match.lastgroup:
            case "word":
                yield from _word_terms(found)
            case "unspaced":
                # No guessed words (HMM): an unknown one falls to characters, which match wherever they stand.
                for word in lexicon.segmenter.cut(found, HMM=False):
                    yield from _unspaced_terms(word)
            case "mixed":
                yield found.replace(" ", "")
                yield from _terms(found, lexicon, lexicon.plain)
            case "order":
                yield re.sub(r"[\s^]", "", found)
                yield from _terms(found[2:-1].replace("^", ""), lexicon, lexicon.plain)


@lru_cache(maxsize=65_536)
def _unspaced_terms(word: str) -> tuple[str, ...]:
    """Return a segmented word and every shorter dictionary word in it.

    jieba's cut_for_search stops at three characters, which would hide 语言模型 in 大型语言模型.
    """
    lexicon = _lexicon()
    known = lexicon.segmenter.FREQ
    inner = (word[i : i + n] for n in range(2, len(word)) for i in range(len(word) - n + 1))
    return tuple(w for w in (word, *(w for w in inner if known.get(w))) if w not in lexicon.stop_words)


@lru_cache(maxsize=65_536)
def _word_terms(word: str) -> tuple[str, ...]:
    """Return the stem of a word, preceded by the compound it is part of: self-attention, self, attention."""
    lexicon = _lexicon()
    if word in lexicon.stop_words:
        return ()
    parts = re.split("[-_]+", word)
    known = lexicon.compounds.get(_stem("".join(parts), lexicon.names))
    if known:
        return known
    stems = [_stem(part, lexicon.names) for part in parts]
    if len(parts) == 1:
        return (stems[0],)
    content = (stem for stem, part in zip(stems, parts, strict=True) if part not in lexicon.stop_words)
    return "-".join(stems), *content


def _stem(word: str, names: frozenset[str]) -> str:
    """Stem an English word; names, numbers and short words stay, but a name loses a plural s: gpus, gpu."""
    if word[-1:] == "s" and word[:-1] in names:
        return word[:-1]
    if word in names or len(word) <= 3 or not word.replace("'", "").isalpha():
        return word
    return str(snowballstemmer.stemmer("english").stemWord(word))  # a stemmer holds the word: one each call


def rarity(term: str) -> float:
    """Return how rare a Chinese term is in general text, 0.05 to 1, by jieba's word counts; 1 when it has none."""
    count = _lexicon().segmenter.FREQ.get(term) or 0
    return min(1.0, max(0.05, 1 - math.log(count + 1) / math.log(30_000)))


def fingerprint() -> str:
    """Name everything that can change how a text is tokenised; an index made otherwise is rebuilt."""
    data = b"".join(_path(name).read_bytes() for name in ("text.py", "terms.txt", "stop_words.txt"))
    return f"text:{hashlib.sha256(data).hexdigest()[:12]}"
