"""Feishu and Lark: events and card callbacks of version 2.0, sealed and signed (open.feishu.cn/document)."""

import base64
import hashlib
import json
from typing import Any

from service.channels.card import Card, harmless
from service.channels.channel import (
    Ack,
    At,
    Delivery,
    NotGenuineError,
    Post,
    Receipt,
    UnreadableError,
    Vote,
    check_age,
    check_signature,
)
from service.channels.cipher import Cipher
from service.channels.courier import Courier, Fault, Json, Token
from service.language.phrases import wording

AGE = 3600.0
MOST = 24_000  # bytes of a card, which has 30 kB with all that is around the text
BUSY = {99991400, 230020, 11232, 1000004, 1000005}  # too often, or too often in one chat
STALE = {99991661, 99991663, 99991664, 99991668}  # the token is not known any more


class Feishu:
    """Answers mentions in groups, and what it is told alone."""

    name = "feishu"

    def __init__(
        self,
        app_id: str,
        app_secret: str,
        encrypt_key: str,
        verification_token: str,
        api: str,
        documents: tuple[str, ...],
    ) -> None:
        """Raises ValueError where nothing can be unsealed."""
        self.documents, self._app = documents, {"app_id": app_id, "app_secret": app_secret}
        self._key, self._verification = encrypt_key, verification_token
        self._cipher = Cipher(hashlib.sha256(encrypt_key.encode()).digest())
        self._login = Courier(api, _verdict)
        self._courier = Courier(api, _verdict, Token(self._fetch))
        self._self = ""

    async def receive(self, delivery: Delivery) -> Receipt:
        body = self._unsealed(delivery.body)
        if body.get("type") == "url_verification":  # sealed with the key, and not signed
            check_signature(self._verification, body.get("token"))
            return Receipt(ack=Ack(json.dumps({"challenge": body.get("challenge")})))
        stamp, nonce = (delivery.headers.get(f"x-lark-request-{name}", "") for name in ("timestamp", "nonce"))
        signed = f"{stamp}{nonce}{self._key}".encode() + delivery.body
        check_signature(hashlib.sha256(signed).hexdigest(), delivery.headers.get("x-lark-signature"))
        check_age(stamp, AGE)
        try:
            check_signature(self._verification, body["header"]["token"])
            kind = body["header"]["event_type"]
            if kind == "im.message.receive_v1":
                return Receipt(await self._message(body["event"]))
            return Receipt(_vote(body) if kind == "card.action.trigger" else None)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnreadableError(f"it is no event of Feishu: {error}") from error

    def thanks(self, words: str) -> Ack:
        return Ack(json.dumps({"toast": {"type": "success", "content": words}}))

    async def say(self, at: At, card: Card) -> None:
        content = json.dumps(_card(card.fitted(MOST)), ensure_ascii=False)
        # Sent again under the same uuid, it is shown once.
        body = {"msg_type": "interactive", "content": content, "uuid": at["uuid"]}
        await self._courier.post(f"/open-apis/im/v1/messages/{at['message']}/reply", body)

    async def identity(self) -> str:
        return f"bot {await self._own()}"

    async def close(self) -> None:
        await self._courier.close()
        await self._login.close()

    def _unsealed(self, sent: bytes) -> Json:
        try:
            sealed = base64.b64decode(json.loads(sent)["encrypt"], validate=True)
            body = json.loads(self._cipher.opened(sealed[16:], sealed[:16]))
        except (ValueError, KeyError, TypeError) as error:
            raise NotGenuineError("it is not sealed with the key of this channel") from error
        if not isinstance(body, dict):
            raise UnreadableError("it is no event of Feishu")
        return body

    async def _message(self, event: Json) -> Post | None:
        """A person's text, in a group where it names the bot; everything else is not asked of us."""
        message, sender = event["message"], event["sender"]
        if sender["sender_type"] != "user" or message["message_type"] not in ("text", "post"):
            return None
        text, called = _text(message), message["chat_type"] == "p2p"
        for mention in message.get("mentions") or []:
            own = mention["id"].get("open_id") == await self._own()
            called = called or own
            text = text.replace(mention["key"], " " if own else mention["name"])
        if not called:
            return None
        id, chat = message["message_id"], message["chat_id"]
        topic = message.get("thread_id") or message.get("root_id") or sender["sender_id"]["open_id"]
        at = {"message": id, "uuid": hashlib.sha256(id.encode()).hexdigest()[:40]}
        return Post(id, sender["sender_id"]["open_id"], f"{chat}:{topic}", text.strip(), at)

    async def _own(self) -> str:
        """The bot's id, which tells whether it is meant."""
        if not self._self:
            self._self = str((await self._courier.send("GET", "/open-apis/bot/v3/info"))["bot"]["open_id"])
        return self._self

    async def _fetch(self) -> tuple[str, float]:
        reply = await self._login.post("/open-apis/auth/v3/tenant_access_token/internal", self._app)
        return str(reply["tenant_access_token"]), float(reply["expire"])


def _text(message: Json) -> str:
    content = json.loads(message["content"])
    if message["message_type"] == "text":
        return str(content["text"])
    lines = ["".join(part.get("text") or part.get("user_id", "") for part in line) for line in content["content"]]
    return "\n".join(line for line in [content.get("title", ""), *lines] if line)


def _vote(body: Json) -> Vote | None:
    value = body["event"]["action"]["value"]
    if not isinstance(value, dict) or value.get("rating") not in ("up", "down"):
        return None
    return Vote(body["header"]["event_id"], str(value["answer"]), value["rating"])


def _card(card: Card) -> dict[str, Any]:
    """A card of version 2.0; quotes are plain text, which Feishu shows as it is."""
    elements: list[dict[str, Any]] = [{"tag": "markdown", "content": harmless(card.text)}]
    for quote in card.quotes:
        elements.append({"tag": "hr"})
        elements.append({"tag": "div", "text": {"tag": "plain_text", "content": quote.text}})
        place = {"tag": "plain_text", "content": f"[{quote.n}] {quote.place}", "text_size": "notation"}
        elements.append({"tag": "div", "text": place})
    elements += [{"tag": "div", "text": {"tag": "plain_text", "content": note}} for note in card.notes]
    if card.answer_id:
        words = wording(card.language).chat
        for rating in ("up", "down"):
            value = {"answer": card.answer_id, "rating": rating}
            text = {"tag": "plain_text", "content": words[rating]}
            elements.append({"tag": "button", "text": text, "behaviors": [{"type": "callback", "value": value}]})
    return {"schema": "2.0", "body": {"elements": elements}}


def _verdict(reply: Json) -> Fault | None:
    code = reply.get("code")
    if code == 0:
        return None
    told = f"Feishu says {code}: {reply.get('msg')}"
    return Fault(told, "busy" if code in BUSY else "token" if code in STALE else "refused")
