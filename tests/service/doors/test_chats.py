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
from service.access.keys import LedgerKeys, NewKey
from service.access.ledger import Ledger
from service.access.rights import RIGHTS
from service.api.app import create_app
from service.bootstrap import Service
from service.language.phrases import wording
from service.settings import ServiceSettings
from tests.support.chats import PLATFORMS, Api, FeishuChat, Platform, SlackChat, WecomChat, chat_api, deliver
from tests.support.tiny_embedder import TinyEmbedder
from tests.support.tiny_service import tiny_settings

QUESTION, OTHER = "除垢怎么做？", "水箱怎么清洗？"
MANUAL = "# 保养\n\n除垢每三个月做一次，用柠檬酸。\n\n# 水箱\n\n水箱每周清洗一次，用清水。\n"
NOTE = "# 薪酬\n\n奖金由店长签字。\n"
SECRETS: list[str] = []  # of the services that were started, oldest first
each = pytest.mark.parametrize("platform", PLATFORMS, ids=[platform.name for platform in PLATFORMS])


@contextmanager
def running(settings: ServiceSettings, api: Api, folder: Path, **own: Any) -> Iterator[str]:
    """A service that needs keys, which platforms do not have."""
    access = settings.access.model_copy(update={"path": folder / "access.sqlite"} | own.pop("access", {}))
    ledger = Ledger(access.path)
    SECRETS.append(LedgerKeys(ledger).make(NewKey("test", RIGHTS), "test")[1])
    ledger.close()
    more = own.pop("channel", {})
    chats = {
        each.name: getattr(settings, each.name).model_validate({**each.settings(api), **more}) for each in PLATFORMS
    }
    store = settings.store.model_copy(update={"path": folder / "store.sqlite"})
    made = settings.model_copy(update={"access": access, "store": store, **chats, **own})
    with serve(create_app(Service(made, TinyEmbedder()))) as url:
        yield url


def bearer() -> dict[str, str]:
    return {"Authorization": f"Bearer {SECRETS[0]}"}


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
def settings(tmp_path_factory: pytest.TempPathFactory) -> ServiceSettings:
    return tiny_settings(tmp_path_factory.mktemp("index"), manual=MANUAL, pay=NOTE)


@pytest.fixture(scope="module")
def url(settings: ServiceSettings, api: Api, folder: Path) -> Iterator[str]:
    with running(settings, api, folder) as url:
        yield url


def test_keys_are_needed_for_everything_else(url: str) -> None:
    assert httpx.post(f"{url}/v1/ask", json={"question": QUESTION}, trust_env=False).status_code == 401


@each
def test_the_card_says_what_others_get(url: str, api: Api, platform: Platform) -> None:
    deliver(url, platform, platform.ask(api, OTHER, group=False))
    shown = platform.see(api.wait()[0])
    answer = httpx.post(f"{url}/v1/ask", json={"question": OTHER}, headers=bearer(), trust_env=False).json()
    assert shown.text == answer["answer"]
    cited = [{key: each[key] for key in ("n", "document", "start", "end", "quote")} for each in answer["citations"]]
    assert shown.citations == cited != []


@each
def test_a_message_that_is_sent_again_is_answered_once(url: str, api: Api, platform: Platform) -> None:
    sent = platform.ask(api, QUESTION)
    for _ in range(3):
        reply = deliver(url, platform, sent)
        assert (reply.status_code, reply.text) == (200, "")
    api.wait()
    deliver(url, platform, platform.ask(api, OTHER))
    first, second = (platform.see(body) for body in api.wait(2))
    assert first.quotes
    assert "水箱" in second.text
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


def test_a_follow_up_with_the_same_person(url: str, api: Api) -> None:
    feishu, seen = FeishuChat(), []
    for person, text in (("eve", QUESTION), ("eve", "为什么？"), ("joe", "为什么？")):
        api.got.clear()
        deliver(url, feishu, feishu.ask(api, text, group=False, person=person))
        shown = feishu.see(api.wait()[0])
        kept = httpx.get(f"{url}/v1/answers/{shown.answer_id}", headers=bearer(), trust_env=False).json()
        seen.append(kept["query"])
    assert "除" in seen[1]
    assert "除" not in seen[2]


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
    settings: ServiceSettings, api: Api, tmp_path: Path
) -> None:
    limits = {"per_minute": 2}
    with running(settings, api, tmp_path, access=limits, channel={"documents": ["pay.md"]}) as url:
        wecom = WecomChat()
        for person in ("ann", "ann", "ann", "joe"):
            deliver(url, wecom, wecom.ask(api, QUESTION, person=person))
        shown = [wecom.see(body) for body in api.wait(4)]
        busy = wording("zh").chat["busy"]
        assert [each.text for each in shown].count(busy) == 1
        assert all(not each.quotes for each in shown)  # the document that tells it may not be read


def test_what_is_being_answered_is_answered_at_the_end(settings: ServiceSettings, api: Api, tmp_path: Path) -> None:
    slack = SlackChat()
    with running(settings, api, tmp_path) as url:
        assert deliver(url, slack, slack.ask(api, OTHER)).status_code == 200
    assert len(api.wait()) == 1
