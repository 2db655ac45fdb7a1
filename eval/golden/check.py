"""Check the golden questions against the outline they were written from: `python -m eval.golden.check`.

It finds the entries of the outline by itself, so a fault in `ingest` cannot hide a fault in the questions.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from eval.golden.question import GOLDEN, KINDS, OUTLINE, STATUSES, GoldenQuestion, Nugget

MOST_PER_ENTRY = 3

_SECTION = re.compile(r"^## (\d+)\. ")
# `### ★★★★☆ **3. title**`, `★★★★☆ **15. title**` and, once, `★★★☆☆ 19**. title**`.
_ENTRY = re.compile(r"^(?:### )?[★☆]{5} \**(\d+)\**\. ")
_HAN = re.compile(r"[\u4e00-\u9fff]")


def faults_of(golden: Path, outline: Path) -> list[str]:
    """Return the faults of the questions in `golden`, one sentence each; none when they are sound."""
    text = outline.read_text(encoding="utf-8")
    answers = _answers(text)
    faults: list[str] = []
    questions: list[GoldenQuestion] = []
    for number, line in enumerate(golden.read_text(encoding="utf-8").splitlines(), start=1):
        record = _parse(line)
        if isinstance(record, GoldenQuestion):
            questions.append(record)
            faults += [f"{record.id}: {fault}" for fault in _faults_of(record, text, answers)]
        else:
            faults.append(f"line {number}: {record}")
    return faults + list(_faults_of_set(questions, answers))


def _answers(text: str) -> dict[str, str]:
    """Map each entry id to the text below its title line; empty where the outline gives no answer."""
    answers: dict[str, str] = {}
    section, entry = "", ""
    for line in text.splitlines(keepends=True):
        if opened := _SECTION.match(line):
            section, entry = opened[1], ""
        elif titled := _ENTRY.match(line):
            entry = f"{section}.{titled[1]}"
            answers[entry] = ""
        elif entry:
            answers[entry] += line
    return {entry: answer.strip() for entry, answer in answers.items()}


def _parse(line: str) -> GoldenQuestion | str:
    """Return the question on a line, or what is wrong with its form."""
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        return f"not JSON: {error}"
    if not isinstance(record, dict):
        return f"an object was expected, not {record!r}"
    known = {each.name for each in fields(GoldenQuestion)}
    if unknown := record.keys() - known:
        return f"unknown field {sorted(unknown)!r}"
    if missing := known - record.keys() - {"history", "points"}:
        return f"missing field {sorted(missing)!r}"
    if wrong := [name for name, value in record.items() if not _well_typed(name, value)]:
        return f"wrong type in {wrong!r}"
    return GoldenQuestion(**record | {"points": [Nugget(**point) for point in record.get("points", ())]})


def _well_typed(name: str, value: Any) -> bool:
    if name == "history":
        return isinstance(value, list) and all(
            isinstance(turn, dict)
            and turn.keys() == {"role", "content"}
            and all(isinstance(part, str) for part in turn.values())
            for turn in value
        )
    if name == "points":
        return isinstance(value, list) and all(
            isinstance(point, dict)
            and {"quotes"} <= point.keys() <= {each.name for each in fields(Nugget)}
            and all(_well_typed("evidence" if key == "quotes" else key, part) for key, part in point.items())
            for point in value
        )
    if name in {"vital", "first"}:
        return isinstance(value, bool)
    if name in {"entries", "evidence", "key_points"}:
        return isinstance(value, list) and all(isinstance(part, str) for part in value)
    return isinstance(value, str) and bool(value.strip())


def _faults_of(question: GoldenQuestion, text: str, answers: dict[str, str]) -> Iterator[str]:
    if question.kind not in KINDS:
        yield f"unknown kind {question.kind!r}"
    elif question.status in set(STATUSES) - KINDS[question.kind][1]:
        yield f"status {question.status!r} does not go with kind {question.kind!r}"
    if question.status not in STATUSES:
        yield f"unknown status {question.status!r}"
    if question.language != ("zh" if _HAN.search(question.question) else "en"):
        yield f"language {question.language!r} is not that of the question"
    for entry in question.entries:
        if entry not in answers:
            yield f"unknown entry {entry!r}"
    yield from _faults_of_gold(question, answers)
    for quote in question.evidence:
        if quote not in text:
            yield f"evidence is not verbatim in the outline: {quote!r}"
        elif not any(quote in answers.get(entry, "") for entry in question.entries):
            yield f"evidence is not in the answer of a gold entry: {quote!r}"
    yield from _faults_of_points(question, text)
    yield from _faults_of_history(question)


def _faults_of_points(question: GoldenQuestion, text: str) -> Iterator[str]:
    if question.points and not any(point.vital for point in question.points):
        yield "none of its points is vital"
    if question.points and not any(point.first for point in question.points):
        yield "none of its points comes first"
    for point in question.points:
        if not point.quotes:
            yield "a point without quotes"
        for quote in point.quotes:
            if quote not in text or "\n" in quote:
                yield f"a point's quote is not verbatim in a line of the outline: {quote!r}"


def _faults_of_gold(question: GoldenQuestion, answers: dict[str, str]) -> Iterator[str]:
    """Faults of the gold entries, of evidence and key points against the status."""
    known = [entry for entry in question.entries if entry in answers]
    if question.status == "answered":
        if not question.key_points:
            yield "no key points"
        if question.kind == "structure":  # about the outline itself: any entry, or none, may be named
            return
        if not question.entries or not question.evidence:
            yield "an answered question needs a gold entry and evidence"
        for entry in known:
            if not answers[entry]:
                yield f"entry {entry!r} has no answer in the outline"
        if question.kind == "multi":
            if len(question.entries) < 2:
                yield "a question of kind 'multi' needs two gold entries"
            for entry in known:
                if not any(quote in answers[entry] for quote in question.evidence):
                    yield f"no evidence from entry {entry!r}"
    elif question.status == "listed_unanswered":
        if not question.entries:
            yield "a listed question needs its entry"
        for entry in known:
            if answers[entry]:
                yield f"entry {entry!r} is said to be unanswered but has an answer"
    elif question.entries:
        yield f"status {question.status!r} goes with no gold entry"


def _faults_of_history(question: GoldenQuestion) -> Iterator[str]:
    if bool(question.history) != (question.kind == "follow_up"):
        yield "history goes with kind 'follow_up' and with no other"
    roles = [turn["role"] for turn in question.history]
    if roles != ["user", "assistant"] * (len(roles) // 2):
        yield f"history must be pairs of user and assistant, not {roles!r}"


def _faults_of_set(questions: list[GoldenQuestion], answers: dict[str, str]) -> Iterator[str]:
    for name, count in Counter(question.id for question in questions).items():
        if count > 1:
            yield f"duplicate id {name!r}"
    for wording, count in Counter(question.question.casefold().strip() for question in questions).items():
        if count > 1:
            yield f"duplicate question {wording!r}"
    kinds = Counter(question.kind for question in questions)
    for kind, (fewest, _) in KINDS.items():
        if kinds[kind] < fewest:
            yield f"{kinds[kind]} questions of kind {kind!r}, fewer than {fewest}"
    answered = [each for each in questions if each.status == "answered" and each.kind != "structure"]
    # The best gold entry counts, and every one of a question that needs them all.
    best = Counter(entry for each in answered for entry in (each.entries if each.kind == "multi" else each.entries[:1]))
    for entry, count in best.items():
        if count > MOST_PER_ENTRY:
            yield f"{count} questions on entry {entry!r}, more than {MOST_PER_ENTRY}"
    for entry, answer in answers.items():
        if answer and not best[entry]:
            yield f"no question on entry {entry!r}"


def main() -> int:
    """Print the questions per kind and the faults; exit with 1 when there are any."""
    parser = argparse.ArgumentParser(prog="python -m eval.golden.check", description=main.__doc__)
    parser.add_argument("golden", type=Path, nargs="?", default=GOLDEN)
    parser.add_argument("outline", type=Path, nargs="?", default=OUTLINE)
    paths = parser.parse_args()
    faults = faults_of(paths.golden, paths.outline)
    records = [_parse(line) for line in paths.golden.read_text(encoding="utf-8").splitlines()]
    kinds = Counter(record.kind for record in records if isinstance(record, GoldenQuestion))
    lines = [f"{count:4d} {kind}" for kind, count in kinds.most_common()] + [f"{len(records):4d} in all"]
    sys.stdout.write("\n".join(lines + [f"fault: {fault}" for fault in faults]) + "\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
