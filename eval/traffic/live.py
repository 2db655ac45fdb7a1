"""Answers that people really got, a share of them, as rows to be scored without golden questions."""

import hashlib
import json

from pydantic import TypeAdapter, ValidationError

from eval.golden.question import UNSORTED, GoldenQuestion
from eval.score import prose, readability
from eval.score.exchange import Reply
from eval.score.row import Row
from eval.traffic.store import Store, rows

KIND = "live"
WHOLE = 1 << 32
_ANSWERS = "SELECT id, question, body FROM answers WHERE created >= {since:f} ORDER BY created"
_REPLY = TypeAdapter(Reply)


def sampled(store: Store, since: float, share: float) -> list[Row]:
    """Return a share of the answers since a moment, in seconds since 1970, with what needs no model; raises StoreError.

    Which ones goes by a hash of the answer's id, so a later look takes the same. What has no citation speaks of the
    outline itself, and is not held against quotes.
    """
    found = (scored(*each) for each in rows(store, _ANSWERS.format(since=since)) if _drawn(each[0], share))
    return [row for row in found if row]


def _drawn(id: str, share: float) -> bool:
    return int.from_bytes(hashlib.sha256(id.encode()).digest()[:4]) < share * WHOLE


def scored(id: str, asked: str, body: str) -> Row | None:
    """Return a question and its reply, JSON, with what needs no model; None for what is no reply of this release."""
    try:
        reply, told = _REPLY.validate_json(body), json.loads(body)
    except (ValidationError, ValueError):
        return None  # written by hand, or by a release that knew no such field
    language = "en" if asked.isascii() else "zh"
    kind = KIND if reply.citations else UNSORTED
    return Row(
        question=GoldenQuestion(id, kind, asked, language, reply.status, [], [], []),
        status=reply.status,
        answer=reply.answer,
        citations=reply.citations,
        searched=str(told.get("query") or ""),
        generator=reply.generator,
        index_version=reply.index_version,
        degraded=reply.degraded,
        timings_ms=reply.timings_ms,
        figures=_figures(reply, language),
    )


def _figures(reply: Reply, language: str) -> dict[str, float]:
    figures = {"whole": float(reply.degraded is None)}
    if reply.status != "answered":
        return figures
    quotes = {citation.n: citation.quote for citation in reply.citations}
    if quotes:
        loose = prose.marks(reply.answer) - set(quotes)
        figures["marked"] = float(not loose and not prose.unmarked(reply.answer, quotes))
    figures["faults"] = float(len(readability.faults(reply.answer, language, reply.degraded is not None)))
    return figures
