"""Another language model or prompt beside the one that serves: compared, given to some, promoted, taken back."""

import json
import stat
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from benchmarks.faulty_llm import MODEL, FaultyLLM, faulty_llm
from service.__main__ import main
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import AnswerSettings, ServiceSettings, TrialSettings, VllmSettings
from service.write.prompt import SYSTEM
from tests.support.tiny_embedder import TinyEmbedder
from tests.support.tiny_service import tiny_settings

TEXT = "# 笔记\n\n## 海星协议\n\n海星协议让五个节点轮流发言，每轮由编号最小的节点开始。掉线的节点由邻居代为发言。\n"
QUESTION = "海星协议由谁开始发言？"
OLD = "五个节点轮流发言，每轮由编号最小的节点开始。[1]"
NEW = f"{OLD}掉线的节点由邻居代为发言。[1]"
RULES = "你只根据资料回答。每句末尾写编号，如 [1]。"
SECONDS = 60


@dataclass
class Stage:
    """A service with its own model, and the model that may follow it."""

    settings: ServiceSettings
    old: FaultyLLM
    new: FaultyLLM
    file: Path

    def open(self, share: float = 0, shadow: float = 0, content: bool = False) -> TestClient:
        trial = TrialSettings(
            share=share, shadow=shadow, writer=self.file, record=self.file.parent / "shadow.jsonl", content=content
        )
        return TestClient(create_app(Service(self.settings.model_copy(update={"trial": trial}), TinyEmbedder())))

    @property
    def lines(self) -> list[dict[str, dict[str, object]]]:
        path = self.file.parent / "shadow.jsonl"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with faulty_llm(answer=OLD) as old, faulty_llm(answer=NEW) as new:
        settings = tiny_settings(tmp_path, notes=TEXT).model_copy(
            update={
                "writer": VllmSettings(kind="vllm", base_urls=[old.url], model=MODEL),
                "watch_seconds": 0.05,
            }
        )
        (tmp_path / "rules.txt").write_text(RULES, "utf-8")
        file = tmp_path / "candidate.toml"
        told = {"kind": "vllm", "base_urls": [new.url], "model": MODEL, "prompt": str(tmp_path / "rules.txt")}
        file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in told.items()), "utf-8")
        yield Stage(settings, old, new, file)


def ask(client: TestClient, question: str = QUESTION) -> dict[str, str]:
    return dict(client.post("/v1/ask", json={"question": question}).raise_for_status().json())


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_both_answer_and_one_is_shown(stage: Stage) -> None:
    with stage.open(shadow=1) as client:
        assert ask(client)["generator"] == f"vllm:{MODEL}"
        until(lambda: 'outline_qa_shadow_total{outcome="citations"} 1.0' in client.get("/metrics").text)
        assert 'arm="candidate"' not in client.get("/metrics").text
    (line,) = stage.lines
    assert line["shown"]["writer"] == f"vllm:{MODEL}"
    assert str(line["candidate"]["writer"]).startswith(f"vllm:{MODEL}@")
    assert (line["shown"]["status"], line["candidate"]["status"]) == ("answered", "answered")
    assert stage.old.asked[-1]["messages"][0]["content"] == SYSTEM
    assert stage.new.asked[-1]["messages"][0]["content"] == RULES


def test_no_words_are_kept_unless_a_setting_says_so(stage: Stage) -> None:
    asked = f"{QUESTION}我的邮箱是 wang.wei@example.com"
    for content in (False, True):
        with stage.open(shadow=1, content=content) as client:
            before = len(stage.lines)
            ask(client, asked)
            until(lambda before=before: len(stage.lines) > before)  # type: ignore[misc]
    plain, full = stage.lines
    assert not {"question", "replies"} & plain.keys()
    assert "节点" not in json.dumps(plain, ensure_ascii=False)
    assert full["question"] == f"{QUESTION}我的邮箱是 [email]"
    assert "编号最小" in json.dumps(full["replies"], ensure_ascii=False)
    assert "wang.wei" not in json.dumps(full)
    assert stat.S_IMODE((stage.file.parent / "shadow.jsonl").stat().st_mode) == 0o600


def test_a_candidate_that_cannot_write_harms_nobody(stage: Stage) -> None:
    stage.new.fault = "500"
    with stage.open(shadow=1) as client:
        assert ask(client)["degraded"] is None
        until(lambda: bool(stage.lines))
        assert client.get("/readyz").json()["status"] == "ready"
    assert stage.lines[0]["candidate"]["missing"] == ["writer_failed"]


def test_a_share_gets_it_until_it_is_promoted_taken_back_or_withdrawn(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OUTLINE_QA_INDEX", str(stage.settings.index))
    monkeypatch.setenv("OUTLINE_QA_TRIAL__WRITER", str(stage.file))
    with stage.open(share=1) as tried, stage.open(share=0) as served:

        def new(client: TestClient) -> bool:
            return "@" in ask(client)["generator"]

        assert new(tried)
        assert not new(served)
        assert 'outline_qa_trial_answers_total{arm="candidate",status="answered"} 1.0' in tried.get("/metrics").text
        assert main(["trial", "rollback"]) != 0
        assert main(["trial", "promote"]) == 0
        until(lambda: new(served) and new(tried))
        assert served.get("/readyz").json()["generator"].startswith(f"vllm:{MODEL}@")
        assert main(["trial", "rollback"]) == 0
        until(lambda: not new(served) and not new(tried))
        assert main(["trial", "begin"]) == 0
        until(lambda: new(tried) and not new(served))
        assert main(["trial", "withdraw"]) == 0
        until(lambda: not new(tried))
    assert "was not promoted" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["", 'kind = "vllm"', "kind = [", 'kind = "vllm"\nmodel = "m"\nprompt = "nowhere.txt"']
)
def test_settings_that_are_not_right_end_the_start(stage: Stage, text: str) -> None:
    stage.file.write_text(text, "utf-8")
    with pytest.raises(ValueError, match=r"trial\.writer .*candidate\.toml"):
        stage.open(shadow=1)


def test_a_key_in_the_file_is_not_told(stage: Stage) -> None:
    stage.file.write_text('kind = "vllm"\napi_key = "sk-s3cret"\nmodle = "m"\n', "utf-8")
    with pytest.raises(ValueError, match="modle") as told:
        stage.open(shadow=1)
    assert "s3cret" not in "".join(traceback.format_exception(told.value))


def test_rules_that_cannot_be_read_end_the_start(stage: Stage) -> None:
    writer = VllmSettings(kind="vllm", model=MODEL, prompt=stage.file.parent / "none.txt")
    with pytest.raises(ValueError, match=r"prompt .*none\.txt"):
        Service(stage.settings.model_copy(update={"writer": writer}), TinyEmbedder())


def test_no_request_fails_while_it_is_promoted_and_taken_back(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLINE_QA_INDEX", str(stage.settings.index))
    monkeypatch.setenv("OUTLINE_QA_TRIAL__WRITER", str(stage.file))
    patient = {"answer": AnswerSettings(wait_seconds=60)}  # how fast this machine is, is not what is asked
    stage.settings = stage.settings.model_copy(update=patient)
    seen: list[tuple[int, str]] = []
    ended = threading.Event()

    def visit(client: TestClient, number: int) -> None:
        while not ended.is_set():
            reply = client.post("/v1/ask", json={"question": QUESTION + "？" * number})
            seen.append((reply.status_code, reply.json().get("generator", "")))

    def lately(new: bool) -> bool:
        return len(seen) > 8 and all(("@" in generator) is new for _, generator in seen[-8:])

    with stage.open(share=0) as client, ThreadPoolExecutor(4) as pool:
        visits = [pool.submit(visit, client, number) for number in range(4)]
        try:
            until(lambda: lately(False))
            for does, new in (("promote", True), ("rollback", False), ("promote", True)):
                assert main(["trial", does]) == 0
                until(lambda new=new: lately(new))  # type: ignore[misc]
        finally:
            ended.set()  # or the visits never end
        for each in visits:
            each.result()
    assert {status for status, _ in seen} == {200}
