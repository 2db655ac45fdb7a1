"""A document's own numbers in brackets, kept apart from citation marks.

The closing bracket gets a back-slash: `[2\\]` is shown as [2] by every reader of Markdown and is no mark to a program.
With both brackets escaped it would be a formula to the many that read `\\[…\\]` as one.
"""

import re

# Code and formulas, where a back-slash would be seen and no mark is read.
APART = re.compile(
    r"(?P<fence>`{3,}|~{3,})[\s\S]*?(?:(?P=fence)|\Z)|(?P<ticks>(?<!`)`+(?!`))[^\n]*?(?<!`)(?P=ticks)(?!`)"
    r"|\$\$[\s\S]+?\$\$|\\\[[\s\S]+?\\\]|\\\([^\n]+?\\\)|(?<![\\$])\$(?![\s$])[^$\n`]+?(?<!\s)\$(?![\d$])"
    r"|<(?:https?|mailto):[^>\s]*>"
)
# [2], [1, 2], [3-5], [^1], 【2】 and the full-width form; not what is escaped already.
NUMBER = r"\d{1,4}(?:\s*[-–—~～,，、;；]\s*\d{1,4})*"
MARK_LIKE = re.compile(
    rf"(?<!\\)(?P<link>\[\s*{NUMBER}\s*\](?=\())"
    rf"|(?<!\\)[\[【［](?P<inner>\s*(?:{NUMBER}|\^[\w-]{{1,40}})\s*)[\]】］]"
)


def escaped(text: str) -> str:
    """Return Markdown of a document in which nothing can be taken for a citation mark."""
    if not any(bracket in text for bracket in "[【［"):
        return text
    pieces: list[str] = []
    place = 0
    for apart in APART.finditer(text):
        pieces += [MARK_LIKE.sub(_escaped, text[place : apart.start()]), apart[0]]
        place = apart.end()
    return "".join([*pieces, MARK_LIKE.sub(_escaped, text[place:])])


def _escaped(match: re.Match[str]) -> str:
    if match["link"]:  # stays a link, of a text in brackets
        return f"[{match['link'][:-1]}\\]]"
    return f"[{match['inner']}\\]"
