"""How likely bytes are text of an encoding: the share of their characters that are common in it.

Statistics of a language need long texts; that a character is of an encoding's frequent part shows with two or three.
"""

from __future__ import annotations

import re
from collections.abc import Callable

BINARY = "holds NUL characters: a binary file, not text"
# What files of other kinds begin with.
_KINDS = {
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "a ZIP archive or office document",
    b"\xd0\xcf\x11\xe0": "an old office document",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"{\\rtf": "an RTF document",
}
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MOST_CONTROL = 0.02

_HIGH_RUN = re.compile(r"[^\x00-\x7f]+")
_TYPOGRAPHIC = frozenset("‘’“”„‚‹›«»–—…•·°§¿¡€£©®™±²³½¼¾×ªº†\xa0´")
_IN_WORDS = frozenset("’·´")  # signs that stand between letters


def other_kind(raw: bytes) -> str:
    """Say what kind of file it is by how it begins, "" for what may be text."""
    return next((name for mark, name in _KINDS.items() if raw.startswith(mark)), "")


def has_controls(raw: bytes) -> bool:
    """Whether more control characters stand in it than in text."""
    return len(_CONTROL.findall(raw)) > _MOST_CONTROL * len(raw)


def utf_16(raw: bytes) -> str:
    """Name the byte order of UTF-16 without a mark, "" for what is none."""
    even = raw[: len(raw) - len(raw) % 2]
    for encoding in ("utf-16-le", "utf-16-be"):
        text = even.decode(encoding, "replace")
        if text and sum(map(_is_common, text)) >= 0.95 * len(text):
            return encoding
    return ""


def _is_common(char: str) -> bool:
    """Whether a character is of plain text, Western or Chinese."""
    return (
        "\x20" <= char <= "\x7e"
        or char in "\t\r\n"
        or "\xa0" <= char <= "\xff"
        or "\u2010" <= char <= "\u2030"
        or "\u3000" <= char <= "\u303f"
        or "\u4e00" <= char <= "\u9fff"
        or "\uff01" <= char <= "\uff5e"
    )


def likelihoods(sample: bytes) -> dict[str, float]:
    """Return how likely the bytes, which are not UTF-8, are in each encoding, 0 to 1."""
    return {
        "gb18030": _double(sample, "gb18030", _gb),
        "big5hkscs": _double(sample, "big5hkscs", _big5),
        "cp949": _double(sample, "cp949", _korean),
        "euc_jp": _japanese(sample, "euc_jp"),
        "cp932": _japanese(sample, "cp932"),
        "cp1252": _western(sample),
    }


def _double(sample: bytes, encoding: str, common: Callable[[bytes], float]) -> float:
    """The mean of how common the characters beyond ASCII are; what cannot be read counts against it."""
    text = sample.decode(encoding, "replace")
    high = [char for char in text if not char.isascii()]
    if not high:
        return 0.0
    # A character cut off at the end of a file, or of a sample, says nothing.
    if len(high) > 1 and text.endswith("\ufffd"):
        high.pop()
    return sum(0.0 if char == "\ufffd" else common(char.encode(encoding)) for char in high) / len(high)


def _gb(code: bytes) -> float:
    """GB 2312 has its frequent characters in rows 16 to 55, punctuation in 1 and 3, rare ones up to 87."""
    if len(code) != 2 or code[1] < 0xA1:
        return 0.0
    return 1.0 if code[0] in (0xA1, 0xA3) or 0xB0 <= code[0] <= 0xD7 else 0.5 if 0xD8 <= code[0] <= 0xF7 else 0.0


def _big5(code: bytes) -> float:
    """Big5 has its frequent characters from A440 to C67E, punctuation before them, rare ones from C940."""
    if len(code) != 2:
        return 0.0
    return 1.0 if 0xA1 <= code[0] <= 0xC6 else 0.3 if 0xC9 <= code[0] <= 0xF9 else 0.0


def _korean(code: bytes) -> float:
    """KS X 1001 has Hangul in rows 16 to 40, Chinese characters from 42."""
    if len(code) != 2 or code[1] < 0xA1:
        return 0.0
    return 1.0 if 0xA1 <= code[0] <= 0xA3 or 0xB0 <= code[0] <= 0xC8 else 0.3 if code[0] >= 0xCA else 0.0


def _japanese(sample: bytes, encoding: str) -> float:
    """Text with kana in it; Japanese without them is not looked for."""
    high = [char for char in sample.decode(encoding, "replace") if not char.isascii()]
    kana = sum("\u3041" <= char <= "\u30fe" for char in high)
    lost = high.count("\ufffd") + sum("\uff61" <= char <= "\uff9f" for char in high)  # half-width kana
    return (len(high) - lost) / len(high) if high and kana >= 0.2 * len(high) else 0.0


def _western(sample: bytes) -> float:
    """Letters with accents stand alone among plain ones, or two small ones together; signs stand between words."""
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return 0.0
    good = total = 0
    for match in _HIGH_RUN.finditer(text):
        run, before, after = match[0], text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        total += len(run)
        letters = "".join(char for char in run if char.isalpha() and char not in "ªº")
        signs = [char for char in run if char not in letters]
        beside = before.isalpha() or after.isalpha()
        within = before.isalpha() and after.isalpha()
        single = len(letters) == 1 or (len(letters) == 2 and letters.islower())
        if letters:
            good += len(letters) if beside and single else 0
        good += sum(char in _TYPOGRAPHIC and (not within or letters != "" or char in _IN_WORDS) for char in signs)
    return good / total if total else 0.0
