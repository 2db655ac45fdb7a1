"""DingTalk: messages to a company's own robot over HTTP (open.dingtalk.com/document)."""

import base64
import hashlib
import hmac
import json
import re
from urllib.parse import quote

from service.channels.card import Card, harmless, markdown
from service.channels.channel import Ack, At, Delivery, Post, Receipt, UnreadableError, Vote, check_age, check_signature
from service.channels.courier import Courier, Fault, Json
from service.language.phrases import wording

AGE = 3600.0  # seconds that DingTalk says a request may be old
MOST = 15_000  # bytes; a message has 20,000
BUSY = {-1, 90018, 130101, 130102}
SIGNS = {"👍": "up", "👎": "down"}
# What a button has the person say: DingTalk's robots have no buttons that ask the service itself.
VOTE = re.compile(r"(👍|👎) (a-[0-9a-f]{16})")
TITLE = 60  # characters of a notification


class Dingtalk:
    """Answers mentions in groups, and what it is told alone, at the address that each message names."""

    name = "dingtalk"

    def __init__(self, app_secret: str, api: str, documents: tuple[str, ...]) -> None:
        self.documents, self._secret = documents, app_secret
        self._courier = Courier(api, _verdict)

    async def receive(self, delivery: Delivery) -> Receipt:
        stamp = delivery.headers.get("timestamp", "")
        signed = hmac.new(self._secret.encode(), f"{stamp}\n{self._secret}".encode(), hashlib.sha256).digest()
        check_signature(base64.b64encode(signed).decode(), delivery.headers.get("sign"))
        check_age(stamp[:-3], AGE)  # it has milliseconds
        try:
            return Receipt(_event(json.loads(delivery.body)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnreadableError(f"it is no message of DingTalk: {error}") from error

    def thanks(self, words: str) -> Ack:
        return Ack()

    async def say(self, at: At, card: Card) -> None:
        card = card.fitted(MOST)
        text = markdown(card)
        if card.answer_id:
            words = wording(card.language).chat
            links = [
                f"[{words[rating]}](dtmd://dingtalkclient/sendMessage?content={quote(f'{sign} {card.answer_id}')})"
                for sign, rating in SIGNS.items()
            ]
            text += "\n\n" + " | ".join(links)
        message = {"title": harmless(card.text[:TITLE]), "text": text}
        called = {"atUserIds": [at["user"]]} if at.get("user") else {}
        await self._courier.post(at["url"], {"msgtype": "markdown", "markdown": message, "at": called})

    async def identity(self) -> str:
        return "its key is known to be right when a message comes"

    async def close(self) -> None:
        await self._courier.close()


def _event(body: Json) -> Post | Vote | None:
    alone = body["conversationType"] == "1"
    if body["msgtype"] != "text" or not (alone or body.get("isInAtList")):
        return None
    text, sender = body["text"]["content"].strip(), body.get("senderStaffId") or body["senderId"]
    at = {"url": body["sessionWebhook"]}
    if vote := VOTE.fullmatch(text):
        return Vote(body["msgId"], vote[2], "up" if SIGNS[vote[1]] == "up" else "down", at)
    where = at if alone else at | {"user": body.get("senderStaffId", "")}
    return Post(body["msgId"], sender, f"{body['conversationId']}:{sender}", text, where)


def _verdict(reply: Json) -> Fault | None:
    code = reply.get("errcode")
    if code == 0:
        return None
    return Fault(f"DingTalk says {code}: {reply.get('errmsg')}", "busy" if code in BUSY else "refused")
