"""`python -m eval golden`: exit codes, messages and the file it writes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from eval.__main__ import main
from tests.support.stub_service import StubService, citation


def record(name: str, kind: str, status: str, entries: list[str]) -> str:
    fields = {"id": name, "kind": kind, "question": name, "language": "en", "status": status}
    return json.dumps(fields | {"entries": entries, "evidence": [], "key_points": ["LoRA"]})


@pytest.fixture
def golden(tmp_path: Path, stub: StubService) -> Path:
    """Two questions, which the stub answers as it should."""
    stub.answers["d-1"] = {"answer": "LoRA 冻结原模型。 [1]", "citations": [citation(1, 0, 11)]}
    stub.answers["o-1"] = {"status": "not_in_documents", "answer": "文档里没有。"}
    path = tmp_path / "golden.jsonl"
    lines = [record("d-1", "detail", "answered", ["5.3"])]
    lines += [record("o-1", "out_of_scope", "not_in_documents", [])]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_sound_service_exits_with_0_and_every_result_is_written(
    golden: Path, stub: StubService, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.json"
    options = ["--target", stub.url, "--golden", str(golden), "--out", str(out), "--concurrency", "1"]
    assert main(["golden", *options]) == 0
    assert "MRR      0.500  0.500  0.500" in capsys.readouterr().out
    made = json.loads(out.read_text("utf-8"))
    assert [each["id"] for each in made["questions"]] == ["d-1", "o-1"]
    assert made["kinds"]["all"]["status"] == 1.0
    assert made["golden"] == "golden.jsonl"


def test_one_kind_can_be_asked(golden: Path, stub: StubService) -> None:
    assert main(["golden", "--target", stub.url, "--golden", str(golden), "--kind", "detail"]) == 0
    assert {body.get("question") for path, body in stub.requests if path == "/v1/ask"} == {"d-1"}


def test_a_broken_guarantee_exits_with_1(golden: Path, stub: StubService, capsys: pytest.CaptureFixture[str]) -> None:
    stub.answers["d-1"]["answer"] = "LoRA 冻结原模型。"
    assert main(["golden", "--target", stub.url, "--golden", str(golden)]) == 1
    assert "d-1: {'citations_without_mark': [1]" in capsys.readouterr().out


def test_what_cannot_be_measured_exits_with_2(
    golden: Path, stub: StubService, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = ["golden", "--target", stub.url]
    assert main([*target, "--golden", str(golden), "--out", str(tmp_path / "none" / "out.json")]) == 2
    assert "does not exist" in capsys.readouterr().err
    assert stub.requests == []
    with golden.open("a", encoding="utf-8") as file:
        file.write("\n[1]")
    assert main([*target, "--golden", str(golden)]) == 2
    assert "line 3: " in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["golden", "--kind", "riddle"], ["golden", "--concurrency", "0"]])
def test_wrong_use_exits_with_2(options: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(options)
    assert stopped.value.code == 2


def test_it_runs_without_the_packages_it_measures() -> None:
    code = "import sys, eval.__main__; print({'ingest', 'service', 'torch'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
