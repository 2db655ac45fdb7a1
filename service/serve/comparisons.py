"""What the shadow found: a line for each answer that the candidate gave too, in one file that the evaluation reads."""

import json
import logging
import os
import time
from pathlib import Path
from statistics import fmean
from typing import Literal

from filelock import FileLock, Timeout

from service.access.personal import masked
from service.events import Answer

log = logging.getLogger(__name__)
Difference = Literal["same", "status", "citations", "text"]
MOST = 16 << 20  # bytes; past them the older half goes
DAY = 86_400.0
LOCK_SECONDS = 10.0


class Comparisons:
    """Keeps figures of both answers for `days`; with `content` what was asked, masked, and what both said, too."""

    def __init__(self, path: Path, days: float, content: bool) -> None:
        self._path, self._seconds, self._content = path, days * DAY, content
        self._looked = 0.0

    def keep(self, question: str, shown: Answer, other: Answer, difference: Difference) -> None:
        """Write a line; on a disk that cannot be written the log says so, and nothing else suffers."""
        line: dict[str, object] = {"created": time.time(), "outcome": difference}
        line |= {"shown": _figures(shown), "candidate": _figures(other)}
        if self._content:
            line |= {"question": masked(question), "replies": [_reply(shown), _reply(other)]}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self._path}.lock", timeout=LOCK_SECONDS):
                self._trim()
                with open(self._path, "a", encoding="utf-8", opener=_private) as file:
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
        except (OSError, Timeout) as error:
            log.error("a comparison with the candidate is not kept: %s", error)

    def _trim(self) -> None:
        """Leave out what is too old, once a day, and the older half of what is too much."""
        now = time.time()
        size = self._path.stat().st_size if self._path.exists() else 0
        if not size or (size <= MOST and 0 <= now - self._looked < DAY):
            return
        self._looked = now
        lines = self._path.read_text("utf-8").splitlines(keepends=True)
        left = [line for line in lines if json.loads(line)["created"] >= now - self._seconds]
        if size > MOST:
            left = left[len(left) // 2 :]
        new = self._path.with_name(f".{self._path.name}.new")
        with open(new, "w", encoding="utf-8", opener=_private) as file:
            file.writelines(left)
        new.replace(self._path)


def _figures(answer: Answer) -> dict[str, object]:
    """What of an answer can be told without its words; times in milliseconds."""
    supports = [citation.support for citation in answer.citations]
    return {
        "writer": answer.generator,
        "index_version": answer.index_version,
        "status": answer.status,
        "citations": len(answer.citations),
        "support": fmean(supports) if supports else None,
        "characters": len(answer.text),
        "removed": answer.removed,
        "replaced": answer.replaced,
        "taken": sum(answer.taken.values()),
        "missing": list(answer.missing),
        "first_ms": answer.timings_ms.get("first"),
        "total_ms": answer.timings_ms.get("total"),
    }


def _reply(answer: Answer) -> dict[str, object]:
    """What the evaluation scores of an answer: what a reader of /v1/ask has of it."""
    return {
        "status": answer.status,
        "answer": answer.text,
        "citations": [
            {
                "n": each.n,
                "entry_id": each.passage.entry_id,
                "document": each.passage.document,
                "start": each.start,
                "end": each.end,
                "quote": each.quote,
            }
            for each in answer.citations
        ],
        "generator": answer.generator,
        "index_version": answer.index_version,
        "degraded": answer.degraded,
        "timings_ms": answer.timings_ms,
        "query": masked(answer.query),
    }


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
