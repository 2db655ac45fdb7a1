"""Questions on the outline, each with its entry and the words that answer it; and some that it does not answer.

The index knows them as other ways to ask, and the cross-encoder is trained on them; one in four is kept from both, for
the fit of weights and thresholds.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "packs" / "llm-interview" / "questions.jsonl"
KEPT = 4  # one question in so many is kept


@dataclass(frozen=True, slots=True)
class Written:
    """`entry` is the question of the entry that deals with it, None when none does; `evidence` "" when it is listed."""

    question: str
    entry: str | None
    evidence: str
    kind: str

    @property
    def kept(self) -> bool:
        return nth(self.question, KEPT)


@cache
def written(path: Path = SOURCE) -> tuple[Written, ...]:
    """Read them; raises OSError, or ValueError or TypeError for a line that is not one of them."""
    return tuple(Written(**json.loads(line)) for line in path.read_text("utf-8").splitlines() if line.strip())


def nth(key: str, n: int) -> bool:
    """Tell whether a key is one of every n, the same in every run."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % n == 0
