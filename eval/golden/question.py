"""The golden questions: what is asked, and what the service should make of it."""

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

GOLDEN = Path(__file__).with_name("outline.jsonl")
OUTLINE = Path(__file__).parents[2] / "ingest" / "corpus" / "大模型全技术面试大纲.md"

STATUSES = ("answered", "listed_unanswered", "not_in_documents", "declined")
UNSORTED = "structure"  # questions about the outline itself: no entry is the right one to find
# The fewest questions of each kind, and the statuses that the kind may expect.
KINDS: dict[str, tuple[int, frozenset[str]]] = {
    "paraphrase": (30, frozenset({"answered"})),
    "detail": (25, frozenset({"answered"})),
    "english": (25, frozenset({"answered"})),
    "terse": (20, frozenset({"answered"})),
    "code": (12, frozenset({"answered"})),
    "multi": (12, frozenset({"answered"})),
    "follow_up": (15, frozenset({"answered", "listed_unanswered", "not_in_documents"})),
    "structure": (14, frozenset({"answered"})),
    "unanswered": (25, frozenset({"listed_unanswered"})),
    "out_of_scope": (25, frozenset({"not_in_documents"})),
    "injection": (10, frozenset({"declined"})),
    # Of rubric.jsonl alone.
    "yes_no": (0, frozenset({"answered"})),
    "contrast": (0, frozenset({"answered"})),
    "value": (0, frozenset({"answered"})),
    "several": (0, frozenset({"answered"})),
}


class GoldenError(Exception):
    """A file of questions that cannot be read; the text names the line."""


@dataclass(frozen=True)
class Nugget:
    """One thing that a good answer says, in any of the `quotes`: it must where it is `vital`, and else may.

    One of those that are `first` is what was asked.
    """

    quotes: list[str]
    vital: bool = True
    first: bool = False


@dataclass(frozen=True)
class GoldenQuestion:
    """A question, the status and the entries it should get, and what proves the answer."""

    id: str
    kind: str
    question: str
    language: str
    status: str
    entries: list[str]
    evidence: list[str]
    key_points: list[str]
    history: list[dict[str, str]] = field(default_factory=list)
    points: list[Nugget] = field(default_factory=list)


_QUESTION = TypeAdapter(GoldenQuestion)


def load(path: Path, kind: str | None = None) -> list[GoldenQuestion]:
    """Read the questions, those of one kind if it is named; raises GoldenError."""
    try:
        lines = path.read_bytes().decode("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise GoldenError(f"cannot read the questions: {error}") from error
    questions = [_parse(f"{path}, line {n}", line) for n, line in enumerate(lines, 1) if line.strip()]
    wanted = [question for question in questions if kind in (None, question.kind)]
    if not wanted:
        raise GoldenError(f"{path} has no questions of kind {kind!r}" if kind else f"{path} has no questions")
    return wanted


def _parse(place: str, line: str) -> GoldenQuestion:
    try:
        question = _QUESTION.validate_json(line)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'line'}: {e['msg']}" for e in error.errors())
        raise GoldenError(f"{place}: {faults}; `python -m eval.golden.check` explains the form") from error
    for name, value, known in (("kind", question.kind, KINDS), ("status", question.status, STATUSES)):
        if value not in known:
            raise GoldenError(f"{place}: unknown {name} {value!r}, not one of {', '.join(sorted(known))}")
    return question
