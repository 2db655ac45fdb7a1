"""What readers rated down, from the service's store, as candidates without personal data."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from eval.golden.duplicates import together
from eval.grow.candidates import Candidate
from eval.traffic.store import STORE, Store, rows

SHOWN = 300  # characters of an answer
COMMENTS = 3
_DOWN = (
    "SELECT question, body, comment FROM feedback JOIN answers ON answers.id = answer_id "
    "WHERE rating = 'down' ORDER BY feedback.created"
)
_MASKS = (
    (re.compile(r"[\w.+-]+[@＠][\w-]+(?:[.．][\w-]+)+"), "[e-mail]"),
    (re.compile(r"(?<![\dA-Za-z])[1-9]\d{16}[\dXx](?![\dA-Za-z])"), "[id number]"),
    # A mobile number of China, one with its area code, one that begins with +.
    (re.compile(r"(?<!\d)(?:(?:\+|00)?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)"), "[phone]"),
    (re.compile(r"(?<!\d)(?:0\d{2,3}|\(0\d{2,3}\))[ -]?\d{7,8}(?!\d)"), "[phone]"),
    (re.compile(r"(?<![\w+])\+\d(?:[ ().-]{0,2}\d){7,14}(?!\d)"), "[phone]"),
)
_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One answer that was rated down; `searched` is the question as it was understood, `comment` "" without one."""

    question: str
    searched: str
    answer: str
    comment: str


def read(store: Store = STORE) -> list[Complaint]:
    """Return the answers rated down, oldest first, without changing the store; raises StoreError."""
    return [_complaint(*row) for row in rows(store, _DOWN)]


def _complaint(question: str, body: str, comment: str | None) -> Complaint:
    try:
        reply = json.loads(body)
    except ValueError:
        reply = {}
    body_of = reply if isinstance(reply, dict) else {}
    return Complaint(question, str(body_of.get("query") or ""), str(body_of.get("answer") or ""), comment or "")


def masked(text: str) -> str:
    """Return a text with e-mail addresses, phone and identity numbers replaced by what they are."""
    for pattern, name in _MASKS:
        text = pattern.sub(name, text)
    return text


def to_candidates(complaints: Iterable[Complaint]) -> list[Candidate]:
    """Return a candidate for each question, the most often rated down first; those alike are one."""
    return [_candidate(group) for group in together(complaints, lambda complaint: complaint.question)]


def _candidate(group: list[Complaint]) -> Candidate:
    question = masked(group[0].question.strip())
    return Candidate(
        id=f"feedback-{hashlib.sha256(question.encode()).hexdigest()[:8]}",
        kind="",
        question=question,
        language="zh" if _HAN.search(question) else "en",
        status="",
        entries=[],
        evidence=[],
        key_points=[],
        source="feedback",
        why=masked(_why(group)),
    )


def _why(group: list[Complaint]) -> str:
    last = group[-1]
    comments = list(dict.fromkeys(c.comment.strip() for c in reversed(group) if c.comment.strip()))[:COMMENTS]
    parts = [f"rated down {len(group)} times" if len(group) > 1 else "rated down once"]
    parts += [f"readers said: {' / '.join(comments)}"] if comments else []
    # It differs where the question went on from a conversation, which the store does not keep.
    parts += [f"understood as: {last.searched}"] if last.searched not in ("", last.question) else []
    parts += [f"the answer was: {last.answer[:SHOWN]}{'…' if len(last.answer) > SHOWN else ''}"] if last.answer else []
    return "; ".join(parts)
