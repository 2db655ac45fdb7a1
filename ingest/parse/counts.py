"""What lists count by beside Markdown's own marks: `（1）`, `(a)`, `1）`, `1、`, `①`, `（一）`, `(ii)`."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

HAN = "零一二三四五六七八九"
ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv")
# How a mark counts, by name. A "(i)" is the first in Roman numerals or the ninth letter: what follows tells.
COUNTS: Mapping[str, str] = {
    "digits": r"[1-9１-９][0-9０-９]{0,2}",  # no year, and no code of a telephone
    "small": "[a-z]",
    "capital": "[A-Z]",
    "roman": "[ivx]{1,5}|[IVX]{1,5}",
    "han": "[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九]",
}
RINGED = "[①-⑳❶-❿➀-➉⑴-⒇㈠-㈩]"  # a sign of its own for each number
COUNT = "|".join(COUNTS.values())
# The marks are those of Chinese official documents (GB/T 9704-2012, 7.3.3; its 一、 is a heading's), of the lists of
# word processors (ECMA-376, ST_NumberFormat) and of statutes ((a), (i)).
MARK = re.compile(
    rf"\s*(?:\*\*|__)?(?:(?P<open>[(（])?(?P<count>{COUNT})[)）]|(?P<listed>[1-9]\d?)、(?!\s*\d)|(?P<ringed>{RINGED}))"
    r"[ \t]*(?=\S)"
)


@dataclass(frozen=True, slots=True)
class Count:
    """The place of an item in its list, from 1; `form` is what its mark has in common with those of its siblings."""

    form: str
    number: int


def counts_of(text: str) -> tuple[Count, ...]:
    """Return what the mark at the head of a line may count, one for each way to read it; () without a mark."""
    match = MARK.match(text)
    if not match:
        return ()
    if sign := match["ringed"]:
        return (Count(unicodedata.name(sign).split()[0], int(unicodedata.numeric(sign))),)
    if match["listed"]:
        return (Count("listed", int(match["listed"])),)
    around = "bracketed" if match["open"] else "closed"
    found = (
        (kind, _number(kind, match["count"])) for kind, form in COUNTS.items() if re.fullmatch(form, match["count"])
    )
    return tuple(Count(f"{around} {kind}", number) for kind, number in found if number)


def _number(kind: str, count: str) -> int:
    """Return what a count says, 0 for no number."""
    if kind == "digits":
        return int(count)
    if kind == "roman":
        return ROMAN.index(count.lower()) + 1 if count.lower() in ROMAN else 0
    if kind == "han":
        tens, ten, ones = count.rpartition("十")
        return HAN.index(ones or "零") + 10 * HAN.index(tens or "一") * len(ten)
    return ord(count.lower()) - ord("a") + 1
