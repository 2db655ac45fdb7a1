import json
from pathlib import Path

import pytest

from ingest.fit import questions
from ingest.fit.questions import written
from ingest.index import asked
from ingest.index.asked import fingerprint, other_ways

TITLE = "什么是大型语言模型（LLMs）以及它们是如何工作的？"


def test_both_files_lead_to_an_entry() -> None:
    ways = [way for way, number in other_ways(["无此条目", TITLE]) if number == 1]
    of_title = [each for each in written() if each.entry == TITLE]
    assert "ChatGPT 这类会聊天的 AI 到底是什么东西，背后怎么运转？" in ways
    assert {each.question for each in of_title if not each.kept} < set(ways)
    assert len(ways) == len(set(ways)) == len(other_ways(["无此条目", TITLE]))


def test_questions_kept_for_measuring_lead_nowhere() -> None:
    entries = list(dict.fromkeys(each.entry for each in written() if each.entry))
    known = {way for way, _ in other_ways(entries)}
    kept = {each.question for each in written() if each.kept}
    assert len(kept) > 700
    assert not kept & known


def test_an_index_is_made_anew_when_either_file_changes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = {fingerprint()}
    for module in (asked, questions):
        changed = tmp_path / f"{module.__name__}.jsonl"
        changed.write_bytes(module.SOURCE.read_bytes() + b"\n")
        monkeypatch.setattr(module, "SOURCE", changed)
        seen.add(fingerprint())
    assert len(seen) == 3


def test_a_line_that_is_no_question_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps({"question": "甲？", "entry": None, "evidence": ""}), "utf-8")
    with pytest.raises(TypeError, match="kind"):
        written(path)
