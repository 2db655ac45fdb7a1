"""Links as wikis write them: `[[Page]]`, `[[Page#Part|words]]`, and `![[file]]` for what is shown in the text."""

import re

from ingest.parse.html import CODE_SPAN

# Not a number in double brackets, which is a citation, nor arrays and tests of shells, which have spaces or brackets.
LINK = re.compile(
    r"(?P<embed>!?)\[\[(?P<page>(?!\d+\]\])[^\[\]|\s#][^\[\]|\n]*?|#[^\[\]|\n]+?)(?:\\?\|(?P<words>[^\[\]\n]+))?\]\](?!\()"
)
EMBEDS = re.compile(r"[ \t]*(?:!\[\[[^\[\]\n]+\]\][ \t]*)+")
SIZE = re.compile(r"\d+(?:x\d+)?")  # of an embedded picture, in the place of words


def plain_links(text: str) -> str:
    """Return a text with the words in the place of such links; of what is shown there, its words alone."""
    if "[[" not in text:
        return text
    code = [match.span() for match in CODE_SPAN.finditer(text)]

    def words(match: re.Match[str]) -> str:
        if any(start < match.start() < end for start, end in code):
            return match[0]
        own = (match["words"] or "").strip()
        if match["embed"]:
            return "" if SIZE.fullmatch(own) else own
        return own or match["page"].strip("# ")

    return LINK.sub(words, text)
