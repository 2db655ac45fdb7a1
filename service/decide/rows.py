"""Rows of tables that a question names: the words that begin a row say what it is about, whatever is asked of it."""

import re
from itertools import pairwise

from ingest.words.text import normalise

CELL = re.compile(r"(?<!\\)\|")
RULED = re.compile(r"[\s|:-]+")  # below a head
LETTER = re.compile(r"[^\W\d_]")
TELLING = re.compile(r"(?=[a-z])(?:[\w-]+ [\w -]+|.*[_\d].*)")  # several words, or a name of a program's kind
NUMBERED = re.compile(r"(?!(?:19|20)\d\d$)\d{3,}")  # no year, which a question may mean as one
WORD = re.compile(r"[a-z]{4,}")
ENDING = re.compile(r"(?:ed|ing|es|e|s)$")
SHORT = 4  # letters of a word without its ending, from which a longer one that begins so is kin to it


def names_row(question: str, text: str) -> bool:
    """Whether a question has all words of the first cell in letters of a row of a table in a text.

    One plain word is not enough: it may mean another thing. Nor is a number, unless the question names another column
    as well, by its name or a word that is kin to it, as "welded" is to "weldability".
    """
    said = normalise(question)
    asked = {stem for word in WORD.findall(said) if len(stem := ENDING.sub("", word)) >= SHORT}
    lines = [line.strip() for line in text.split("\n")]
    column = False
    for line, below in pairwise([*lines, ""]):
        cells = [normalise(cell).strip() for cell in CELL.split(line.strip("|"))]
        if not line.startswith("|"):
            column = False
        elif RULED.fullmatch(below):
            column = any(word.startswith(tuple(asked)) for cell in cells[1:] for word in WORD.findall(cell))
        else:
            key = next((cell for cell in cells if LETTER.search(cell)), "")
            named = TELLING.fullmatch(key) and _has(said, key)
            if named or (column and NUMBERED.fullmatch(cells[0]) and _has(said, cells[0])):
                return True
    return False


def _has(said: str, name: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", said) is not None
