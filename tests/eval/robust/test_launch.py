"""A service of our own: its settings, and that it never outlives the block."""

import json
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import httpx
import pytest

from eval.robust.launch import LaunchError, environment, passages, serving

# Writes its process id and settings, then is ready at once; a signal may be ignored.
SERVER = """
import http.server, json, os, signal, sys
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
told = {name: value for name, value in os.environ.items() if name.startswith("OUTLINE_QA_")}
open(os.environ["TOLD"], "w").write(json.dumps(told | {"pid": os.getpid()}))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *args):
        pass
http.server.HTTPServer(("127.0.0.1", int(told["OUTLINE_QA_PORT"])), Handler).serve_forever()
"""
SERVE = (sys.executable, "-c", SERVER)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_it_serves_the_documents_on_loopback_and_ends_with_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException] | None
) -> None:
    told = tmp_path / "told.json"
    monkeypatch.setenv("TOLD", str(told))
    monkeypatch.setenv("OUTLINE_QA_WRITER__KIND", "extractive")
    folder, document = tmp_path / "new", tmp_path / "大纲 1.md"
    with pytest.raises(error) if error else nullcontext(), serving([document], folder, SERVE, wait=60) as url:
        assert httpx.get(f"{url}/readyz", trust_env=False).status_code == 200
        settings = json.loads(told.read_text("utf-8"))
        assert is_alive(settings["pid"])
        if error:
            raise error
    assert not is_alive(settings.pop("pid"))
    assert url == f"http://127.0.0.1:{settings['OUTLINE_QA_PORT']}"
    assert json.loads(settings["OUTLINE_QA_CORPUS"]) == [str(document)]
    assert settings["OUTLINE_QA_INDEX"] == str(folder / "index")
    assert settings["OUTLINE_QA_STORE__PATH"] == str(folder / "store.sqlite")
    assert (settings["OUTLINE_QA_HOST"], settings["OUTLINE_QA_WRITER__KIND"]) == ("127.0.0.1", "extractive")


def test_one_that_does_not_listen_to_signals_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "told.json"
    monkeypatch.setenv("TOLD", str(told))
    monkeypatch.setattr("eval.robust.launch.STOP", 0.1)
    with serving([], tmp_path, (*SERVE, "deaf"), wait=60):
        pid = json.loads(told.read_text("utf-8"))["pid"]
    assert not is_alive(pid)


def test_a_signal_that_ends_us_ends_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "told.json"
    monkeypatch.setenv("TOLD", str(told))
    ours = f"""
import sys, time
from pathlib import Path
from eval.robust.launch import serving
with serving([], Path({str(tmp_path)!r}), {SERVE!r}, wait=60) as url:
    print(url, flush=True)
    time.sleep(3600)
"""
    with subprocess.Popen([sys.executable, "-c", ours], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        pid = json.loads(told.read_text("utf-8"))["pid"]
        process.terminate()
        assert process.wait(60) == 128 + 15
    assert not is_alive(pid)


def test_one_that_fails_to_start_is_an_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    command = (sys.executable, "-c", "import sys; print('no model'); sys.exit(3)")
    with pytest.raises(LaunchError, match="ended with 3"), serving([], tmp_path, command, wait=60):
        pass
    assert "no model" in capfd.readouterr().err
    hangs = (sys.executable, "-c", "import time; time.sleep(3600)")
    with pytest.raises(LaunchError, match="not ready after 0 s"), serving([], tmp_path, hangs, wait=0.2):
        pass


def test_a_setting_of_another_spelling_does_not_come_on_top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("outline_qa_port", "1")
    found = environment([], tmp_path, 4711)
    assert {value for name, value in found.items() if name.upper() == "OUTLINE_QA_PORT"} == {"4711"}


def test_the_passages_of_an_index_are_counted(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="what the index"):
        passages(tmp_path)
    version = tmp_path / "index" / "versions" / "abc"
    version.mkdir(parents=True)
    (tmp_path / "index" / "current").write_text("abc\n", "utf-8")
    (version / "manifest.json").write_text('{"counts": {"chunks": 239}}', "utf-8")
    assert passages(tmp_path) == 239
