"""Chats with a running service: one answer a message, within what may be read and how much; what becomes of votes."""

import logging
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse

from benchmarks.loopback import serve
from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from service.access.keys import NewKey, SqliteKeys
from service.access.ledger import Ledger
from service.access.rights import RIGHTS
from service.api.app import create_app
from service.bootstrap import Service
from service.language.phrases import wording
from service.settings import ServiceSettings
from tests.support.chats import PLATFORMS, Api, FeishuChat, Platform, SlackChat, WecomChat, chat_api, deliver

QUESTION = "QLoRA 为什么省显存？"
each = pytest.mark.parametrize("platform", PLATFORMS, ids=[platform.name for platform in PLATFORMS])


@contextmanager
def running(settings: ServiceSettings, embedder: Embedder, api: Api, folder: Path, **own: Any) -> Iterator[str]:
    """A service that needs keys, which platforms do not have."""
    access = settings.access.model_copy(update={"path": folder / "access.sqlite"} | own.pop("access", {}))
    ledger = Ledger(access.path)
    SqliteKeys(ledger).make(NewKey("test", RIGHTS), "test")
    ledger.close()
    more = own.pop("channel", {})
    chats = {
        each.name: getattr(settings, each.name).model_validate({**each.settings(api), **more}) for each in PLATFORMS
    }
    store = settings.store.model_copy(update={"path": folder / "store.sqlite"})
    made = settings.model_copy(update={"access": access, "store": store, **chats, **own})
    with serve(create_app(Service(made, embedder))) as url:
        yield url


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with chat_api() as api:
        yield api


@pytest.fixture(autouse=True)
def clean(api: Api) -> None:
    api.got.clear()
    api.faults.clear()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chats")


@pytest.fixture(scope="module")
def url(settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot, api: Api, folder: Path) -> Iterator[str]:
    with running(settings, embedder, api, folder) as url:
        yield url


def test_keys_are_needed_for_everything_else(url: str) -> None:
    assert httpx.post(f"{url}/v1/ask", json={"question": QUESTION}, trust_env=False).status_code == 401


@each
def test_a_message_that_is_sent_again_is_answered_once(url: str, api: Api, platform: Platform) -> None:
    sent = platform.ask(api, QUESTION)
    for _ in range(3):
        reply = deliver(url, platform, sent)
        assert (reply.status_code, reply.text) == (200, "")
    api.wait()
    deliver(url, platform, platform.ask(api, "什么是模型剪枝？"))
    first, second = (platform.see(body) for body in api.wait(2))
    assert first.quotes
    assert "剪枝" in second.text
    assert len(api.got) == 2


@each
def test_a_vote_reaches_the_store(url: str, api: Api, platform: Platform, folder: Path) -> None:
    deliver(url, platform, platform.ask(api, QUESTION))
    shown = platform.see(api.wait()[0])
    for up in (True, False):
        vote = platform.vote(api, shown, up)
        for _ in range(2):
            reply = deliver(url, platform, vote)
            assert reply.status_code == 200
        with closing(sqlite3.connect(folder / "store.sqlite")) as store:
            rows = store.execute("SELECT rating FROM feedback WHERE answer_id = ?", (shown.answer_id,)).fetchall()
        assert rows == [("up" if up else "down",)]
        if platform.name == "feishu":
            assert "谢谢" in reply.json()["toast"]["content"]
    if platform.name in ("slack", "dingtalk"):
        thanks = api.wait(3)[1:]
        assert all("谢谢" in str(body) and "Thank you" in str(body) for body in thanks)
        assert len(api.got) == 3


def test_a_vote_on_what_is_not_kept(url: str, api: Api) -> None:
    shown = FeishuChat().see({"content": '{"body": {"elements": []}}'})
    reply = deliver(url, FeishuChat(), FeishuChat().vote(api, shown, True))
    assert "评价" in reply.json()["toast"]["content"]


@each
def test_what_is_forged_opens_nothing(url: str, api: Api, platform: Platform) -> None:
    sent = platform.ask(api, QUESTION)
    for headers, query in (({}, {}), ({"authorization": "Bearer oq_x"}, sent.query if sent.headers else {})):
        forged = type(sent)(sent.method, headers, query, sent.body)
        reply = deliver(url, platform, forged)
        assert reply.status_code == 401
        assert reply.headers["content-type"] == "application/problem+json"
    time.sleep(0.05)
    assert api.got == []


def test_other_names_and_ways(url: str) -> None:
    assert httpx.post(f"{url}/v1/channels/irc", trust_env=False).status_code == 404
    assert httpx.post(f"{url}/v1/channels", trust_env=False).status_code == 401
    assert httpx.put(f"{url}/v1/channels/slack", trust_env=False).status_code == 405
    assert httpx.get(f"{url}/v1/channels/wecom", trust_env=False).status_code == 401
    large = httpx.post(f"{url}/v1/channels/slack", content=b"x" * (1 << 20 | 1), trust_env=False)
    assert large.status_code == 413


def test_each_address_is_verified(url: str) -> None:
    for platform in PLATFORMS:
        sent, echo = platform.verify()
        reply = deliver(url, platform, sent)
        assert (reply.status_code, reply.text) == (200, echo)


def test_a_follow_up_in_the_same_thread(url: str, api: Api) -> None:
    feishu = FeishuChat()
    deliver(url, feishu, feishu.ask(api, "什么是 LoRA？", group=False, person="eve"))
    api.wait()
    deliver(url, feishu, feishu.ask(api, "它有什么缺点？", group=False, person="eve"))
    deliver(url, feishu, feishu.ask(api, "它有什么缺点？", group=False, person="joe"))
    bodies = {feishu.see(body).answer_id: feishu.see(body) for body in api.wait(3)[1:]}
    with_talk = [shown for shown in bodies.values() if any("LoRA" in text for _, _, text in shown.quotes)]
    assert with_talk


def test_nothing_asked_is_answered_with_what_can_be(url: str, api: Api) -> None:
    slack = SlackChat()
    deliver(url, slack, slack.ask(api, ""))
    shown = slack.see(api.wait()[0])
    assert shown.text
    assert not shown.quotes


def test_a_platform_that_takes_nothing_is_in_the_log(url: str, api: Api, caplog: pytest.LogCaptureFixture) -> None:
    slack = SlackChat()
    api.faults.append(JSONResponse({"ok": False, "error": "not_in_channel"}))
    with caplog.at_level(logging.ERROR):
        deliver(url, slack, slack.ask(api, QUESTION))
        deadline = time.monotonic() + 30
        while "not_in_channel" not in caplog.text and time.monotonic() < deadline:
            time.sleep(0.01)
    assert re.search("slack: an answer could not be sent: Slack says 'not_in_channel'", caplog.text)


def test_people_read_what_their_channel_may_and_ask_as_much(
    settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot, api: Api, tmp_path: Path
) -> None:
    limits = {"per_minute": 2}
    with running(settings, embedder, api, tmp_path, access=limits, channel={"documents": ["*.md#1"]}) as url:
        wecom = WecomChat()
        for person in ("ann", "ann", "ann", "joe"):
            deliver(url, wecom, wecom.ask(api, QUESTION, person=person))
        shown = [wecom.see(body) for body in api.wait(4)]
        busy = wording("zh").chat["busy"]
        assert [each.text for each in shown].count(busy) == 1
        assert all(not each.quotes for each in shown)  # the section that tells it may not be read


def test_what_is_being_answered_is_answered_at_the_end(
    settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot, api: Api, tmp_path: Path
) -> None:
    slack = SlackChat()
    with running(settings, embedder, api, tmp_path) as url:
        assert deliver(url, slack, slack.ask(api, "什么是提示工程？")).status_code == 200
    assert len(api.wait()) == 1
