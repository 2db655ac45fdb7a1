"""What a heading calls its subject: "7. Sampling temperature (T)" names the sampling temperature, and T."""

import re

COUNTED = re.compile(
    r"(?:\(?(?:[a-z]|\d{1,3}(?:\.\d{1,3})*|[ivx]{1,4})[.)]+|[(（]?[一二三四五六七八九十]{1,3}[)）、.])\s*",
    re.IGNORECASE,
)
BESIDE = re.compile(r"[()（）/／]+")
LINE = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)


def bare(heading: str) -> str:
    """Return a heading without what it is counted by, and without a colon at its end."""
    match = COUNTED.match(heading)
    return heading[match.end() if match else 0 :].rstrip(":： ")


def names(heading: str) -> list[str]:
    """Return what a heading calls its subject: one name, and what stands in brackets or behind a stroke."""
    return [name for part in BESIDE.split(bare(heading)) if (name := part.strip())]


def headings_in(text: str) -> list[str]:
    """Return the headings in a text, by its lines."""
    return LINE.findall(text)
