"""The command line against a running service, and without one."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette

from benchmarks.loopback import serve
from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from service.__main__ import COMMANDS, main
from service.api.app import create_app
from service.api.refusal import ProblemError
from service.bootstrap import Service
from service.commands.completion import SHELLS
from service.commands.failure import EXITS, STATUSES, failure_of
from service.commands.terminal import clean
from service.settings import ServiceSettings
from tests.support.paths import ROOT

QUESTION = "QLoRA 为什么省显存？"


@pytest.fixture(scope="module")
def url(settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot) -> Iterator[str]:
    with serve(create_app(Service(settings, embedder))) as url:
        yield url


def test_an_answer_with_its_quotes(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", QUESTION, "--url", url]) == 0
    said = capsys.readouterr().out
    reply = httpx.post(f"{url}/v1/ask", json={"question": QUESTION}, trust_env=False).json()
    assert said.startswith(reply["answer"])
    for citation in reply["citations"]:
        assert f"[{citation['n']}] " in said
        assert f"{citation['document']} {citation['start']}–{citation['end']}" in said
        assert all(line in said for line in citation["quote"].splitlines())


def test_json_and_standard_input(url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{QUESTION}\n"))
    assert main(["ask", "--url", f"{url}/v1/", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], said["command"], said["error"]) == (True, "ask", None)
    reply = httpx.post(f"{url}/v1/ask", json={"question": QUESTION}, trust_env=False).json()
    assert {name: said["data"][name] for name in ("status", "answer", "citations")} == {
        name: reply[name] for name in ("status", "answer", "citations")
    }


def test_events_a_line(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", QUESTION, "--url", url, "--ndjson"]) == 0
    kinds = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert (kinds[0], kinds[-1]) == ("meta", "done")


def test_search(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "位置编码", "-k", "2", "--url", url, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["data"]["results"]) == 2
    assert main(["search", "位置编码", "-k", "2", "--url", url]) == 0
    assert "2. " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["ask", " "], 2, "question: String should have at least 1 character"),
        (["ask", "长" * 2001], 2, "at most 2000 characters"),
        (["search", "x", "-k", "0"], 2, "k: "),
        (["ask", "x", "--url", "http://127.0.0.1:9"], 5, "outline-qa serve"),
        (["ask", "x", "--url", "not an address"], 5, "No service answers"),
        (["doctor", "--url", "http://127.0.0.1:9"], 4, "outline-qa serve"),
    ],
)
def test_errors_are_one_line_with_a_code(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    told = capsys.readouterr()
    assert said in told.err + told.out
    assert "Traceback" not in told.err
    if arguments[0] != "doctor":
        assert told.err.count("\n") == 1


def test_errors_in_the_envelope(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "x", "--url", "http://127.0.0.1:9", "--json"]) == 5
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], said["data"], said["error"]["kind"], said["error"]["exit"]) == (False, None, "unreachable", 5)


def test_what_answers_there_may_be_something_else(capsys: pytest.CaptureFixture[str]) -> None:
    with serve(Starlette()) as other:
        assert main(["ask", "x", "--url", other, "--json"]) == 5
    assert "no Outline QA" in json.loads(capsys.readouterr().out)["error"]["message"]


def test_each_kind_has_a_code_of_its_own() -> None:
    assert len({*EXITS.values()}) == len(EXITS)
    assert {*STATUSES.values()} | {"defect"} == EXITS.keys()
    assert failure_of(ProblemError(429, "busy")).exit == 7
    assert failure_of(KeyError("x")).kind == "defect"


def test_doctor_says_what_is_missing(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, settings: ServiceSettings
) -> None:
    monkeypatch.setenv("OUTLINE_QA_INDEX", str(settings.index / "none"))
    monkeypatch.setenv("OUTLINE_QA_MODELS", str(settings.models))
    monkeypatch.setenv("OUTLINE_QA_PORT", url.rsplit(":", 1)[1])
    assert main(["doctor", "--json"]) == 4
    said = json.loads(capsys.readouterr().out)
    checks = {check["name"]: check for check in said["data"]}
    assert {name for name, check in checks.items() if check["state"] == "missing"} == {"index"}
    assert "outline-qa build" in checks["index"]["remedy"]
    assert "a service runs there" in checks["port"]["told"]
    monkeypatch.setenv("OUTLINE_QA_INDEX", str(settings.index))
    assert main(["doctor"]) == 0
    monkeypatch.setenv("OUTLINE_QA_BOGUS", "1")
    assert main(["doctor"]) == 4
    assert "OUTLINE_QA_BOGUS" in capsys.readouterr().out
    assert main(["doctor", "--url", url]) == 0


def test_a_document_does_not_move_the_cursor() -> None:
    assert clean("a\x1b[2Jb\x07\x9b1m\n\tc") == "a[2Jb1m\n\tc"


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_names_commands_and_options(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for word in (*COMMANDS, "build", "fit", "eval", "url"):
        assert word in script


def test_bash_completes() -> None:
    script = subprocess.check_output([sys.executable, "-m", "service", "completion", "bash"], cwd=ROOT, text=True)
    asked = f'{script}\nCOMP_WORDS=(outline-qa ask --u); COMP_CWORD=2; _outline_qa; echo "${{COMPREPLY[@]}}"'
    assert subprocess.check_output(["bash", "-c", asked], text=True) == "--url\n"


def test_in_process_without_an_index_says_what_builds_one(settings: ServiceSettings) -> None:
    environment = os.environ | {
        "OUTLINE_QA_INDEX": str(settings.index / "none"),
        "OUTLINE_QA_MODELS": str(settings.models),
    }
    done = subprocess.run(
        [sys.executable, "-m", "service", "ask", "x"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert "ingest build" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_in_process_says_what_the_service_says(settings: ServiceSettings, url: str) -> None:
    environment = os.environ | {"OUTLINE_QA_INDEX": str(settings.index), "OUTLINE_QA_MODELS": str(settings.models)}
    done = subprocess.run(
        [sys.executable, "-m", "service", "ask", QUESTION, "--json"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    said = json.loads(done.stdout)["data"]
    reply = httpx.post(f"{url}/v1/ask", json={"question": QUESTION}, trust_env=False).json()
    assert (said["status"], said["answer"], said["citations"]) == (reply["status"], reply["answer"], reply["citations"])
    assert done.stderr == ""


def test_commands_of_the_other_packages_keep_their_help() -> None:
    for name in ("build", "eval"):
        told = subprocess.check_output([sys.executable, "-m", "service", name, "--help"], cwd=ROOT, text=True)
        assert "usage: python -m" in told
