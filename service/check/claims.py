"""What a sentence commits itself to that a passage must have too: numbers, names, formulas, negation, direction."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from ingest.words.text import normalise
from ingest.words.words import Words

MARKUP = re.compile(r"\*\*|__|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)|^[ \t]*(?:[-*+>]|#{1,6}|\d{1,3}[.)])[ \t]+", re.MULTILINE)
NUMBER = re.compile(r"(?<![a-z\d_.-])\d+(?:[.,]\d+)*")
INLINE = re.compile(r"`([^`\n]+)`|\$\$([^$]+)\$\$|\$([^$\n]+)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_.][A-Za-z0-9]+)*")
HAN = re.compile(r"[\u3400-\u9fff]")
PIECE = re.compile(r"[a-z0-9]+")
# Names that any passage of the trade has, whether it spells them or not.
PLAIN = frozenset({"ai", "llm", "nlp", "e.g", "i.e", "vs", "etc", "ok"})
NEGATIVE = re.compile(
    r"不(?!同|仅|只是|但|断|过|管|论|一定只|少)|没有?|无(?!论|监督|缝|关紧要)|未(?!来)|非(?!常|线性|参数|结构|自回归)|避免|防止|缺[乏少]"
    r"|\b(?:not|no|never|none|cannot|without|neither|nor|lacks?|avoid\w*|prevent\w*|unable|hardly|barely|impossible)\b|n't\b"
)
MORE = re.compile(r"越([\u3400-\u9fff]{1,2}?)[^越；;。]{0,16}越([\u3400-\u9fff]{2}|[\u3400-\u9fff])")
SPACE = re.compile(r"[^\w]+")
# Two and more: "one" and "一" are articles and pronouns more often than numbers.
ENGLISH = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
COUNTS = {"两": "2"} | {word: str(n) for words in (ENGLISH, "二三四五六七八九十") for n, word in enumerate(words, 2)}
COUNTED = re.compile(
    rf"\b({'|'.join(ENGLISH)})\b|([两二三四五六七八九十])(?=[个种类层步条项次阶维端部方])", re.IGNORECASE
)
DIGITS = re.compile(r"\d+")
CLAUSE = re.compile(r"[，,；;。！？!?\n]|\.\s|——|\b(?:but|while|whereas|although)\b|但是?|而(?!且)")
# Where a sentence goes on to say one thing more, which is where a model adds what no source has.
FURTHER = re.compile(
    rf"{CLAUSE.pattern}|\b(?:and|which|so that|before|leading to)\b"
    r"|从而|(?<![可所])以(?![及便外内上下前后])(?=[\u3400-\u9fff])|并(?![行非])(?=[\u3400-\u9fff])"
)
# Words that point opposite ways; a sentence and its source must not stand on different sides.
OPPOSITES = tuple(
    (re.compile(one), re.compile(other))
    for one, other in (
        (
            r"提[高升]|增[加强大多]|上升|升高|变[大多高]|扩大|更[大多高强]|\b(?:increas|improv|rais|enhanc|boost|larger|higher|more|greater|strengthen)",
            r"降低|减[少小弱轻]|下降|变[小少低]|缩小|更[小少低弱]|节省|\b(?:reduc|decreas|lower|lessen|smaller|fewer|less|weaken|sav(?:e|ing))",
        ),
        (r"快|加速|\b(?:fast|quick|accelerat|speed)", r"慢|减速|\bslow"),
        (
            r"优[点势]|好处|\b(?:advantage|benefit|strength)",
            r"缺[点陷]|劣势|局限|弊端|\b(?:disadvantage|drawback|limitation|weakness)",
        ),
        (r"之?前|先|\b(?:before|first|prior)", r"之?后|\b(?:after|afterwards|later)"),
        (r"大于|高于|超过|优于|\b(?:exceed|above|better)", r"小于|低于|不如|劣于|\b(?:below|worse)"),
        (r"编码器|\bencoder", r"解码器|\bdecoder"),
        (r"浅层|低层|\b(?:shallow|lower layer)", r"深层|高层|\b(?:deep|upper layer)"),
        (r"单向|\bunidirectional", r"双向|\bbidirectional"),
        (r"显式|\bexplicit", r"隐式|\bimplicit"),
        (r"输入|\binput", r"输出|\boutput"),
        (r"冻结|固定|\b(?:frozen|freez|fixed)", r"更新|解冻|\b(?:updat|unfreez)"),
        (r"(?<!无)监督|\bsupervised", r"无监督|\bunsupervised"),
    )
)  # fmt: skip


def plain(text: str) -> str:
    """Return text without Markdown's emphasis and markers."""
    return MARKUP.sub("", text).strip()


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


def names(text: str) -> set[str]:
    """Return the Latin-script names: any Latin word in a Chinese sentence; in English what is not spelt as a word."""
    without = INLINE.sub(" ", text)
    chinese = is_chinese(without)
    return {word for word in LATIN.findall(without) if _names(word, chinese) and word.lower() not in PLAIN}


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
    named = names(claim)
    if not named:
        return None
    spelt = set(PIECE.findall(text.lower()))
    left = [word for word in sorted(named) if not set(PIECE.findall(word.lower())) <= spelt]
    if not left:
        return None
    said = words.widened(text)
    return next((word for word in left if not {*words.terms(word)} <= said), None)


def clauses(text: str, cut: re.Pattern[str] = CLAUSE) -> Iterator[str]:
    """Yield the clauses of a sentence that say something; with FURTHER the things said within them, one by one."""
    for part in cut.split(text):
        if part.strip():
            yield part


def miscounted(claim: str, source: str) -> bool:
    """Whether a claim counts something, in a word, by a number that the source has neither as a word nor in digits."""
    said = {COUNTS[(one or other).lower()] for one, other in COUNTED.findall(claim)}
    if not said:
        return False
    spelt = {COUNTS[word] for word in (*PIECE.findall(source.lower()), *source) if word in COUNTS}
    return not said <= spelt | set(DIGITS.findall(source))


def contradicts(words: Words, claim: str, source: str) -> tuple[bool, bool]:
    """Compare each clause with the source's most like it: is only one negated, do they point opposite ways?

    Clauses are aligned by shared terms; one that shares less than a third of its own says something else.
    """
    said = [(part, words.widened(part)) for part in clauses(normalise(source))]
    negated = opposite = False
    for part in clauses(normalise(plain(claim))):
        own = set(words.terms(part))
        if not own or not said:
            continue
        best, shared = max(((text, len(own & spelt)) for text, spelt in said), key=lambda pair: pair[1])
        if shared * 3 < len(own):
            continue
        negated |= bool(NEGATIVE.search(part)) != bool(NEGATIVE.search(best))
        opposite |= any(_across(part, best, one, other) for one, other in OPPOSITES)
    return negated, opposite or _turned(plain(claim), plain(source))


def _turned(claim: str, source: str) -> bool:
    """Whether "the lower, the more diverse" is said where the source pairs one of the two with something else."""
    ours, theirs = set(MORE.findall(claim)), set(MORE.findall(source))
    return any(pair not in theirs and any(a == pair[0] or b == pair[1] for a, b in theirs) for pair in ours)


def edited(claim: str, source: str) -> bool:
    """Whether a claim copies its source but for a character or two of its own, which is where copies go wrong."""
    ours, theirs = SPACE.sub("", normalise(claim)), SPACE.sub("", normalise(source))
    steps = SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes()
    own = sum(b - a for step, a, b, _, _ in steps if step != "equal")
    return 0 < own <= 2 and len(ours) >= 8


def _across(claim: str, source: str, one: re.Pattern[str], other: re.Pattern[str]) -> bool:
    sides = [(bool(one.search(text)), bool(other.search(text))) for text in (claim, source)]
    return sides in ([(True, False), (False, True)], [(False, True), (True, False)])
