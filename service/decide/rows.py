"""Rows of tables that a question names: the words that begin a row say what it is about, whatever is asked of it."""

import re
from itertools import pairwise

from ingest.words.text import normalise

CELL = re.compile(r"(?<!\\)\|")
RULED = re.compile(r"[\s|:-]+")  # below a head
LETTER = re.compile(r"[^\W\d_]")
TELLING = re.compile(r"(?=[a-z])(?:[\w-]+ [\w -]+|.*[_\d].*)")  # several words, or a name of a program's kind


def names_row(question: str, text: str) -> bool:
    """Whether a question has all words of the first cell in letters of a row of a table in a text.

    One plain word is not enough: it may mean another thing.
    """
    said = normalise(question)
    lines = [line.strip() for line in text.split("\n")]
    rows = [line for line, below in pairwise([*lines, ""]) if line.startswith("|") and not RULED.fullmatch(below)]
    for row in rows:
        cells = [normalise(cell).strip() for cell in CELL.split(row.strip("|"))]
        key = next((cell for cell in cells if LETTER.search(cell)), "")
        if TELLING.fullmatch(key) and re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", said):
            return True
    return False
