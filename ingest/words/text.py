"""One form for texts that are compared: width, case and script folded away."""

import re
import unicodedata

import opencc

_ASCII_PUNCTUATION = str.maketrans({"’": "'", "‐": "-"})  # don’t; the hyphen NFKC makes of U+2011
# Soft hyphen, zero-width and joining characters, direction marks, variation selectors, byte order mark.
_INVISIBLE = re.compile(r"[\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_simplified = opencc.OpenCC("t2s")
_standard = opencc.OpenCC("tw2sp")


def visible(text: str) -> str:
    """Return a text without the characters that nobody sees, which part words all the same."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def simplified(text: str) -> str:
    """Return a text in simplified characters, of the same length."""
    return text if text.isascii() else str(_simplified.convert(text))


def standard(text: str) -> str:
    """Return a text in simplified characters and in the mainland's words: 代码 for 程式碼; its length changes."""
    return text if text.isascii() else str(_standard.convert(text))


def normalise(text: str) -> str:
    """Fold full-width forms (NFKC), case, traditional and invisible characters; lengths change, so offsets are lost.

    Raises UnicodeEncodeError on a lone surrogate, which no UTF-8 document holds.
    """
    return simplified(unicodedata.normalize("NFKC", visible(text)).lower().translate(_ASCII_PUNCTUATION))
