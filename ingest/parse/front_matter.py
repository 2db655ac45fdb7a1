"""Front matter: the metadata at the head of a file, YAML between `---` or TOML between `+++`."""

import datetime
import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml

from ingest.parse.lines import Line, lines_of

# One line that each must have, and what the others may look like; anything else is a thematic break and text.
KEY = {"---": re.compile(r"[\"']?[^\W\d_][\w .-]*[\"']?[ \t]*:(?:\s|$)"), "+++": re.compile(r"[\w.\"'-]+[ \t]*=")}
REST = {"---": re.compile(r"\s|#|-(?:\s|$)|[\]}]|$"), "+++": re.compile("")}
ENDS = {"---": ("---", "..."), "+++": ("+++",)}
TITLE = re.compile(r"(?:\s*[\"'])?(?:title|标题|標題)[\"']?[ \t]*[:=：][ \t]*(.*\S)", re.IGNORECASE)
# Keys that are front matter's own, also where marks around it are missing.
OWN = re.compile(
    r"[\"']?(?:title|subtitle|authors?|date|published|updated|lastmod|created|modified|tags?|keywords|category|categories"
    r"|description|summary|slug|layout|draft|permalink|status|language|标题|作者|日期|标签|分类|关键词)[\"']?"
    r"[ \t]*[:=](?:\s|$)",
    re.IGNORECASE,
)
HEADING = re.compile(r"#{1,6}[ \t]+\S")
ABOVE = 10  # blank lines above it
MARKS = {"---", "...", "+++"}
# A line of what is no well-formed YAML or TOML, with a plain value or a plain list.
FIELD = re.compile(
    r"[\"']?(?P<key>[^\W\d_][\w .-]*?)[\"']?[ \t]*[:=][ \t]*(?P<value>[^\s\[{&*!|>@`].*\S|\[[^*&\[\]{}]*\])[ \t]*$"
)
FOLDED = re.compile(r"[>|][+-]?\d?")  # a block scalar: its text stands on the lines below
MOST = 200  # lines
MOST_CHARACTERS = 1 << 16
# Keys of what a document says of itself, in the order in which they count.
DATES = ("date", "published", "updated", "lastmod", "created", "日期", "发布日期", "更新日期")
TAGS = ("tags", "tag", "keywords", "categories", "category", "标签", "关键词", "分类")
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})")
PARTING = re.compile(r"[,，、;；]")


def front_lines(lines: Sequence[Line]) -> int:
    """Return how many lines front matter takes, blank ones above it too, 0 where there is none: it is no text.

    Where nothing closes it, it ends before the first blank line, if it says what front matter says (OWN).
    """
    begin = next((i for i, line in enumerate(lines[:ABOVE]) if not line.blank), 0)
    if not lines or lines[0].start:
        return 0
    mark = lines[begin].text.rstrip()
    if mark == "{":
        return _json_lines(lines, begin)
    if mark not in KEY:
        return _bare_lines(lines) if not begin else 0
    keys = 0
    for index, line in enumerate(lines[begin + 1 : begin + MOST], begin + 1):
        text = line.text.rstrip()
        if text in ENDS[mark]:
            return index + 1 if keys or index == begin + 1 else 0
        if KEY[mark].match(text):
            keys += 1
        elif not REST[mark].match(text) or (line.blank and not keys):
            return _unclosed(lines, begin, mark)
    return _unclosed(lines, begin, mark)


def _unclosed(lines: Sequence[Line], begin: int, mark: str) -> int:
    """Return where front matter ends that nothing closes; a rule and text are none."""
    index = begin + 1
    while index < len(lines) and not lines[index].blank and not HEADING.match(lines[index].text):
        if not KEY[mark].match(lines[index].text) and not REST[mark].match(lines[index].text):
            return 0
        index += 1
    own = [OWN.match(line.text) for line in lines[begin + 1 : index]]
    return index if any(own) else 0


def _bare_lines(lines: Sequence[Line]) -> int:
    """Return how many lines `Title: …` and the like take without any marks, as MultiMarkdown and Pelican have it."""
    stop = next((i for i, line in enumerate(lines) if line.blank), len(lines))
    own = [OWN.match(line.text) for line in lines[:stop]]
    return stop if len(own) > 1 and all(own) and any(TITLE.match(line.text) for line in lines[:stop]) else 0


def _json_lines(lines: Sequence[Line], begin: int) -> int:
    """Return where front matter in JSON ends, as Hugo has it: an object with text below it."""
    stop = next((i for i, line in enumerate(lines[:MOST]) if i > begin and line.text.rstrip() == "}"), 0)
    if not stop or all(line.blank for line in lines[stop + 1 :]):
        return 0
    return stop + 1 if isinstance(_json(lines[begin : stop + 1]), dict) else 0


def _json(lines: Sequence[Line]) -> object:
    try:
        return json.loads("\n".join(line.text for line in lines))
    except (ValueError, RecursionError):
        return None


def front_title(lines: Sequence[Line]) -> str:
    """Return the title that front matter gives, "" without."""
    own = lines[: front_lines(lines)]
    for index, line in enumerate(own):
        if match := TITLE.match(line.text):
            if FOLDED.fullmatch(match[1]):
                below = [each.text.strip() for each in own[index + 1 :]]
                until = next((i for i, each in enumerate(own[index + 1 :]) if not each.indent), len(below))
                return " ".join(below[:until]).strip()
            return match[1].strip("\"', ")
    return ""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What front matter says of a document: when it is from, None without, and what it is about, in small letters."""

    date: datetime.date | None = None
    tags: frozenset[str] = frozenset()


def metadata_of(text: str) -> Metadata:
    """Read the front matter of a document; what cannot be read says nothing."""
    head = list(lines_of(text[:MOST_CHARACTERS]))
    own = [line for line in head[: front_lines(head)] if line.text.rstrip() not in MARKS]
    written = "\n".join(line.text for line in own)
    marked = next((line.text.rstrip() for line in head if not line.blank), "")
    try:
        fields = tomllib.loads(written) if marked == "+++" else yaml.safe_load(written)  # JSON is YAML
    except (yaml.YAMLError, ValueError, RecursionError):
        fields = {match["key"]: match["value"].strip("[]\"'") for line in own if (match := FIELD.match(line.text))}
    if not isinstance(fields, dict):
        return Metadata()
    named = {str(key).strip().lower(): value for key, value in fields.items()}
    date = next((found for key in DATES if (found := _date(named.get(key)))), None)
    return Metadata(date, frozenset(tag for key in TAGS for tag in _tags(named.get(key))))


def _date(value: object) -> datetime.date | None:
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    match = DAY.match(value.strip()) if isinstance(value, str) else None
    try:
        return datetime.date(*(int(part) for part in match.groups())) if match else None
    except ValueError:  # as of 30 February
        return None


def _tags(value: object) -> Iterator[str]:
    """Yield tags, written as a list or in one line."""
    parts = PARTING.split(value) if isinstance(value, str) else value if isinstance(value, list) else ()
    for part in parts:
        if isinstance(part, str | int | float) and (tag := str(part).strip().lstrip("#").casefold()):
            yield tag
