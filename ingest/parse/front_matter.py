"""Front matter: the metadata at the head of a file, YAML between `---` or TOML between `+++`."""

import re
from collections.abc import Sequence

from ingest.parse.lines import Line

# One line that each must have, and what the others may look like; anything else is a thematic break and text.
KEY = {"---": re.compile(r"[\"']?[^\W\d_][\w .-]*[\"']?[ \t]*:(?:\s|$)"), "+++": re.compile(r"[\w.\"'-]+[ \t]*=")}
REST = {"---": re.compile(r"\s|#|-(?:\s|$)|[\]}]|$"), "+++": re.compile("")}
ENDS = {"---": ("---", "..."), "+++": ("+++",)}
TITLE = re.compile(r"[\"']?title[\"']?[ \t]*[:=][ \t]*(.*\S)", re.IGNORECASE)
FOLDED = re.compile(r"[>|][+-]?\d?")  # a block scalar: its text stands on the lines below
MOST = 200  # lines


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
