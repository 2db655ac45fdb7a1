"""Exact answers about the outline itself (how many, which, what is 3.8), from the parsed entries."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.parse.outline import Entry
from ingest.words.text import normalise
from ingest.words.words import Words

NUMBERS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
NUMBERS |= {"十一": 11, "十二": 12}
WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
NUMBER = rf"(?P<n>\d{{1,2}}|{'|'.join(sorted([*NUMBERS, *WORDS], key=len, reverse=True))})"

COUNT = re.compile(r"几[道个条章节]|几题|多少|how many|number of|\bcount\b|[总一]共|共有|各有?几")
LIST = re.compile(
    r"哪些|哪几|哪[道个条题章]|列出|列一下|列举|\blist\b|\bwhich\b|what are|what (?:questions|entries)|\bshow\b|\bname\b|有什么题|有没有|is there|are there|看看|列表"
)
UNIT = re.compile(r"题|条目|问题|\bentr(?:y|ies)\b|\bquestions?\b|\bitems?\b|\btopics?\b")
# "问题" alone may be a problem of the subject (过拟合问题); these always mean the outline's own.
ENTRY_WORD = re.compile(r"(?<!问)题目?|条目|\bentr(?:y|ies)\b|\bquestions\b")
WHOLE = re.compile(r"大纲|全文|整[份个篇]|文档|\boutline\b|\bdocument\b|\boverall\b|in total|一共|总共")
PART = re.compile(r"[章节]|部分|板块|\bsections?\b|\bchapters?\b|\bparts?\b")
PARTS = re.compile(
    r"(?:[哪几多]|多少)[些几个一]*[章节]|哪[些几一]个?部分|几个?部分|章节目录"
    r"|(?:which|how many|what|all|list(?: the)?) (?:sections?|chapters?|parts)\b(?! \d)|table of contents"
)
STARS = re.compile(rf"{NUMBER}\s*(?:颗?星|-?\s*stars?)|(?P<s>★+)")
AT_LEAST = re.compile(r"以上|及以上|起|至少|不低于|at least|or (?:more|above|higher|better)|and (?:above|up)")
UNANSWERED = re.compile(
    r"(?:没|无|未|缺|不带|没有)[有写给作]*[过出上]?(?:答案|回答|作答|解答|内容|正文)|答案.{0,4}(?:空|缺|没)|空着|空白|只列|未答"
    r"|no answers?|unanswered|without (?:an |any )?answers?|(?:not|never|n't) (?:been |yet )?(?:answered|have (?:an )?answers?)"
    r"|missing answers?|lacks? (?:an )?answers?|not .{0,12}answered"
)
ANSWERED = re.compile(r"有答案|有回答|已[经回]?[回作]?答|带答案|\banswered\b|have (?:an )?answers?|with answers?")
ENTIRELY = re.compile(r"完全|全部|整章|一[个道]?.{0,4}都没|at all|entirely|completely|every|any")
ENTRY_ID = re.compile(r"(?<![\w.\-])(\d{1,2})\.(\d{1,2})(?![\d.])")
# "llama 3.1" is a model: of the words right before an entry's number only these go with one.
NAME = re.compile(
    r"\b(?!(?:entr(?:y|ies)|questions?|items?|is|are|does|to|of|in|for|about|and|or|with|explain|summari[sz]e|show|answer"
    r"|after|before|following|preceding|from|at|on)\b)"
    r"[a-z][\w-]*\s+$"
)
# Has an entry told, not only named.
TELL = r"怎么[答说]|解释|总结|概括|说说|讲讲|\b(?:says?|explain|covers?|summari[sz]e)\b"
ENTRY_ASK = re.compile(
    r"题|条目|问题|entry|question|item|是什么|讲什么|问的?是?什么|what(?:'s| is)|讲了|说了|内容|^\W*\d"
    r"|答案|颗星|\bstars\b|\banswered\b"
    rf"|{TELL}"
)
# What may be asked of a whole section that is named.
OF_SECTION = re.compile(
    r"叫什么|标题|主题|名[字称]|目录|全部|所有|题目|讲什么|是什么|关于什么|有答案|\btitle\b|\bname\b|called|\babout\b|\ball\b"
    r"|contents?\b|\bcover|have (?:any )?answers?|questions\b|entries\b"
)
NEXT = re.compile(r"下一[道个]?[题条]|后[面一]*一?[道个]?[题条]|\b(?:next|after|following)\b")
PREVIOUS = re.compile(r"上一[道个]?[题条]|前[面一]*一?[道个]?[题条]|\b(?:previous|before|preceding)\b")
CONTENT = re.compile(rf"答案(?!吗)|讲了|说了|内容|回答|\b(?:answer to|content)\b|{TELL}")
ORDINAL = re.compile(
    rf"第\s*{NUMBER}\s*[章节部]分?.{{0,4}}?第\s*(?P<m>\d{{1,2}}|[一二三四五六七八九十]+)\s*[题道个条]"
    rf"|question\s+(?P<m2>\d{{1,2}})\s+(?:of|in)\s+(?:section|chapter)\s+(?P<n2>\d{{1,2}})"
    rf"|(?:section|chapter)\s+(?P<n3>\d{{1,2}}),?\s+(?:question|entry|item)\s+(?P<m3>\d{{1,2}})"
)
SECTION = re.compile(
    rf"第\s*{NUMBER}\s*个?(?:大?章|节|部分|板块)|(?:section|chapter|part)\s*{NUMBER.replace('<n>', '<m>')}\b"
)
TOPIC = re.compile(
    r"(?:提到|关于|涉及|有关(?!于)|包含|讨论|谈到|围绕|(?<!\w)(?:about|mention(?:s|ing)?|cover(?:s|ing)?|related to|deal(?:s|ing)? with))"
    r"[了到过\s]*(?P<x>.+?)\s*(?:的?(?:题|条目|问题|有哪|有几|有多少|都有)|[的]\s*(?:$|[？?有])|(?:questions?|entries) |in section|in chapter|[?？,，。]|$)"
    r"|(?:entries|questions|ones|those|items)\s+on\s+(?P<y>.+?)\s*(?:in (?:section|chapter)|[?？,，.。]|$)"
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What was asked for and what it selects; `section` is None when all sections are meant."""

    kind: str  # "entry", "entries" or "sections"
    entries: tuple[Entry, ...]
    section: int | None
    stars: tuple[int, bool] | None  # a number, and whether more is meant too
    answered: bool | None
    topic: str | None
    listing: bool
    wants_answer: bool = False  # not the entry as such, but what it says


def outline_facts(question: str, entries: Sequence[Entry], words: Words) -> Facts | None:
    """Return what a question about the outline asks for, None when it is about the subject."""
    text = normalise(question)
    if not entries:
        return None
    by_id = {entry.id: entry for entry in entries}
    if named := _named(text, by_id, words):
        wants = len(named) == 1 and CONTENT.search(text) is not None
        return Facts("entry", named, None, None, None, None, True, wants)
    counts, lists = COUNT.search(text), LIST.search(text)
    section = _section(text, entries, words)
    if section and PART.search(text) and OF_SECTION.search(text) and len(words.terms(text)) <= 12:
        lists = lists or (None if counts else OF_SECTION.search(text))
        if not UNIT.search(text):
            inside = tuple(entry for entry in entries if entry.section == section)
            return Facts("entries", inside, section, None, None, None, True)
    if PARTS.search(text) and not (counts or lists):
        lists = PARTS.search(text)
    if not (counts or lists):
        return None
    stars, answered, topic = _stars(text), _answered(text), _topic(text, words)
    if PARTS.search(text) and not (topic and not answered):
        return Facts("sections", _sections(text, entries, answered), None, stars, answered, None, True)
    if section and answered and not (counts or stars or LIST.search(text)):
        answered = None  # "are they answered?" asks for all of them, each with its mark
    limits = section or stars or topic or answered is not None
    if not UNIT.search(text) or not (limits or (counts and (WHOLE.search(text) or ENTRY_WORD.search(text)))):
        return None
    if not (section or stars or answered is not None or WHOLE.search(text)) and not ENTRY_WORD.search(text):
        return None
    chosen = [
        entry
        for entry in entries
        if (section is None or entry.section == section)
        and (stars is None or entry.stars == stars[0] or (stars[1] and entry.stars > stars[0]))
        and (answered is None or entry.answered == answered)
        and (topic is None or _about(entry, topic, words))
    ]
    if topic and not chosen and not (section or stars):
        return None
    listing = bool(lists) or not counts or topic is not None
    return Facts("entries", tuple(chosen), section, stars, answered, topic, listing)


def _number(text: str | None) -> int:
    if not text:
        return 0
    return int(text) if text.isdigit() else NUMBERS.get(text, WORDS.get(text, 0))


def _named(text: str, by_id: dict[str, Entry], words: Words) -> tuple[Entry, ...]:
    """The entries a question names by number, when it is about them."""
    found = [
        f"{int(match[1])}.{int(match[2])}"
        for match in ENTRY_ID.finditer(text)
        if not NAME.search(text[: match.start()])
    ]
    for match in ORDINAL.finditer(text):
        first = _number(match["n"]) or _number(match["n2"]) or _number(match["n3"])
        second = _number(match["m"]) or _number(match["m2"]) or _number(match["m3"])
        found.append(f"{first}.{second}")
    rest = len(words.terms(ENTRY_ID.sub(" ", text)))
    if not ENTRY_ASK.search(text) or (rest > 8 and not re.search(r"entry|条目|题", text)):
        return ()
    named = tuple(by_id[key] for key in dict.fromkeys(found) if key in by_id)
    step = 1 if NEXT.search(text) else -1 if PREVIOUS.search(text) else 0
    if len(named) == 1 and step:
        order = list(by_id.values())
        place = order.index(named[0]) + step
        return tuple(order[place : place + 1]) if place >= 0 else named
    return named


def _section(text: str, entries: Sequence[Entry], words: Words) -> int | None:
    """The section that is named by number, or by words of its title next to a word for "section"."""
    if match := SECTION.search(text):
        return _number(match["n"] or match["m"])
    if not PART.search(text) and not UNIT.search(text):
        return None
    asked = set(words.terms(text))
    titles = {entry.section: words.vocabulary(entry.section_title) - {"llm", "模型"} for entry in entries}
    # Of two titles with as many of the words, the one that has fewer others is meant.
    shared = {number: (len(asked & title), -len(title)) for number, title in titles.items()}
    best = max(shared.values(), default=(0, 0))
    winners = [number for number, count in shared.items() if count == best]
    return winners[0] if best[0] and len(winners) == 1 and PART.search(text) else None


def _stars(text: str) -> tuple[int, bool] | None:
    """The one number of stars that is asked for; with several, all are meant and counted apart."""
    found = list(STARS.finditer(text))
    if len(found) != 1:
        return None
    match = found[0]
    number = len(match["s"]) if match["s"] else _number(match["n"])
    return (number, AT_LEAST.search(text) is not None) if 1 <= number <= 5 else None


def _answered(text: str) -> bool | None:
    if UNANSWERED.search(text):
        return False
    return True if ANSWERED.search(text) else None


def _topic(text: str, words: Words) -> str | None:
    match = TOPIC.search(text)
    topic = (match["x"] or match["y"] or "").strip(" \"'“”「」的了") if match else ""
    return topic if topic and words.terms(topic) and len(topic) <= 40 and not PART.fullmatch(topic) else None


def _about(entry: Entry, topic: str, words: Words) -> bool:
    wanted = set(words.terms(topic.replace("isation", "ization")))
    return wanted <= words.vocabulary(entry.question) or normalise(topic) in normalise(entry.question)


def _sections(text: str, entries: Sequence[Entry], answered: bool | None) -> tuple[Entry, ...]:
    """All entries of the sections that qualify: with entries of that kind, or of no other kind at all."""
    if answered is None:
        return tuple(entries)
    chosen = {entry.section for entry in entries if entry.answered == answered}
    if ENTIRELY.search(text):
        chosen -= {entry.section for entry in entries if entry.answered != answered}
    return tuple(entry for entry in entries if entry.section in chosen)
