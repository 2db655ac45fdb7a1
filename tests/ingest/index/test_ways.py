import json
import shutil
from pathlib import Path

import pytest

from ingest.index.ways import other_ways
from ingest.pack import PackError, read
from tests.support.packs import PACK

TITLE = "什么是大型语言模型（LLMs）以及它们是如何工作的？"


def test_both_files_lead_to_an_entry() -> None:
    ways = [way for way, number in other_ways(["无此条目", TITLE], PACK.ways) if number == 1]
    of_title = [each for each in PACK.questions if each.entry == TITLE]
    assert "ChatGPT 这类会聊天的 AI 到底是什么东西，背后怎么运转？" in ways
    assert {each.question for each in of_title if not each.kept} < set(ways)
    assert len(ways) == len(set(ways)) == len(other_ways(["无此条目", TITLE], PACK.ways))


def test_questions_kept_for_measuring_lead_nowhere() -> None:
    entries = list(dict.fromkeys(each.entry for each in PACK.questions if each.entry))
    known = {way for way, _ in other_ways(entries, PACK.ways)}
    kept = {each.question for each in PACK.questions if each.kept}
    assert len(kept) > 700
    assert not kept & known


def test_an_index_is_made_anew_when_either_file_changes(tmp_path: Path) -> None:
    folder = shutil.copytree(PACK.folder, tmp_path / "pack")
    seen = {read(folder).fingerprint}
    for name in ("asked.jsonl", "questions.jsonl"):
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write("\n")
        seen.add(read(folder).fingerprint)
    assert len(seen) == 3
    assert PACK.fingerprint in seen


def test_a_line_that_is_no_question_is_an_error(tmp_path: Path) -> None:
    folder = shutil.copytree(PACK.folder, tmp_path / "pack")
    line = json.dumps({"question": "甲？", "entry": None, "evidence": ""})
    (folder / "questions.jsonl").write_text(f"\n{line}\n", "utf-8")
    with pytest.raises(PackError, match=r"questions\.jsonl, line 2: [^$]*kind"):
        read(folder)
