"""Markdown of documents and models, made harmless for whoever renders it: text, links and code, and nothing that acts.

It is read from left to right, once, as CommonMark reads it: what begins first holds. Nothing of one sentence reaches
into the next, for code is closed, and a lone back-tick stands for itself.

A document's own numbers in brackets are kept apart from citation marks: the closing bracket gets a back-slash. `[2\\]`
is shown as [2] by every reader of Markdown and is no mark to a program. With both brackets escaped it would be a
formula to the many that read `\\[…\\]` as one.
"""

import re
from collections import Counter
from html import unescape
from typing import Literal, cast
from urllib.parse import quote

What = Literal["script", "html", "image", "comment", "link", "control", "order"]
# Overrides of the writing direction (Unicode's bidi class), tags (U+E0000), and controls but tab and line feed: what is
# read would not be what is there ("Trojan Source", Boucher and Anderson 2021).
CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f\x00-\x08\x0b-\x1f\x7f-\x9f]")
SPECIAL = re.compile(r"[<`\[【［$\\~]")
# [2], [1, 2], [3-5], [^1], 【2】 and the full-width form.
NUMBER = r"\d{1,4}(?:\s*[-–—~～,，、;；]\s*\d{1,4})*"
UNSEEN = "script|style|iframe|object|embed|applet|template|noscript|noembed|noframes|svg|math|xmp|textarea|select"
PICTURES = "img|image|picture|video|audio|source|track|input"
PAIRED = "a|span|div|p|font|center|table|t[rdh]|form|button|details|section"
INLINE = "br|sub|sup|kbd|b|i|em|strong|u|s|del|ins|mark|small"  # harmless in the middle of a line
ATTRIBUTE = r"""[A-Za-z_:@][\w.:@-]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'=<>`]++))?"""
PIECES = rf"""
    (?P<fence>(?:(?<=\n)|\A)(?P<indent>[ \t]*(?:(?:[-*+>]|\d{{1,9}}[.)])[ \t]+)*)
      (?P<run>`{{3,}}(?=[^`\n]*(?:\n|\Z))|~{{3,}})(?P<info>[^\n]*)(?P<code>[\s\S]*?)
      (?:\n[ \t>]*(?P=run)[`~]*[ \t]*(?=\n|\Z)|\Z))
  | (?P<inline>(?P<ticks>(?<!`)`+(?!`))(?:INSIDE)(?<!`)(?P=ticks)(?!`))
  | (?P<formula>\$\$(?:(?!~~~)[^`])+?\$\$|\\\[(?:(?!~~~)[^`])+?\\\]|\\\([^\n`]+?\\\)
      |(?<!\$)\$(?![\s$])(?:\\.|[^$\n`\\])+?(?<!\s)\$(?![\d$]))
  | (?P<escape>\\[!-/:-@\[-`{{-~])
  | (?P<comment><!--[\s\S]*?-->|<\?[\s\S]*?\?>|<![A-Za-z\[][^>]*>)
  | (?P<script><(?P<unseen>{UNSEEN})\b[^<>]*+>(?:[\s\S]*?</(?P=unseen)\s*>)?)
  | (?P<address><(?:https?:|mailto:|[\w.+-]+@)[^<>\s`\\]*>)
  | (?P<kept></?(?:{INLINE})\s*/?>)
  | (?P<image><(?:{PICTURES})\b[^<>]*+>)
  | (?P<html><[A-Za-z][\w-]*+(?=[^<>]*=)(?:\s++{ATTRIBUTE})++\s*/?>|</(?:{PAIRED})\s*>)
  | (?P<open><(?=[A-Za-z/!?]|\Z))
  | (?P<picture>!(?=\[)(?:\[\](?=[(\[]))?)
  | (?P<linked>\[\s*{NUMBER}\s*(?=\]\())
  | [\[【［](?P<number>\s*(?:{NUMBER}|\^[\w-]{{1,40}})\s*)[\]】］]
  | (?P<before>\]\(\s*|(?:(?<=\n)|\A)[ ]{{0,3}}\[[^\[\]<`\n]+\]:\s*)
      (?P<address_of><[^<>\n]*>|(?:[^\s()\\]|\\.|\([^\s()]*\))*)
  | (?P<lone>`+|~{{3,}})
  | (?P<dollar>\$+)
"""
FLAGS = re.VERBOSE | re.IGNORECASE
PIECE = re.compile(PIECES.replace("INSIDE", r"[^\n]+?"), FLAGS)
# Cells are parted before code is read, so that code with a bare bar in it is none.
PIECE_OF_TABLE = re.compile(PIECES.replace("INSIDE", r"(?:[^\n|]|\\\|)+?|[^\n<!\]]+?"), FLAGS)
TABLE = re.compile(r"^[ \t>]*(?:\||:?-+:?[ \t]*(?:\||$))", re.MULTILINE)
NAMED = re.compile(r"\[[^\]\n]*\][(\[]")
SAFE = re.compile(r"(?:https?|mailto):|(?![a-z][a-z\d+.-]*:)", re.IGNORECASE)
IN_FORMULAS = re.compile(r"(<)(?=[A-Za-z/!?])|(\])(?=[(:])|(!)(?=\[)")
UNNAMED = "image"
ACTIVE = re.compile(r"[<`\[!~]")


def safe_markdown(text: str, opens: bool = True) -> tuple[str, Counter[What]]:
    """Return what renders to text, links and code alone, and how much was taken out; `opens`: it begins a line.

    Nothing in it can be taken for a citation mark. What it gives, it gives back as it is.
    """
    taken: Counter[What] = Counter()
    text, controls = CONTROLS.subn("", text)
    if controls:
        taken["control"] = controls
    before = None
    while text != before and SPECIAL.search(text):  # where something is gone, what is left may be something again
        before = text
        # In the middle of a line neither a fence begins nor a definition.
        piece = PIECE_OF_TABLE if TABLE.search(text) else PIECE
        text = piece.sub(lambda match: _shown(match, opens, taken), text if opens else f".{text}")[0 if opens else 1 :]
    return text, taken


def apart(text: str) -> list[tuple[int, int]]:
    """Return the spans of an answer that hold no marks: code, formulas and addresses, half-open."""
    found = PIECE.finditer(text)
    return [match.span() for match in found if match.lastgroup in ("fence", "inline", "formula", "address")]


def _shown(match: re.Match[str], opens: bool, taken: Counter[What]) -> str:
    """Return what is shown for a piece."""
    match kind := match.lastgroup:
        case "fence":
            return _fence(match)
        case "formula":  # a formula to some, text to others
            return IN_FORMULAS.sub(lambda sign: f"{sign[0]} ", match[0])
        case "escape" if match[0] in (r"\[", r"\("):  # or it opened a formula to some, that ends at a number's bracket
            return match[0][1]
        case "comment" | "script" | "image" | "html":
            taken[cast(What, kind)] += 1
            return ""
        case "kept" if not _within_line(match):  # at its beginning it would open a block of HTML
            return ""
        case "open":
            return "\\<"
        case "picture" if match[0] != "!" or NAMED.match(match.string, match.end()):  # a link to it is left
            taken["image"] += 1
            return f"[{UNNAMED}]" if match[0] != "!" else ""
        case "picture":
            return "\\!"
        case "linked":  # stays a link, of a text in brackets
            return f"[{match[0]}\\]"
        case "number":
            return f"[{match['number']}\\]"
        case "address_of":
            return match["before"] + _address(match["address_of"], taken)
        case "lone":
            return "".join(f"\\{sign}" for sign in match[0])
        case "dollar" if not opens or len(match[0]) > 1:  # or, with another of its line or block, it made a formula
            return "\\$" * len(match[0])
    return match[0]


def _within_line(match: re.Match[str]) -> bool:
    line = match.string[match.string.rfind("\n", 0, match.start()) + 1 : match.start()]
    return any(map(str.isalpha, line))


def _address(address: str, taken: Counter[What]) -> str:
    """Return the target of a link, "#" in place of one that is no page's and no mailbox's."""
    bare = address[1:-1] if address.startswith("<") else address
    plain = re.sub(r"[\s\\\x00-\x20]", "", unescape(bare))
    if not SAFE.match(plain):
        taken["link"] += 1
        return "#"
    apart = "<>`[]!" + (" ()" if bare != address else "")
    return "".join(quote(char) if char in apart else char for char in bare)


def _fence(match: re.Match[str]) -> str:
    """Return a block of code that every reader takes for one: closed, and nowhere less indented than it begins."""
    indent, run, info, lines = match["indent"], match["run"], match["info"], match["code"].split("\n")[1:]
    deep = bool(indent.strip()) or len(indent.expandtabs()) > 3  # there it may be no block, but text
    if deep and ACTIVE.search(match["code"] + info):
        lines = [line[len(indent) :] if not line[: len(indent)].strip(" \t>") else line for line in lines]
        indent = ""
    prefix = re.sub(r"[^\s>]", " ", indent)
    lines = [line if line.startswith(prefix) or not (line + prefix).strip() else prefix + line for line in lines]
    return "\n".join([f"{indent}{run}{info}", *lines, f"{prefix}{run}"])
