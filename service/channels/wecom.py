"""WeCom: callbacks of an AI bot (智能机器人), sealed and signed (developer.work.weixin.qq.com/document/path/101039)."""

import base64
import hashlib
import json
import re
from typing import Any

from service.channels.card import Card, markdown
from service.channels.channel import (
    Ack,
    At,
    Delivery,
    NotGenuineError,
    Post,
    Rating,
    Receipt,
    UnreadableError,
    Vote,
    check_age,
    check_signature,
)
from service.channels.cipher import Cipher
from service.channels.courier import Courier, Fault, Json

AGE = 3600.0
MOST = 16_000  # bytes; a message has 20,480
HEAD = 20  # bytes before a text: 16 that are random, 4 of its length
BUSY = {-1, 45009, 45033}
MENTION = re.compile(r"^\s*@\S+\s+")  # of the bot, which groups put first
VOTES: dict[int, Rating] = {1: "up", 2: "down", 3: "none"}


class Wecom:
    """Answers mentions in groups, and what it is told alone; people rate by WeCom's own buttons."""

    name = "wecom"

    def __init__(self, token: str, encoding_aes_key: str, api: str, documents: tuple[str, ...]) -> None:
        """Raises ValueError for a key that is none."""
        self.documents, self._token = documents, token
        key = base64.b64decode(f"{encoding_aes_key}=")
        self._cipher, self._iv = Cipher(key, 32), key[:16]
        self._courier = Courier(api, _verdict)

    async def receive(self, delivery: Delivery) -> Receipt:
        if delivery.method == "GET":  # the address is being set up
            return Receipt(ack=Ack(self._unsealed(delivery, delivery.query.get("echostr", "")), "text/plain"))
        try:
            sealed = str(json.loads(delivery.body)["encrypt"])
        except (ValueError, KeyError, TypeError) as error:
            raise NotGenuineError("it is not sealed with the key of this channel") from error
        text = self._unsealed(delivery, sealed)
        try:
            return Receipt(_event(json.loads(text)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnreadableError(f"it is no message of WeCom: {error}") from error

    def thanks(self, words: str) -> Ack:
        return Ack()

    async def say(self, at: At, card: Card) -> None:
        content: dict[str, Any] = {"content": markdown(card.fitted(MOST))}
        if card.answer_id:
            content["feedback"] = {"id": card.answer_id}
        await self._courier.post(at["url"], {"msgtype": "markdown", "markdown": content})

    async def identity(self) -> str:
        return "its keys are known to be right when the address is set up there"

    async def close(self) -> None:
        await self._courier.close()

    def _unsealed(self, delivery: Delivery, sealed: str) -> str:
        stamp, nonce = delivery.query.get("timestamp", ""), delivery.query.get("nonce", "")
        signed = "".join(sorted([self._token, stamp, nonce, sealed]))
        check_signature(hashlib.sha1(signed.encode()).hexdigest(), delivery.query.get("msg_signature"))
        check_age(stamp, AGE)
        try:
            filled = self._cipher.opened(base64.b64decode(sealed, validate=True), self._iv)
            return filled[HEAD : HEAD + int.from_bytes(filled[16:HEAD], "big")].decode()
        except ValueError as error:
            raise NotGenuineError("it is not sealed with the key of this channel") from error


def _event(body: Json) -> Post | Vote | None:
    id, sender = body["msgid"], body["from"]["userid"]
    if body["msgtype"] == "event":
        event = body["event"]
        rated = event.get("feedback_event") if event["eventtype"] == "feedback_event" else None
        return Vote(id, rated["id"], VOTES[rated["type"]]) if rated and rated["type"] in VOTES else None
    if body["msgtype"] != "text":
        return None
    text, alone = body["text"]["content"], body["chattype"] == "single"
    where = f"{'' if alone else body['chatid']}:{sender}"
    return Post(id, sender, where, (text if alone else MENTION.sub("", text)).strip(), {"url": body["response_url"]})


def _verdict(reply: Json) -> Fault | None:
    code = reply.get("errcode")
    if code == 0:
        return None
    return Fault(f"WeCom says {code}: {reply.get('errmsg')}", "busy" if code in BUSY else "refused")
