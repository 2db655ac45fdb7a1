"""The same question as other people would type it: with typos, in traditional characters, untidily, in English."""

import random
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Literal

import opencc

from eval.golden.question import GoldenQuestion

Variant = Literal["typos", "traditional", "untidy", "english"]
EVERY = 12  # characters for one fault
# What the input method offers beside the right character: it sounds or looks the same.
CONFUSED = {
    "的": "得地", "得": "的", "地": "的", "在": "再", "再": "在", "训": "驯讯", "型": "形", "形": "型", "模": "摸膜",
    "做": "作", "作": "做", "哪": "那", "那": "哪", "他": "它", "它": "他", "以": "已", "像": "象", "即": "既",
    "既": "即", "候": "侯", "部": "布", "布": "部", "份": "分", "分": "份", "带": "代", "代": "带", "进": "近",
    "近": "进", "记": "计", "计": "记", "机": "几", "权": "全", "种": "重", "重": "种", "量": "亮", "层": "曾",
    "网": "往", "络": "落", "预": "予", "练": "炼连", "数": "树", "据": "剧句", "文": "问", "问": "文", "检": "捡",
    "索": "锁", "召": "招", "微": "为", "调": "掉", "语": "雨", "言": "严", "解": "结", "结": "解", "码": "马",
    "向": "像", "缓": "换", "存": "村", "推": "退", "理": "里", "注": "主", "意": "义", "力": "利", "失": "时",
    "化": "画", "词": "辞", "优": "忧", "答": "达", "幻": "换", "觉": "决", "嵌": "欠", "参": "餐", "低": "底",
    "秩": "质", "损": "笋", "样": "洋", "流": "留", "生": "声", "成": "城", "式": "是", "是": "事", "时": "是",
    "么": "吗", "为": "位", "位": "为", "用": "佣", "原": "源", "因": "音", "区": "曲", "别": "憋", "系": "细",
    "统": "同", "算": "蒜", "法": "发", "率": "律", "度": "渡", "长": "常", "常": "长", "应": "因", "评": "平",
    "估": "固", "标": "表", "指": "只", "较": "叫", "会": "回", "和": "合",
}  # fmt: skip
# Without them, or with them, a question asks something else.
KEPT = set("不没非无未否零一二两三四五六七八九十百千万亿几半多少")
DROPPED = set("的了个呢吗么着里")  # a word with another character left out may be another word
NEIGHBOURS = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl",
    "p": "ol", "a": "qsz", "s": "adw", "d": "sfe", "f": "dgr", "g": "fht", "h": "gjy", "j": "hku", "k": "jli",
    "l": "kop", "z": "xa", "x": "zcs", "c": "xvd", "v": "cbf", "b": "vng", "n": "bmh", "m": "nj",
}  # fmt: skip
_WORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{3,}(?![A-Za-z0-9])")
_SHORT_WORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}(?![A-Za-z0-9])")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]+")
# Not between digits, nor in names as GPT-4 or C++.
_POINT = re.compile(r"[，。？！、；：“”‘’（）《》【】…?!;\"()]|(?<!\d)[,:.](?!\d)|[,:.](?=\s|$)")
_BESIDE_HAN = re.compile(r"(?<=[\u4e00-\u9fff]) +(?=[A-Za-z0-9])|(?<=[A-Za-z0-9]) +(?=[\u4e00-\u9fff])")


def _renamed(question: GoldenQuestion, variant: Variant, text: str) -> GoldenQuestion:
    return replace(question, id=f"{question.id}#{variant}", question=text)


def _dice(question: GoldenQuestion, variant: Variant) -> random.Random:
    return random.Random(f"{question.id}#{variant}")


def typos(question: GoldenQuestion) -> GoldenQuestion:
    """Make one fault for 12 characters, at least one where there is a place for it; digits stay as they are."""
    dice, text = _dice(question, "typos"), question.question
    wanted = max(1, len(text) // EVERY)
    faulty: set[int] = set()  # where characters were changed: faults stay apart
    made: list[tuple[int, int, str]] = []
    for start, end in _drawn(_places(text), text, dice):
        if len(made) == wanted:
            break
        if faulty.isdisjoint(range(start - 1, end + 1)):
            made.append((start, end, _slip(text[start:end], dice)))
            faulty |= set(range(start, end))
    for start, end, slip in sorted(made, reverse=True):
        text = text[:start] + slip + text[end:]
    return _renamed(question, "typos", text)


def _places(text: str) -> list[tuple[int, int]]:
    """Return the spans that may be mistyped: single Chinese characters and whole Latin words."""
    han = [m.span() for m in _HAN.finditer(text) if m[0] not in KEPT]
    words = [m.span() for m in _WORD.finditer(text)]
    return han + words or [m.span() for m in _SHORT_WORD.finditer(text)]


def _drawn(places: list[tuple[int, int]], text: str, dice: random.Random) -> list[tuple[int, int]]:
    """Order the places at random; confusable characters and Latin words tend to come first.

    Sampling without replacement by weight: Efraimidis & Spirakis 2006, "Weighted random sampling with a reservoir".
    """

    def key(place: tuple[int, int]) -> float:
        part = text[slice(*place)]
        return float(dice.random() ** (1 / (4 if part in CONFUSED or len(part) > 1 else 1)))

    return sorted(places, key=key, reverse=True)


def _slip(part: str, dice: random.Random) -> str:
    """Mistype one character or one word; the result differs from it."""
    if _HAN.match(part):
        if part in CONFUSED and dice.random() < 0.8:
            return dice.choice(CONFUSED[part])
        return "" if part in DROPPED and dice.random() < 0.5 else part * 2
    if len(part) == 2:
        return part[::-1] if part[0] != part[1] else part + part[-1]
    at = dice.randrange(1, len(part))  # people rarely miss the first letter
    kind = dice.choice(["adjacent", "swapped", "dropped"] if len(part) > 4 else ["adjacent", "swapped"])
    if kind == "dropped":
        return part[:at] + part[at + 1 :]
    before = max(at - 1, 1)
    if kind == "swapped" and part[before] != part[before + 1]:
        return part[:before] + part[before + 1] + part[before] + part[before + 2 :]
    near = dice.choice(NEIGHBOURS[part[at].lower()])
    return part[:at] + (near.upper() if part[at].isupper() else near) + part[at + 1 :]


@cache
def _to_traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")


def traditional(question: GoldenQuestion) -> GoldenQuestion:
    """Write the question in traditional characters; the conversation before it stays."""
    return _renamed(question, "traditional", _to_traditional().convert(question.question))


def untidy(question: GoldenQuestion) -> GoldenQuestion:
    """Write without punctuation, without spaces beside Chinese, names in any case, some in full-width letters."""
    dice = _dice(question, "untidy")
    text = " ".join(_POINT.sub(" ", _BESIDE_HAN.sub("", question.question)).split())

    def carelessly(word: re.Match[str]) -> str:
        cased = dice.choice([word[0], word[0].lower(), word[0].upper()])
        return "".join(chr(ord(letter) + 0xFEE0) for letter in cased) if dice.random() < 0.25 else cased

    return _renamed(question, "untidy", _LATIN.sub(carelessly, text))


RULES: dict[Variant, Callable[[GoldenQuestion], GoldenQuestion]] = {
    "typos": typos,
    "traditional": traditional,
    "untidy": untidy,
}


def changed(question: GoldenQuestion, variant: Variant) -> GoldenQuestion | None:
    """Return a rule's variant, None where it changes nothing: such a pair would only dilute the difference."""
    made = RULES[variant](question)
    return made if made.question != question.question else None
