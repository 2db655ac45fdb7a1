"""What each platform sends is read as its documentation has it; what it did not send is not."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import TypeVar

import pytest
from pydantic import ValidationError
from starlette.responses import JSONResponse, Response

from service.channels.card import Card, Quotation, harmless, markdown
from service.channels.channel import (
    Channel,
    ChannelError,
    Delivery,
    NotGenuineError,
    Post,
    UnreadableError,
    Vote,
)
from service.commands.checks import Check, _channels
from service.composition import open_channels
from service.settings import ServiceSettings
from tests.support.chats import PLATFORMS, Api, DingtalkChat, FeishuChat, Platform, Sent, SlackChat, WecomChat, chat_api

TEXT = "什么是 <LoRA> & QLoRA?"
CARD = Card(
    "LoRA **冻结**权重。[1] <@U1> <!channel> <at id=all></at> a < b\n\n```\nvector<int>\n```",
    "zh",
    (Quotation(1, "3. 微调 · a.md 10–24", "LoRA 冻结 <预训练> 权重，\n> 只训练 & 低秩矩阵。"),),
    ("少了一样。",),
    "a-0123456789abcdef",
)
Result = TypeVar("Result")


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with chat_api() as api:
        yield api


@pytest.fixture(autouse=True)
def clean(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.got.clear()
    api.faults.clear()
    monkeypatch.setattr("service.channels.courier.PAUSES", (0.01, 0.01))


def opened(platform: Platform, api: Api) -> Channel:
    (channel,) = open_channels(ServiceSettings.model_validate({platform.name: platform.settings(api)}))
    return channel


def within(channel: Channel, act: Callable[[Channel], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        try:
            return await act(channel)
        finally:
            await channel.close()

    return asyncio.run(run())


def received(platform: Platform, api: Api, sent: Sent) -> Post | Vote | None:
    delivery = Delivery("GET" if sent.method == "GET" else "POST", sent.headers, sent.query, sent.body)
    return within(opened(platform, api), lambda channel: channel.receive(delivery)).event


def said(platform: Platform, api: Api, card: Card, post: Post | None = None) -> None:
    where = post or received(platform, api, platform.ask(api, TEXT))
    assert isinstance(where, Post)
    within(opened(platform, api), lambda channel: channel.say(where.at, card))


each = pytest.mark.parametrize("platform", PLATFORMS, ids=[platform.name for platform in PLATFORMS])


@each
@pytest.mark.parametrize("group", [True, False])
def test_a_question(platform: Platform, api: Api, group: bool) -> None:
    post = received(platform, api, platform.ask(api, TEXT, group))
    assert isinstance(post, Post)
    assert post.text == TEXT
    assert post.sender.endswith("ann")


@each
def test_a_group_that_does_not_mean_us(platform: Platform, api: Api) -> None:
    if platform.name == "wecom":
        pytest.skip("WeCom sends what mentions the bot alone")
    assert received(platform, api, platform.ask(api, TEXT, mention=False)) is None


@each
def test_what_is_shown(platform: Platform, api: Api) -> None:
    said(platform, api, CARD)
    (body,) = api.wait()
    shown = platform.see(body)
    assert (shown.text, shown.answer_id) == (CARD.text, CARD.answer_id)
    assert shown.citations == [
        {"n": 1, "document": "a.md", "start": 10, "end": 24, "quote": CARD.quotes[0].text},
    ]
    assert "少了一样。" in shown.rest
    for call in ("<@U1>", "<!channel>", "<at id"):  # a document calls nobody
        assert call not in json.dumps(body)
        assert call not in str(body.get("content"))


@each
def test_a_vote(platform: Platform, api: Api) -> None:
    said(platform, api, CARD)
    shown = platform.see(api.wait()[0])
    for up, rating in ((True, "up"), (False, "down")):
        vote = received(platform, api, platform.vote(api, shown, up))
        assert isinstance(vote, Vote)
        assert (vote.answer_id, vote.rating) == (CARD.answer_id, rating)


@each
def test_the_address_is_verified(platform: Platform, api: Api) -> None:
    sent, echo = platform.verify()
    delivery = Delivery("GET" if sent.method == "GET" else "POST", sent.headers, sent.query, sent.body)
    receipt = within(opened(platform, api), lambda channel: channel.receive(delivery))
    assert (receipt.ack.body, receipt.event) == (echo, None)


@each
def test_what_is_not_signed_or_changed_is_refused(platform: Platform, api: Api) -> None:
    good = platform.ask(api, TEXT)
    for name in good.headers:
        if name != "content-type":
            with pytest.raises(NotGenuineError):
                received(platform, api, replace(good, headers={**good.headers, name: "0"}))
            with pytest.raises(NotGenuineError):
                received(platform, api, replace(good, headers={k: v for k, v in good.headers.items() if k != name}))
    for name in good.query:
        with pytest.raises(NotGenuineError):
            received(platform, api, replace(good, query={**good.query, name: "0"}))
    if platform.name != "dingtalk":  # whose signature is of the time alone
        with pytest.raises(NotGenuineError):
            received(platform, api, replace(good, body=good.body.replace(b"a", b"b", 1)))
    with pytest.raises(NotGenuineError):
        received(platform, api, replace(good, headers={}, query={}, body=b"{}"))


def test_what_is_sent_again_later_is_refused(api: Api) -> None:
    slack, feishu, dingtalk, wecom = SlackChat(), FeishuChat(), DingtalkChat(), WecomChat()
    for platform, sent in (
        (slack, slack.signed(b'{"type": "event_callback"}', age=310)),
        (slack, slack.signed(b'{"type": "event_callback"}', age=-310)),
        (feishu, feishu.event("im.message.receive_v1", {}, age=3610)),
        (feishu, feishu.event("im.message.receive_v1", {}, token="other")),
        (dingtalk, dingtalk.signed(b"{}", age=3610)),
        (wecom, wecom.event({}, age=3610)),
    ):
        with pytest.raises(NotGenuineError):
            received(platform, api, sent)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"null", b'"x"', b'{"type": "event_callback", "event": []}', b"\xff"]
)
def test_what_is_signed_and_of_another_form(api: Api, body: bytes) -> None:
    for platform, sent in ((SlackChat(), SlackChat().signed(body)), (DingtalkChat(), DingtalkChat().signed(body))):
        with pytest.raises(UnreadableError):
            received(platform, api, sent)


@pytest.mark.parametrize(
    "event", [{}, {"sender": 1}, {"message": {"message_type": "text"}, "sender": {"sender_type": "user"}}]
)
def test_what_is_sealed_and_of_another_form(api: Api, event: dict[str, object]) -> None:
    with pytest.raises(UnreadableError):
        received(FeishuChat(), api, FeishuChat().event("im.message.receive_v1", event))
    with pytest.raises(UnreadableError):
        received(WecomChat(), api, WecomChat().event({"msgtype": "text", **event}))


def test_other_events_are_no_questions(api: Api) -> None:
    slack, feishu, wecom = SlackChat(), FeishuChat(), WecomChat()
    joined = {
        "type": "message",
        "subtype": "channel_join",
        "channel_type": "im",
        "channel": "D1",
        "ts": "1",
        "text": "",
    }
    own = {"type": "message", "bot_id": "B1", "channel_type": "im", "channel": "D1", "ts": "1", "text": "hi"}
    for event in (joined, own):
        assert (
            received(slack, api, slack.signed(json.dumps({"type": "event_callback", "event": event}).encode())) is None
        )
    assert received(feishu, api, feishu.event("im.chat.member.bot.added_v1", {})) is None
    entered = {"msgid": "1", "from": {"userid": "a"}, "msgtype": "event", "event": {"eventtype": "enter_chat"}}
    assert received(wecom, api, wecom.event(entered)) is None


def test_feishu_reads_rich_text_and_names(api: Api) -> None:
    feishu = FeishuChat()
    content = [
        [{"tag": "at", "user_id": "@_user_1"}, {"tag": "text", "text": " 请问"}],
        [{"tag": "text", "text": "LoRA？"}],
    ]
    message = {
        "message_id": "om_1",
        "chat_id": "oc_1",
        "chat_type": "group",
        "message_type": "post",
        "content": json.dumps({"title": "问题", "content": content}),
        "mentions": [{"key": "@_user_1", "id": {"open_id": "ou_bot"}, "name": "QA"}],
    }
    sender = {"sender_id": {"open_id": "ou_ann"}, "sender_type": "user"}
    post = received(feishu, api, feishu.event("im.message.receive_v1", {"sender": sender, "message": message}))
    assert isinstance(post, Post)
    assert post.text == "问题\n  请问\nLoRA？"


@each
def test_a_busy_platform_is_asked_again(platform: Platform, api: Api) -> None:
    post = received(platform, api, platform.ask(api, TEXT))
    assert isinstance(post, Post)
    api.faults += [Response(status_code=429, headers={"Retry-After": "1"}), Response(status_code=503)]
    began = time.monotonic()
    said(platform, api, CARD, post)
    assert time.monotonic() - began >= 1
    assert len(api.got) == 1


@each
def test_a_platform_that_refuses(platform: Platform, api: Api) -> None:
    post = received(platform, api, platform.ask(api, TEXT))
    assert isinstance(post, Post)
    api.faults.append(JSONResponse({"ok": False, "error": "not_in_channel", "code": 230002, "errcode": 300001}))
    with pytest.raises(ChannelError, match="says"):
        said(platform, api, CARD, post)
    api.faults += [Response("no JSON")]
    with pytest.raises(ChannelError, match="without a JSON object"):
        said(platform, api, CARD, post)
    api.faults += [Response(status_code=503)] * 3
    with pytest.raises(ChannelError, match="503"):
        said(platform, api, CARD, post)
    assert api.got == []


def test_a_token_that_ended_is_fetched_anew(api: Api) -> None:
    feishu = FeishuChat()
    post = received(feishu, api, feishu.ask(api, TEXT))
    assert isinstance(post, Post)

    async def twice(channel: Channel) -> None:
        await channel.say(post.at, CARD)
        api.tokens.append("t-another")  # what the service has is not known any more
        await channel.say(post.at, CARD)

    within(opened(feishu, api), twice)
    assert len(api.got) == 2
    assert api.tokens[-1] != "t-another"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "https://evil.example/x", "http://127.0.0.1:9@evil.example", "x", ""]
)
def test_nothing_is_sent_to_another_host(api: Api, url: str) -> None:
    for platform in (DingtalkChat(), WecomChat()):
        post = Post("1", "ann", "c", TEXT, {"url": url})
        with pytest.raises(ChannelError, match=r"nothing is sent there|no address"):
            said(platform, api, CARD, post)


def test_a_platform_that_is_away() -> None:
    channel = opened(DingtalkChat(), Api(url="http://127.0.0.1:9"))
    with pytest.raises(ChannelError, match="cannot be reached"):
        within(channel, lambda own: own.say({"url": "http://127.0.0.1:9/robot/sendBySession"}, CARD))


def test_a_long_card_keeps_whole_quotes() -> None:
    card = replace(CARD, quotes=tuple(Quotation(n, "a.md 1–2", "字" * 100) for n in range(1, 10)))
    fitted = card.fitted(1200)
    assert len(markdown(fitted).encode()) < 1400
    assert 0 < len(fitted.quotes) < 9
    assert fitted.quotes == card.quotes[: len(fitted.quotes)]
    assert str(9 - len(fitted.quotes)) in fitted.notes[0]
    cut = replace(card, text="字" * 1000).fitted(1000)
    assert len(cut.text.encode()) <= 1000
    assert cut.text.endswith("字…")


def test_words_are_left_as_they_are() -> None:
    for text in ("a < b, 1<2, <= >= -> [1] **x**", "`<at id=1>` ```\nvector<int>\n``` 一", "```c\n<b>"):
        assert harmless(text) == text
    assert harmless("`a` <@U1> `b`") == "`a` <\N{ZERO WIDTH SPACE}@U1> `b`"


@pytest.mark.parametrize(
    ("name", "keys", "told"),
    [
        ("slack", {"bot_token": "x"}, "signing_secret"),
        ("feishu", {"app_id": "x", "app_secret": "y"}, "encrypt_key, verification_token"),
        ("wecom", {"token": "x"}, "encoding_aes_key"),
        ("dingtalk", {"app_secret": "x", "documents": [""]}, "names no document"),
    ],
)
def test_half_a_channel_is_an_error_at_the_start(name: str, keys: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        ServiceSettings.model_validate({name: keys})


def test_a_wrong_key_is_an_error_at_the_start() -> None:
    settings = ServiceSettings.model_validate({"wecom": {"token": "x", "encoding_aes_key": "c2hvcnQ"}})
    with pytest.raises(ValueError, match="32 bytes"):
        open_channels(settings)


def test_nothing_is_set_up_by_default(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    assert open_channels(ServiceSettings()) == []


def checks(settings: ServiceSettings) -> dict[str, Check]:
    async def run() -> list[Check]:
        return [check async for check in _channels(settings)]

    return {check.name: check for check in asyncio.run(run())}


def test_the_doctor_says_what_is_missing(api: Api) -> None:
    good = checks(ServiceSettings.model_validate({each.name: each.settings(api) for each in PLATFORMS}))
    assert {check.state for check in good.values()} == {"good"}
    assert good["channel slack"].told.endswith("qa in Docs")
    assert "ou_bot" in good["channel feishu"].told
    wrong = {"slack": {**SlackChat().settings(api), "bot_token": "xoxb-old"}}
    wrong["feishu"] = {**FeishuChat().settings(api), "app_secret": "old"}
    bad = checks(ServiceSettings.model_validate(wrong))
    assert {check.state for check in bad.values()} == {"missing"}
    assert "invalid_auth" in bad["channel slack"].told
    assert "app secret invalid" in bad["channel feishu"].told
    short = ServiceSettings.model_validate({"wecom": {"token": "x", "encoding_aes_key": "c2hvcnQ"}})
    assert "32 bytes" in checks(short)["chat channels"].told
    assert checks(ServiceSettings())["chat channels"].state == "extra"
