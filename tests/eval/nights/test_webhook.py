"""What a chat channel is told, over HTTP, and what is said when it cannot be told."""

import json
from pathlib import Path

import pytest

from eval.nights.gate import GateError, Gates, hold
from eval.nights.webhook import WebhookError, message, post, trouble
from tests.support.gate import call, keep
from tests.support.nights import night
from tests.support.webhook import Hook


def test_a_message_has_the_findings_as_markdown_and_as_data() -> None:
    verdict = hold(*night(1, hit_1=0.5), Gates(floors={"hit_1": 0.8}), night(0))
    body = message(verdict)
    assert (body["run"], body["status"]) == ("20250102T020000Z", "regression")
    first, second, *_, last = body["text"].splitlines()
    assert first == "**Evaluation 20250102T020000Z failed**"
    assert second.startswith("- floor: hit@1 is 0.5000, below its floor of 0.8000; questions q-")
    assert last == "Index `v1`, generator `extractive`, held against 20250101T020000Z."
    data = json.loads(json.dumps(body["findings"]))[0]
    assert (data["metric"], data["fault"], data["value"], data["limit"], len(data["ids"])) == (
        "hit_1",
        "floor",
        0.5,
        0.8,
        16,
    )


def test_a_night_without_a_run_has_a_message_too() -> None:
    body = trouble("no service")
    assert (body["run"], body["status"]) == ("", "unmeasured")
    assert body["text"] == "**Evaluation could not be measured**\n- no service"
    assert body["findings"][0]["text"] == "no service"


@pytest.mark.parametrize("status", [400, 302, 503])
def test_a_refusal_is_named_without_the_secret_of_the_address(hook: Hook, status: int) -> None:
    hook.status = status
    with pytest.raises(WebhookError, match=f"webhook at '127.0.0.1' gave {status}: 'no_service'") as caught:
        post(hook.url, {"text": "甲"})
    assert "secret" not in str(caught.value)
    assert hook.bodies == [{"text": "甲"}]


@pytest.mark.parametrize(
    "url", ["", "secret", "ftp://h/secret", "http://[::1/secret", "http:///secret", "http://a..b/"]
)
def test_an_address_that_is_none_is_said(hook: Hook, url: str) -> None:
    with pytest.raises(WebhookError, match=r"could not be told: \w+; check --webhook") as caught:
        post(url, {})
    assert "secret" not in str(caught.value)


def test_a_failed_night_is_posted(hook: Hook, tmp_path: Path) -> None:
    history = keep(tmp_path, night(0), night(1, marked=0.5))
    assert call("--history", history, "--webhook", hook.url) == 1
    (body,) = hook.bodies
    assert (body["run"], body["status"]) == ("20250102T020000Z", "regression")
    assert {finding["fault"] for finding in body["findings"]} == {"floor", "regression"}


def test_the_environment_can_name_the_webhook(hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVAL_WEBHOOK", hook.url)
    assert call("--history", keep(tmp_path, night(0, silent=1.0))) == 2
    assert [body["status"] for body in hook.bodies] == ["unmeasured"]


def test_a_night_that_passed_is_not_posted(hook: Hook, tmp_path: Path) -> None:
    assert call("--history", keep(tmp_path, night(0)), "--webhook", hook.url) == 0
    assert hook.bodies == []


def test_a_night_without_a_run_is_posted(hook: Hook, tmp_path: Path) -> None:
    with pytest.raises(GateError, match="has no runs"):
        call("--history", str(tmp_path / "none.sqlite"), "--webhook", hook.url)
    assert "has no runs" in hook.bodies[0]["text"]


def test_a_webhook_that_fails_changes_no_exit_status(
    hook: Hook, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hook.status = 500
    assert call("--history", keep(tmp_path, night(0, silent=0.5)), "--webhook", hook.url) == 2
    assert "warning: the webhook at '127.0.0.1' gave 500" in capsys.readouterr().err
    assert call("--history", keep(tmp_path, night(1, marked=0.5)), "--webhook", "http://127.0.0.1:9/") == 1
    assert "could not be told: ConnectError" in capsys.readouterr().err
