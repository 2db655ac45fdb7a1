"""Front matter: the metadata at the head of a file, YAML between `---` or TOML between `+++`."""

import datetime
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import yaml

from ingest.parse.lines import Line, lines_of

# One line that each must have, and what the others may look like; anything else is a thematic break and text.
KEY = {"---": re.compile(r"[\"']?[^\W\d_][\w .-]*[\"']?[ \t]*:(?:\s|$)"), "+++": re.compile(r"[\w.\"'-]+[ \t]*=")}
REST = {"---": re.compile(r"\s|#|-(?:\s|$)|[\]}]|$"), "+++": re.compile("")}
ENDS = {"---": ("---", "..."), "+++": ("+++",)}
TITLE = re.compile(r"[\"']?title[\"']?[ \t]*[:=][ \t]*(.*\S)", re.IGNORECASE)
FOLDED = re.compile(r"[>|][+-]?\d?")  # a block scalar: its text stands on the lines below
MOST = 200  # lines
MOST_CHARACTERS = 1 << 16
# Keys of what a document says of itself, in the order in which they count.
DATES = ("date", "published", "updated", "lastmod", "created", "日期", "发布日期", "更新日期")
TAGS = ("tags", "tag", "keywords", "categories", "category", "标签", "关键词", "分类")
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})")
PARTING = re.compile(r"[,，、;；]")


def front_lines(lines: Sequence[Line]) -> int:
    """Return how many lines front matter takes, 0 where there is none; it is metadata, not text."""
    mark = lines[0].text.rstrip() if lines and not lines[0].start else ""
    if mark not in KEY:
        return 0
    keys = 0
    for index, line in enumerate(lines[1:MOST], 1):
        text = line.text.rstrip()
        if text in ENDS[mark]:
            return index + 1 if keys else 0
        if KEY[mark].match(text):
            keys += 1
        elif not REST[mark].match(text) or (line.blank and not keys):
            return 0
    return 0


def front_title(lines: Sequence[Line]) -> str:
    """Return the title that front matter gives, "" without."""
    own = lines[: front_lines(lines)]
    for index, line in enumerate(own):
        if match := TITLE.match(line.text):
            if FOLDED.fullmatch(match[1]):
                below = [each.text.strip() for each in own[index + 1 :]]
                until = next((i for i, each in enumerate(own[index + 1 :]) if not each.indent), len(below))
                return " ".join(below[:until]).strip()
            return match[1].strip("\"' ")
    return ""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What front matter says of a document: when it is from, None without, and what it is about, in small letters."""

    date: datetime.date | None = None
    tags: frozenset[str] = frozenset()


@lru_cache(maxsize=1 << 16)
def metadata_of(text: str) -> Metadata:
    """Read the front matter of a document; what cannot be read says nothing."""
    if not text.startswith(tuple(KEY)):
        return Metadata()
    head = text[:MOST_CHARACTERS]
    count = front_lines(list(lines_of(head)))
    mark, *own = head.splitlines()[: max(count - 1, 1)]
    try:
        fields = tomllib.loads("\n".join(own)) if mark.startswith("+++") else yaml.safe_load("\n".join(own))
    except (yaml.YAMLError, ValueError, RecursionError):
        return Metadata()
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
