"""Numbers as they are written in questions: digits, Chinese numerals to ninety-nine, English words."""

from collections.abc import Iterator
from itertools import groupby

CHINESE = {numeral: value for value, numeral in enumerate("零一二三四五六七八九十")} | {"两": 2}
ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen",
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth",
)
WORDS = {word: value for line in ENGLISH for value, word in enumerate(line.split())}


def numbers(text: str) -> Iterator[tuple[int, int]]:
    """Yield the numbers in a text, in lower case, each with the place where it ends."""
    place = 0
    for _, run in groupby(text, _script):
        word = "".join(run)
        place += len(word)
        if (value := number(word)) is not None:
            yield value, place


def _script(char: str) -> str:
    """Tell digits, Latin letters, Chinese numerals and all else apart."""
    if char in CHINESE:
        return "numeral"
    return "digit" if char.isdigit() else "letter" if char.isascii() and char.isalpha() else ""


def number(text: str) -> int | None:
    """Return the number that a text is, in lower case; None when it is none."""
    if text.isascii() and text.isdigit():
        return int(text) if int(text) < 100 else None
    return WORDS.get(text, _chinese(text))


def _chinese(text: str) -> int | None:
    """Read 七, 十一, 二十 or 二十三."""
    tens, ten, ones = text.rpartition("十")
    values = [CHINESE.get(part) if part else default for part, default in ((tens, 1 if ten else 0), (ones, 0))]
    if not text or None in values:
        return None
    return 10 * (values[0] or 0) + (values[1] or 0)
