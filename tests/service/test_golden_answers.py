"""What an answer promises, over every golden question. A failure names ids: the questions stay unread."""

import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from eval.score.prose import unmarked
from ingest.index.snapshot import Snapshot
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

GOLDEN = ROOT / "eval/golden/outline.jsonl"
MARK = re.compile(r"\[(\d+)\]")
MARKS_ALONE = re.compile(r"\s*(?:\[\d+\])+$")
FENCE = re.compile(r"\s*(```|~~~|\$\$)")

Reply = tuple[dict[str, Any], dict[str, Any]]  # the golden record, the service's answer


@pytest.fixture(scope="module")
def replies(client: TestClient) -> list[Reply]:
    found = []
    for line in GOLDEN.read_text("utf-8").splitlines():
        record = json.loads(line)
        body = {"question": record["question"], "history": record.get("history", [])}
        reply = client.post("/v1/ask", json=body)
        assert reply.status_code == 200, record["id"]
        found.append((record, reply.json()))
    return found


def prose(answer: str) -> list[str]:
    """The lines of an answer, and "block" for a fence, formula or table with no mark right below it."""
    lines: list[str] = []
    closing = ""
    block = gap = False
    for line in answer.splitlines():
        if closing:
            if line.strip().startswith(closing):
                closing, block = "", True
            continue
        if fence := FENCE.match(line):
            lines += ["block"] if block else []
            one_line = fence[1] == "$$" and line.strip().endswith("$$") and len(line.strip()) > 2
            closing, block = ("" if one_line else fence[1]), one_line
        elif line.lstrip().startswith("|"):
            block = True
        elif not line.strip():
            gap = True
            continue
        else:
            # Below an empty line, marks belong to the block only when they stand alone.
            marked = MARKS_ALONE.match(line) if gap else MARK.search(line)
            lines += ["block"] if block and not marked else []
            lines.append(line)
            block = False
        gap = False
    return lines + (["block"] if block or closing else [])


def test_quotes_are_verbatim(replies: list[Reply], snapshot: Snapshot) -> None:
    wrong = [
        record["id"]
        for record, reply in replies
        for c in reply["citations"]
        if snapshot.documents[c["document"]][c["start"] : c["end"]] != c["quote"] or not c["quote"].strip()
    ]
    assert wrong == []


def test_every_sentence_is_marked(replies: list[Reply]) -> None:
    answered = [(record, reply) for record, reply in replies if reply["status"] in ("answered", "listed_unanswered")]
    assert len(answered) > len(replies) / 2
    wrong = [
        record["id"]
        for record, reply in answered
        if unmarked(reply["answer"], {c["n"]: c["quote"] for c in reply["citations"]})
    ]
    assert wrong == []


def test_every_mark_has_a_citation_and_every_citation_a_mark(replies: list[Reply]) -> None:
    wrong = []
    for record, reply in replies:
        marks = {int(n) for line in prose(reply["answer"]) for n in MARK.findall(line)}
        numbers = [citation["n"] for citation in reply["citations"]]
        if marks != set(numbers) or numbers != list(range(1, len(numbers) + 1)):
            wrong.append(record["id"])
    assert wrong == []


def test_citations_go_with_the_status(replies: list[Reply]) -> None:
    wrong = [
        record["id"]
        for record, reply in replies
        if bool(reply["citations"]) != (reply["status"] in ("answered", "listed_unanswered"))
    ]
    assert wrong == []


def test_questions_that_are_listed_without_an_answer_are_recognised(replies: list[Reply]) -> None:
    found = [reply["status"] for record, reply in replies if record["status"] == "listed_unanswered"]
    assert len(found) >= 25
    assert found.count("listed_unanswered") / len(found) >= 0.95


def test_answered_questions_are_seldom_called_unanswered(replies: list[Reply]) -> None:
    found = [reply["status"] for record, reply in replies if record["status"] == "answered"]
    assert len(found) >= 150
    assert found.count("listed_unanswered") / len(found) <= 0.03
