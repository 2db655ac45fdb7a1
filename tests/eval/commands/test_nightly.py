"""Times of day, and a night from questions to verdict against a service."""

import json
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from eval.__main__ import main
from eval.nights.clock import hour, next_time
from eval.nights.history import History
from tests.support.stub_service import StubService
from tests.support.webhook import Hook

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(("text", "wanted"), [("03:30", time(3, 30)), ("0:05", time(0, 5)), ("23:59", time(23, 59))])
def test_times_of_day(text: str, wanted: time) -> None:
    assert hour(text) == wanted


@pytest.mark.parametrize("text", ["", "24:00", "3", "03:60", "03:30:00", "half past three"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time of day"):
        hour(text)


def test_the_next_night() -> None:
    now = datetime(2026, 11, 24, 2, 0, tzinfo=SHANGHAI)
    assert next_time(now, time(3, 30)) == datetime(2026, 11, 24, 3, 30, tzinfo=SHANGHAI)
    assert next_time(now, time(2, 0)) == datetime(2026, 11, 25, 2, 0, tzinfo=SHANGHAI)
    assert next_time(now, time(1, 0)) == datetime(2026, 11, 25, 1, 0, tzinfo=SHANGHAI)
    with pytest.raises(ValueError, match="zone"):
        next_time(datetime(2026, 11, 24), time(3, 30))


def test_a_night_in_which_the_clocks_change_is_as_long_as_it_is() -> None:
    now = datetime(2026, 10, 24, 4, 0, tzinfo=BERLIN)
    wanted = next_time(now, time(4, 0))
    assert wanted.timestamp() - now.timestamp() == 25 * 3600


@pytest.fixture
def golden(tmp_path: Path, stub: StubService) -> Path:
    path = tmp_path / "golden.jsonl"
    fields = {"kind": "detail", "language": "en", "status": "answered", "evidence": [], "key_points": []}
    records = [{"id": f"q{n}", "question": f"LoRA q{n}?", "entries": ["3.8"], **fields} for n in (1, 2)]
    path.write_text("\n".join(map(json.dumps, records)), "utf-8")
    (tmp_path / "gates.toml").write_text("floors.hit_1 = 0.9", "utf-8")
    return path


def nightly(target: str, golden: Path, *more: str) -> int:
    folder = golden.parent
    options = ["--target", target, "--golden", str(golden), "--folder", str(folder / "eval")]
    return main(["nightly", *options, "--gates", str(folder / "gates.toml"), *more])


def test_a_night_is_run_reported_and_judged(stub: StubService, golden: Path) -> None:
    assert nightly(stub.url, golden) == 0
    assert nightly(stub.url, golden) == 0
    folder = golden.parent / "eval"
    runs = sorted(path.name for path in (folder / "runs").iterdir())
    assert [name.removeprefix(runs[0]) for name in runs] == ["", "-2"]
    for name in runs:
        assert {path.suffix for path in (folder / "report" / name).iterdir()} == {".html", ".md", ".xml"}
    assert len(History(folder / "history.sqlite").runs()) == 2
    stub.entries = ("5.3", "3.8")
    (golden.parent / "gates.toml").write_text("floors.hit_1 = 1.0\nfloors.status = 1.0", "utf-8")
    stub.answers["LoRA q1?"] = {"status": "not_in_documents", "answer": "文档里没有。"}
    assert nightly(stub.url, golden) == 1


def test_a_night_without_a_service_is_told(golden: Path, hook: Hook, capsys: pytest.CaptureFixture[str]) -> None:
    assert nightly("http://127.0.0.1:9", golden, "--webhook", hook.url) == 2
    assert "cannot reach" in capsys.readouterr().err
    (told,) = hook.bodies
    assert told["status"] == "unmeasured"
    assert "cannot reach" in told["text"]


def test_a_night_that_got_worse_runs_a_command_and_others_do_not(stub: StubService, golden: Path) -> None:
    folder = golden.parent
    when = ("--when-worse", f"echo worse >> {folder / 'told'}")
    assert nightly(stub.url, golden, *when) == 0
    assert nightly("http://127.0.0.1:9", golden, *when) == 2  # not measured: nothing is known against the index
    assert not (folder / "told").exists()
    (folder / "gates.toml").write_text("floors.status = 1.0", "utf-8")
    stub.answers["LoRA q1?"] = {"status": "not_in_documents", "answer": "文档里没有。"}
    assert nightly(stub.url, golden, *when) == 1
    assert (folder / "told").read_text("utf-8") == "worse\n"


def test_live_answers_that_cannot_be_read_say_nothing_about_the_night(
    stub: StubService, golden: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert nightly(stub.url, golden, "--store", "postgresql://qa:s3cret@127.0.0.1:9/answers") == 0
    assert "live answers are not scored" in (told := capsys.readouterr().err)
    assert "s3cret" not in told
    assert "outline_qa_night_passed 1\n" in (golden.parent / "eval" / "night.prom").read_text("utf-8")
