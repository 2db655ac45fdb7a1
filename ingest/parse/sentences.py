"""Sentence boundaries for Chinese and English text, in code-point offsets."""

import re

# A boundary is never inside inline code, an inline formula or a link target. Dollars that stand as in prices, before a
# digit or after a space, close no formula (Pandoc's manual, tex_math_dollars), but of one that has spaces at both ends.
PROTECTED = re.compile(
    r"`[^`\n]+`|\$\$[^$]+\$\$|(?<!\\)\$(?![\s$])[^$\n]{1,200}(?<![\s\\])\$(?![\d$])|(?<!\\)\$ [^$\n.!?。！？]{1,200} \$"
    r"|\\\(.{1,200}?\\\)|\[[^\[\]\n]*\]\([^()\s]*\)|https?://[^\s)）]+"
)
# 。！？；… end a sentence wherever they stand; . ! ? only before white space. Closing quotes go with it.
BOUNDARY = re.compile(r"(?:[。！？；]|…+|[.!?](?=[\"'”’)）*_]*\s))[。！？…\"'”’」』）)*_]*")
ABBREVIATION = re.compile(r"(?<![^\s(（。！？；])(?:e\.g|i\.e|etc|vs|cf|et al|Fig|Eq|No|Dr|Mr|Ms|[A-Z]|\d{1,3})\.$")


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Return the half-open spans of the sentences of text[start:end], white space trimmed.

    A line break ends a sentence only when the line before it ends with a colon: notes are hard-wrapped.
    """
    stop = len(text) if end is None else end
    protected = [match.span() for match in PROTECTED.finditer(text, start, stop)]
    spans: list[tuple[int, int]] = []
    begin = start
    inside = 0
    for match in re.finditer(rf"{BOUNDARY.pattern}|[：:]\*{{0,2}}[ \t]*\n", text[start:stop]):
        at, cut = match.start() + start, match.end() + start
        while inside < len(protected) and protected[inside][1] <= at:
            inside += 1
        if inside < len(protected) and protected[inside][0] <= at:
            continue
        if text[at] == "." and ABBREVIATION.search(text, max(begin, at - 8), at + 1):
            continue
        _append(text, begin, cut, spans)
        begin = cut
    _append(text, begin, stop, spans)
    return spans


def _append(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    # A lone closing mark (`**`, a bracket) belongs to the sentence before it.
    if start < end and not any(char.isalnum() for char in text[start:end]) and spans:
        spans[-1] = (spans[-1][0], end)
    elif start < end:
        spans.append((start, end))
