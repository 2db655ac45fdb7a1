"""Bytes of a file -> text, or the reason why there is none."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

from ingest.read.likely import BINARY, has_controls, likelihoods, other_kind, utf_16
from ingest.read.reading import UnfitError

# How likely the reading of a Chinese or Western file must be, and how much likelier than every other.
_LIKELY, _LEAD = 0.8, 0.12
# The library's guess, where characters alone do not tell: its "chaos" is 0 for clean text, right guesses were seen up
# to 0.051, wrong ones from 0.10.
_CHINESE = {"gb18030": "gb18030", "big5": "big5hkscs"}
_RIVALS = ["cp949", "cp932", "euc_jp", "cp1250", "cp1251", "cp1252", "koi8_r"]
_MAX_CHAOS, _MIN_LEAD = 0.06, 0.05
_SAMPLE = 64 * 1024
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# A file is damaged, and not of another encoding, with one broken place in so many characters, or bytes of plain ASCII.
_WHOLE, _WHOLE_ASCII = 20, 100
_MOST = 50  # broken places, past which a file is no text
_SHOWN = 5  # places that a warning names
_LOST = re.compile("\ufffd+")


@dataclass(frozen=True, slots=True)
class Decoded:
    """`broken` are the first bytes of what could not be read.

    U+FFFD stands for it, nothing for the beginning of a character at the end of the file.
    """

    text: str
    encoding: str
    broken: tuple[int, ...] = ()

    @property
    def warning(self) -> str:
        """What was wrong, "" for nothing."""
        if not self.broken:
            return ""
        more = ", ..." if len(self.broken) > _SHOWN else ""
        places = ", ".join(map(str, self.broken[:_SHOWN]))
        return f"broken {self.encoding} at byte {places}{more}; the rest is read"


def decode(raw: bytes) -> Decoded:
    """Decode UTF-8, UTF-16, or clearly recognised GB18030, Big5 or Windows-1252; a few broken bytes do no harm.

    Raises UnfitError for anything else and for binary files.
    """
    if kind := other_kind(raw):
        raise UnfitError(f"{kind}, not text")
    while raw.startswith(2 * codecs.BOM_UTF8):  # marked once more by each program that it went through
        raw = raw[len(codecs.BOM_UTF8) :]
    if encoding := next((name for mark, name in _MARKS.items() if raw.startswith(mark)), ""):
        return _damaged(raw, encoding)
    if b"\0" in raw:
        if encoding := utf_16(raw):
            return _damaged(raw, encoding)
        raise UnfitError(BINARY)
    try:
        return Decoded(raw.decode(), "utf-8")
    except UnicodeDecodeError as error:
        bad = error.start
    if has_controls(raw[:_SAMPLE]):
        raise UnfitError("holds control characters: a binary file, not text")
    utf_8 = _read(raw, "utf-8")
    if _is_whole(utf_8):
        return utf_8
    if encoding := _guess(raw, bad):
        return _damaged(raw, encoding)
    if len(raw.translate(None, bytes(range(128)))) * _WHOLE_ASCII <= len(raw) and utf_8.text:
        return utf_8
    if not raw[: raw.rfind(b"\n", 0, bad) + 1].isascii():
        raise UnfitError(f"mixes UTF-8 with something else from byte {bad} on; save it as UTF-8")
    raise UnfitError(f"not UTF-8 (byte {bad}) and no other encoding fits clearly; save it as UTF-8")


def _damaged(raw: bytes, encoding: str) -> Decoded:
    """Read what is of an encoding but for a few places."""
    decoded = _read(raw, encoding)
    if "\0" in decoded.text:
        raise UnfitError(BINARY)
    if decoded.broken and not _is_whole(decoded):
        raise UnfitError(f"looks like {encoding} but byte {decoded.broken[0]} is not; save it as UTF-8")
    return decoded


def _read(raw: bytes, encoding: str) -> Decoded:
    """Read as much as there is of an encoding; a character cut off at the end is dropped."""
    reader = codecs.getincrementaldecoder(encoding)("strict")
    broken: list[int] = []
    pieces: list[str] = []
    place = 0
    while place < len(raw):
        reader.reset()
        try:
            pieces.append(reader.decode(raw[place:]))
            held = len(raw) - len(reader.getstate()[0])
            broken += [held] if held < len(raw) else []
            break
        except UnicodeDecodeError as error:
            reader.reset()
            pieces.append(reader.decode(raw[place : place + error.start]) + "\ufffd")
            broken.append(place + error.start)
            place += max(error.end, error.start + 1)
        if len(broken) > _MOST:
            return Decoded("", encoding, tuple(broken))
    return Decoded(_LOST.sub("\ufffd", "".join(pieces)) if broken else "".join(pieces), encoding, tuple(broken))


def _is_whole(decoded: Decoded) -> bool:
    """Whether what was read outweighs what was broken: a cut end alone, or one place in many characters."""
    others = sum(not char.isascii() for char in decoded.text) - decoded.text.count("\ufffd")
    cut = len(decoded.broken) == 1 and "\ufffd" not in decoded.text
    if cut:  # of UTF-8 without another character like it, the end may be a letter of Latin-1
        return others > 0 or (bool(decoded.text) and decoded.encoding == "utf-16")
    return others >= _WHOLE * len(decoded.broken)


def _guess(raw: bytes, bad: int) -> str:
    """Name the encoding of `raw`, whose byte `bad` is not UTF-8; "" where none is clear."""
    # Whole lines around the first bad byte: a line feed is never part of a longer character here.
    start = raw.rfind(b"\n", 0, bad) + 1
    if not raw[:start].isascii():
        return ""
    cut = raw.rfind(b"\n", start, start + _SAMPLE)
    sample = raw[start : cut + 1] if cut >= 0 and len(raw) > start + _SAMPLE else raw[start : start + _SAMPLE]
    likely = sorted(likelihoods(sample).items(), key=lambda pair: -pair[1])
    (encoding, best), (_, second) = likely[0], likely[1]
    if best >= _LIKELY and best - second >= _LEAD:
        return encoding if encoding in ("gb18030", "big5hkscs", "cp1252") else ""
    matches = list(from_bytes(sample, cp_isolation=[*_CHINESE, *_RIVALS]))
    if matches:
        first, *others = matches
        lead = min((m.chaos for m in others), default=1.0) - first.chaos
        if first.encoding in _CHINESE and first.chaos <= _MAX_CHAOS and lead >= _MIN_LEAD:
            return _CHINESE[first.encoding]
    return ""
