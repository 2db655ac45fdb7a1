"""Bytes of a file -> text, or the reason why there is none."""

from __future__ import annotations

import codecs
from typing import NamedTuple

from charset_normalizer import from_bytes


class UnfitError(ValueError):
    """A file that cannot be used; the message is the reason, shown next to its name."""


# Other encodings are only here as rivals: a guess counts when it beats them clearly.
_CHINESE = {"gb18030": "gb18030", "big5": "big5hkscs"}
_RIVALS = ["cp949", "cp932", "euc_jp", "cp1250", "cp1251", "cp1252", "koi8_r"]
_SAMPLE = 64 * 1024
# Bounds on "chaos", 0 for clean text: right guesses were seen up to 0.051, wrong ones from 0.10.
_MAX_CHAOS = 0.06
_MIN_LEAD = 0.05
_BINARY = "holds NUL characters: not a text file, or UTF-16 without a byte order mark"


class Decoded(NamedTuple):
    text: str
    encoding: str


def decode(raw: bytes) -> Decoded:
    """Decode UTF-8, UTF-16 with a byte order mark, or clearly recognised GB18030 or Big5.

    Raises UnfitError for anything else and for binary files.
    """
    encoding = _encoding(raw)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnfitError(f"looks like {encoding} but byte {error.start} is not; save it as UTF-8") from error
    if "\0" in text:
        raise UnfitError(_BINARY)
    return Decoded(text, encoding)


def _encoding(raw: bytes) -> str:
    if raw.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in raw:
        raise UnfitError(_BINARY)
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return _guess(raw, error.start)
    return "utf-8"


def _guess(raw: bytes, bad: int) -> str:
    """Name the Chinese encoding of `raw`, whose byte `bad` is not UTF-8."""
    # Whole lines around the first bad byte: a line feed is never part of a longer character here.
    start = raw.rfind(b"\n", 0, bad) + 1
    if not raw[:start].isascii():
        raise UnfitError(f"mixes UTF-8 with something else from byte {bad} on; save it as UTF-8")
    cut = raw.rfind(b"\n", start, start + _SAMPLE)
    sample = raw[start : cut + 1] if cut >= 0 and len(raw) > start + _SAMPLE else raw[start : start + _SAMPLE]
    matches = list(from_bytes(sample, cp_isolation=[*_CHINESE, *_RIVALS]))
    if matches:
        best, *others = matches
        lead = min((m.chaos for m in others), default=1.0) - best.chaos
        if best.encoding in _CHINESE and best.chaos <= _MAX_CHAOS and lead >= _MIN_LEAD:
            return _CHINESE[best.encoding]
    raise UnfitError(f"not UTF-8 (byte {bad}) and no other encoding fits clearly; save it as UTF-8")
