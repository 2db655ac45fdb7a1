"""What a person reads on a terminal: text without control characters, quotes under their numbers."""

import re
import sys
from collections.abc import Iterable

from service.api import contract
from service.api.places import title

# A document may hold sequences that move the cursor or rename the window.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"


def clean(text: str) -> str:
    return CONTROL.sub("", text)


def say(text: str, style: str = "", end: str = "\n") -> None:
    """Write at once, so that an answer is read as it comes; styles are for terminals only."""
    styled = f"{style}{clean(text)}{PLAIN}" if style and sys.stdout.isatty() else clean(text)
    sys.stdout.write(f"{styled}{end}")
    sys.stdout.flush()


def quotes(citations: Iterable[contract.Citation]) -> None:
    """Write each quote with where it stands."""
    for citation in citations:
        say(f"\n[{citation.n}] {title(citation)}", BOLD)
        say(f"    {citation.document} {citation.start}–{citation.end}", DIM)
        for line in citation.quote.splitlines():
            say(f"    {line}")
