"""What is kept of somebody, shown or erased, with a record that it was: in the store, and in what was made of it."""

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock

from service.access.ledger import Act, Ledger
from service.access.principal import mark
from service.serve.store import Erasure, Owner

ACT = "data.erase"
LOCK_SECONDS = 10.0
TELLING = 4  # characters of a text that is looked for within another


Kind = Literal["session", "key", "subject"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Whose data: a session's, a key's by its id, or a subject's of the identity provider."""

    kind: Kind
    name: str

    @property
    def owner(self) -> Owner:
        return Owner(session_id=self.name) if self.kind == "session" else Owner(who=mark(f"{self.kind}:{self.name}"))

    @property
    def target(self) -> str:
        """What the record calls them: whoever knows the name can make its hash again."""
        return f"{self.kind}:{hashlib.sha256(self.name.encode()).hexdigest()}"


def erased(ledger: Ledger, who: str, selection: Selection, erasure: Erasure, candidates: int) -> Act:
    """Write down that somebody's data was erased, and return the act as proof; raises LedgerError."""
    told = {
        "answers": erasure.answers, "ratings": erasure.ratings, "candidates": candidates, "digest": erasure.digest
    }  # fmt: skip
    with ledger.writing() as session:
        ledger.note(session, who, ACT, selection.target, None, told)
        ((number,),) = session.execute("SELECT max(number) FROM acts")
    (act,) = ledger.acts(int(str(number)) - 1, 1)
    return act


def last_erasure(ledger: Ledger) -> int:
    """Return the number of the last erasure, 0 before the first; raises LedgerError."""
    ((number,),) = ledger.rows("SELECT coalesce(max(number), 0) FROM acts WHERE act = :act", {"act": ACT})
    return int(str(number))


def forget_texts(files: Sequence[Path], texts: Collection[str]) -> int:
    """Take what was made of questions and comments out of the evaluation's files; return how many lines went.

    These are its queue and what the shadow found. Raises OSError, Timeout.
    """
    return sum(forget_candidates(each, texts) for each in files)


def forget_candidates(queue: Path, texts: Collection[str]) -> int:
    """Take what was made of questions and comments out of the evaluation's queue and its decisions; return how many.

    Raises OSError, Timeout.
    """
    files = [path for path in (queue, queue.with_name(f"{queue.stem}-decided.jsonl")) if path.exists()]
    if not files:
        return 0
    with FileLock(f"{queue}.lock", timeout=LOCK_SECONDS):  # the evaluation's own
        return sum(_filtered(path, [text.strip() for text in texts]) for path in files)


def _filtered(path: Path, texts: Collection[str]) -> int:
    lines = path.read_text("utf-8").splitlines(keepends=True)
    left = [line for line in lines if not line.strip() or not _holds(json.loads(line), texts)]
    if len(left) != len(lines):
        new = path.with_name(f".{path.name}.erased")
        with new.open("w", encoding="utf-8") as file:
            shutil.copymode(path, new)
            file.writelines(left)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    return len(lines) - len(left)


def _holds(record: Mapping[str, object], texts: Collection[str]) -> bool:
    question, why = str(record.get("question", "")).strip(), str(record.get("why", ""))
    return any((text and text == question) or (len(text) >= TELLING and text in why) for text in texts)
