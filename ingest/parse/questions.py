"""Questions of an FAQ: a line "Q: …" above one that begins "A: …" is a heading, for it says what stands below it."""

import re
from collections.abc import Sequence

from ingest.parse.lines import Line

LEVEL = 6  # below any heading that a page has above its questions
ASKED = re.compile(
    r" {0,3}[*_]{0,3}(?:q(?:uestion)?|问题?|提问)[ \t]*\d{0,3}[ \t]*[:：.、][*_]{0,3}[ \t]*(?P<question>\S.*)",
    re.IGNORECASE,
)
TOLD = re.compile(r" {0,3}[*_]{0,3}(?:a(?:nswer)?|答案?|回答)[ \t]*\d{0,3}[ \t]*[:：.、]", re.IGNORECASE)


def question(lines: Sequence[Line], index: int) -> str:
    """Return what a line asks if the next line of text begins the answer, "" for any other."""
    match = ASKED.fullmatch(lines[index].text.rstrip())
    below = next((line.text for line in lines[index + 1 :] if not line.blank), "") if match else ""
    return match["question"] if match and TOLD.match(below) else ""
