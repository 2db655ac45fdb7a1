"""Chat platforms as their documentation has them: what they send, signed and sealed, and an API that they answer at.

The signatures are made here by themselves, not with the service's code, so that both could not be wrong alike.
"""

import base64
import hashlib
import hmac
import json
import re
import time
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qs, urlencode

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from benchmarks.loopback import serve

Json = dict[str, Any]
SLACK = {"signing_secret": "8f742231b10e8888abcd99yyyzzz85a5", "bot_token": "xoxb-test"}
FEISHU = {"app_id": "cli_1", "app_secret": "s1", "encrypt_key": "test key", "verification_token": "v1"}
DINGTALK = {"app_secret": "ding-secret"}
WECOM = {"token": "QDG6eK", "encoding_aes_key": base64.b64encode(bytes(range(32))).decode().rstrip("=")}
PLACE = re.compile(r"(?:.* · )?(.+) (\d+)–(\d+)")
APART = "\N{ZERO WIDTH SPACE}"


@dataclass(frozen=True)
class Sent:
    """A request as a platform makes it."""

    method: str
    headers: dict[str, str]
    query: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Shown:
    """What a person sees: the text, each quote with its place, further lines, and the answer that a button rates."""

    text: str
    quotes: list[tuple[int, str, str]]
    rest: str
    answer_id: str | None

    @property
    def citations(self) -> list[Json]:
        found = []
        for n, place, text in self.quotes:
            at = PLACE.fullmatch(place)
            assert at, place
            found.append({"n": n, "document": at[1], "start": int(at[2]), "end": int(at[3]), "quote": text})
        return found


@dataclass
class Api:
    """What all platforms' APIs got, and how they are to fail: replies that come before the usual ones."""

    url: str = ""
    got: list[tuple[str, Json]] = field(default_factory=list)
    faults: deque[Response] = field(default_factory=deque)
    tokens: list[str] = field(default_factory=list)

    def wait(self, count: int = 1, seconds: float = 60) -> list[Json]:
        """Return what was shown once there is so much of it."""
        end = time.monotonic() + seconds
        while len(self.got) < count and time.monotonic() < end:
            time.sleep(0.01)
        assert len(self.got) >= count, self.got
        return [body for _, body in self.got]

    async def shown(self, request: Request) -> Response:
        if self.faults:
            return self.faults.popleft()
        body, path, bearer = await request.json(), request.url.path, request.headers.get("authorization", "")
        if path.startswith("/slack/") and bearer != f"Bearer {SLACK['bot_token']}":
            return JSONResponse({"ok": False, "error": "invalid_auth"})
        if path.startswith("/open-apis/"):
            if bearer != f"Bearer {self.tokens[-1]}":
                return JSONResponse({"code": 99991663, "msg": "Invalid access token"}, 400)
            assert len(body["content"].encode()) < 30_000
            assert json.loads(body["content"])["schema"] == "2.0"
        self.got.append((str(request.url), body))
        return JSONResponse({"ok": True, "code": 0, "errcode": 0})

    async def token(self, request: Request) -> Response:
        if await request.json() != {name: FEISHU[name] for name in ("app_id", "app_secret")}:
            return JSONResponse({"code": 10014, "msg": "app secret invalid"})
        self.tokens.append(f"t-{uuid.uuid4().hex}")
        return JSONResponse({"code": 0, "msg": "ok", "tenant_access_token": self.tokens[-1], "expire": 7200})

    async def user(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {SLACK['bot_token']}":
            return JSONResponse({"ok": False, "error": "invalid_auth"})
        return JSONResponse({"ok": True, "user": "qa", "team": "Docs"})

    async def bot(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.tokens[-1]}":
            return JSONResponse({"code": 99991663, "msg": "Invalid access token"}, 400)
        return JSONResponse({"code": 0, "msg": "ok", "bot": {"open_id": "ou_bot", "app_name": "QA"}})


@contextmanager
def chat_api() -> Iterator[Api]:
    """Serve the APIs of all platforms on loopback."""
    api = Api()
    paths = (
        "/slack/chat.postMessage",
        "/slack/chat.postEphemeral",
        "/open-apis/im/v1/messages/{id}/reply",
        "/robot/sendBySession",
        "/cgi-bin/aibot/response",
    )
    routes = [Route(path, api.shown, methods=["POST"]) for path in paths]
    routes.append(Route("/open-apis/auth/v3/tenant_access_token/internal", api.token, methods=["POST"]))
    routes.append(Route("/slack/auth.test", api.user, methods=["POST"]))
    routes.append(Route("/open-apis/bot/v3/info", api.bot))
    with serve(Starlette(routes=routes)) as api.url:
        yield api


class Platform(Protocol):
    """What people do on one platform, as requests to the service, and what they see."""

    name: str

    def settings(self, api: Api) -> Json: ...

    def ask(self, api: Api, text: str, group: bool = True, mention: bool = True, person: str = "ann") -> Sent: ...

    def vote(self, api: Api, shown: Shown, up: bool) -> Sent: ...

    def verify(self) -> tuple[Sent, str]: ...

    def see(self, body: Json) -> Shown: ...


class SlackChat:
    name = "slack"

    def settings(self, api: Api) -> Json:
        return {**SLACK, "api": f"{api.url}/slack"}

    def ask(self, api: Api, text: str, group: bool = True, mention: bool = True, person: str = "ann") -> Sent:
        told = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        event: Json = {"user": f"U{person}", "ts": f"{time.time():.6f}", "channel": "C1" if group else "D1"}
        if group and mention:
            event |= {"type": "app_mention", "text": f"<@U0BOT> {told}"}
        else:
            event |= {"type": "message", "channel_type": "channel" if group else "im", "text": told}
        return self.signed(json.dumps({"type": "event_callback", "event_id": "Ev1", "event": event}).encode())

    def vote(self, api: Api, shown: Shown, up: bool) -> Sent:
        action = {"action_id": "up" if up else "down", "value": shown.answer_id, "action_ts": str(time.time())}
        body = {"type": "block_actions", "user": {"id": "Uann"}, "channel": {"id": "C1"}, "actions": [action]}
        payload = urlencode({"payload": json.dumps(body | {"message": {"thread_ts": "1.2"}})}).encode()
        return self.signed(payload, {"content-type": "application/x-www-form-urlencoded"})

    def verify(self) -> tuple[Sent, str]:
        return self.signed(json.dumps({"type": "url_verification", "challenge": "3eZb"}).encode()), "3eZb"

    def signed(self, body: bytes, headers: dict[str, str] | None = None, age: float = 0) -> Sent:
        stamp = str(int(time.time() - age))
        made = hmac.new(SLACK["signing_secret"].encode(), f"v0:{stamp}:".encode() + body, "sha256").hexdigest()
        own = {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={made}"}
        return Sent("POST", {"content-type": "application/json", **(headers or {}), **own}, {}, body)

    def see(self, body: Json) -> Shown:
        text, quotes, rest, answer = "", [], [body.get("text", "")] if "blocks" not in body else [], None
        for block in body.get("blocks", []):
            if block["type"] == "markdown":
                text = block["text"]
            elif block["type"] == "rich_text":
                said = ["".join(part["text"] for part in element["elements"]) for element in block["elements"]]
                for place, words in zip(said[::2], said[1::2], strict=True):
                    n, _, where = place.partition("] ")
                    quotes.append((int(n[1:]), where, words))
            elif block["type"] == "context":
                rest += [each["text"] for each in block["elements"]]
            else:
                assert [each["action_id"] for each in block["elements"]] == ["up", "down"]
                answer = block["elements"][0]["value"]
        return Shown(text.replace(APART, ""), quotes, "\n".join(rest), answer)


def aes(key: bytes, block: int, text: bytes, iv: bytes) -> bytes:
    fill = block - len(text) % block
    seal = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return seal.update(text + bytes([fill]) * fill) + seal.finalize()


class FeishuChat:
    name = "feishu"

    def settings(self, api: Api) -> Json:
        return {**FEISHU, "api": api.url}

    def ask(self, api: Api, text: str, group: bool = True, mention: bool = True, person: str = "ann") -> Sent:
        mentions = [{"key": "@_user_1", "id": {"open_id": "ou_bot"}, "name": "QA"}] if mention and group else []
        told = f"@_user_1 {text}" if mentions else text
        message = {
            "message_id": f"om_{uuid.uuid4().hex}",
            "chat_id": "oc_1",
            "chat_type": "group" if group else "p2p",
            "message_type": "text",
            "content": json.dumps({"text": told}),
            "mentions": mentions,
        }
        sender = {"sender_id": {"open_id": f"ou_{person}"}, "sender_type": "user"}
        return self.event("im.message.receive_v1", {"sender": sender, "message": message})

    def event(self, kind: str, event: Json, token: str = FEISHU["verification_token"], age: float = 0) -> Sent:
        header = {"event_id": uuid.uuid4().hex, "event_type": kind, "token": token}
        return self.signed(self.sealed({"schema": "2.0", "header": header, "event": event}), age)

    def sealed(self, body: Json) -> bytes:
        key, iv = hashlib.sha256(FEISHU["encrypt_key"].encode()).digest(), uuid.uuid4().bytes
        sealed = iv + aes(key, 16, json.dumps(body).encode(), iv)
        return json.dumps({"encrypt": base64.b64encode(sealed).decode()}).encode()

    def signed(self, body: bytes, age: float = 0) -> Sent:
        stamp, nonce = str(int(time.time() - age)), "n1"
        made = hashlib.sha256(f"{stamp}{nonce}{FEISHU['encrypt_key']}".encode() + body).hexdigest()
        names = {"timestamp": stamp, "nonce": nonce}
        headers = {f"x-lark-request-{name}": value for name, value in names.items()} | {"x-lark-signature": made}
        return Sent("POST", headers, {}, body)

    def vote(self, api: Api, shown: Shown, up: bool) -> Sent:
        value = {"answer": shown.answer_id, "rating": "up" if up else "down"}
        return self.event("card.action.trigger", {"operator": {"open_id": "ou_ann"}, "action": {"value": value}})

    def verify(self) -> tuple[Sent, str]:
        body = {"type": "url_verification", "token": FEISHU["verification_token"], "challenge": "ajls"}
        return Sent("POST", {}, {}, self.sealed(body)), '{"challenge": "ajls"}'

    def see(self, body: Json) -> Shown:
        text, lines, answers = "", [], []
        for element in json.loads(body["content"])["body"]["elements"]:
            if element["tag"] == "markdown":
                text = element["content"]
            elif element["tag"] == "div":
                assert element["text"]["tag"] == "plain_text"
                lines.append(element["text"]["content"])
            elif element["tag"] == "button":
                answers.append(element["behaviors"][0]["value"]["answer"])
        quotes: list[tuple[int, str, str]] = []
        rest: list[str] = []
        for i, line in enumerate(lines):
            if (found := re.fullmatch(r"\[(\d+)\] (.*–\d+)", line)) and i:
                quotes.append((int(found[1]), found[2], rest.pop()))
            else:
                rest.append(line)
        return Shown(text.replace(APART, ""), quotes, "\n".join(rest), answers[0] if answers else None)


def read(text: str, answer: str | None) -> Shown:
    """A card that is Markdown alone."""
    quotes = []
    for found in re.finditer(r"^\*\*\[(\d+)\]\*\* (.*)\n\n((?:> .*(?:\n|\Z))+)", text, re.MULTILINE):
        quotes.append((int(found[1]), found[2], found[3].rstrip("\n").removeprefix("> ").replace("\n> ", "\n")))
    head = re.split(r"\n\n(?:\*\*\[|可以接着问：|You may ask: )", text)[0]  # quotes, or what may be asked next
    return Shown(head.replace(APART, ""), quotes, text[len(head) :], answer)


class DingtalkChat:
    name = "dingtalk"

    def settings(self, api: Api) -> Json:
        return {**DINGTALK, "api": api.url}

    def ask(self, api: Api, text: str, group: bool = True, mention: bool = True, person: str = "ann") -> Sent:
        body = {
            "msgId": f"msg{uuid.uuid4().hex}",
            "conversationId": "cid1",
            "conversationType": "2" if group else "1",
            "isInAtList": mention,
            "senderId": f"$:{person}",
            "senderStaffId": person,
            "msgtype": "text",
            "text": {"content": f" {text}"},
            "sessionWebhook": f"{api.url}/robot/sendBySession?session=s1",
        }
        return self.signed(json.dumps(body).encode())

    def signed(self, body: bytes, age: float = 0) -> Sent:
        stamp, secret = str(int((time.time() - age) * 1000)), DINGTALK["app_secret"]
        made = base64.b64encode(hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), "sha256").digest()).decode()
        return Sent("POST", {"timestamp": stamp, "sign": made, "content-type": "application/json"}, {}, body)

    def vote(self, api: Api, shown: Shown, up: bool) -> Sent:
        """The button has the person say what is in its address."""
        links = re.findall(r"dtmd://dingtalkclient/sendMessage\?content=([^)]+)", shown.rest)
        assert len(links) == 2
        return self.ask(api, parse_qs(f"content={links[0 if up else 1]}")["content"][0], group=False)

    def verify(self) -> tuple[Sent, str]:
        return self.signed(b'{"conversationType": "1", "msgtype": "picture"}'), ""

    def see(self, body: Json) -> Shown:
        text = body["markdown"]["text"]
        found = re.search(r"\[[^\]]+\]\(dtmd:\S*%20(a-\w+)\)", text)
        shown = read(text, found[1] if found else None)
        return Shown(shown.text.partition("\n\n[👍")[0], shown.quotes, text, shown.answer_id)


class WecomChat:
    name = "wecom"

    def settings(self, api: Api) -> Json:
        return {**WECOM, "api": api.url}

    def ask(self, api: Api, text: str, group: bool = True, mention: bool = True, person: str = "ann") -> Sent:
        body = {
            "msgid": uuid.uuid4().hex,
            "aibotid": "aib",
            "chattype": "group" if group else "single",
            "from": {"userid": person},
            "response_url": f"{api.url}/cgi-bin/aibot/response?response_code=c1",
            "msgtype": "text",
            "text": {"content": f"@RobotA {text}" if group else text},
        }
        return self.event(body | ({"chatid": "wr1"} if group else {}))

    def event(self, body: Json, age: float = 0) -> Sent:
        sealed = self.sealed(json.dumps(body).encode())
        return Sent("POST", {}, self.signed(sealed, age), json.dumps({"encrypt": sealed}).encode())

    def sealed(self, text: bytes) -> str:
        key = base64.b64decode(WECOM["encoding_aes_key"] + "=")
        return base64.b64encode(
            aes(key, 32, uuid.uuid4().bytes + len(text).to_bytes(4, "big") + text, key[:16])
        ).decode()

    def signed(self, sealed: str, age: float = 0) -> dict[str, str]:
        stamp, nonce = str(int(time.time() - age)), "n1"
        made = hashlib.sha1("".join(sorted([WECOM["token"], stamp, nonce, sealed])).encode()).hexdigest()
        return {"msg_signature": made, "timestamp": stamp, "nonce": nonce}

    def vote(self, api: Api, shown: Shown, up: bool) -> Sent:
        rated = {"id": shown.answer_id, "type": 1 if up else 2}
        event = {"eventtype": "feedback_event", "feedback_event": rated}
        return self.event({"msgid": uuid.uuid4().hex, "from": {"userid": "ann"}, "msgtype": "event", "event": event})

    def verify(self) -> tuple[Sent, str]:
        sealed = self.sealed(b"4324325")
        return Sent("GET", {}, self.signed(sealed) | {"echostr": sealed}, b""), "4324325"

    def see(self, body: Json) -> Shown:
        return read(body["markdown"]["content"], body["markdown"].get("feedback", {}).get("id"))


PLATFORMS: tuple[Platform, ...] = (SlackChat(), FeishuChat(), DingtalkChat(), WecomChat())


def deliver(url: str, platform: Platform, sent: Sent) -> httpx.Response:
    """Send to the service what a platform sends."""
    address = f"{url}/v1/channels/{platform.name}"
    return httpx.request(
        sent.method, address, params=sent.query, headers=sent.headers, content=sent.body, trust_env=False, timeout=60
    )
