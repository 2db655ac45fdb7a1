"""One form for texts that are compared: width, case and script folded away."""

import unicodedata

import opencc

_ASCII_PUNCTUATION = str.maketrans({"’": "'", "‐": "-"})  # don’t; the hyphen NFKC makes of U+2011
_simplified = opencc.OpenCC("t2s")


def normalise(text: str) -> str:
    """Fold full-width forms (NFKC), case and traditional characters; lengths change, so offsets are lost.

    Raises UnicodeEncodeError on a lone surrogate, which no UTF-8 document holds.
    """
    folded = unicodedata.normalize("NFKC", text).lower().translate(_ASCII_PUNCTUATION)
    return folded if folded.isascii() else str(_simplified.convert(folded))
