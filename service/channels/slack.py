"""Slack: the Events API, and buttons of Block Kit (docs.slack.dev)."""

import hashlib
import hmac
import json
import re
from typing import Any
from urllib.parse import parse_qs

from service.channels.card import Card, Quotation, harmless
from service.channels.channel import Ack, At, Delivery, Post, Receipt, UnreadableError, Vote, check_age, check_signature
from service.channels.courier import Courier, Fault, Json
from service.language.phrases import wording

AGE = 300.0  # seconds that Slack says a request may be old
MOST = 11_000  # bytes; a message has 12,000 characters of Markdown
MENTION = re.compile(r"<@[UW][A-Z0-9]+(?:\|[^>]*)?>")
LINKED = re.compile(r"<((?:https?|mailto)[^>|]*)(?:\|([^>]*))?>")
FALLBACK = 300  # characters of a notification
BUSY = {"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}


class Slack:
    """Answers mentions in a thread, and direct messages."""

    name = "slack"

    def __init__(self, signing_secret: str, bot_token: str, api: str, documents: tuple[str, ...]) -> None:
        self.documents, self._secret = documents, signing_secret.encode()
        self._courier = Courier(api, _verdict, headers={"Authorization": f"Bearer {bot_token}"})

    async def receive(self, delivery: Delivery) -> Receipt:
        stamp = delivery.headers.get("x-slack-request-timestamp", "")
        base = f"v0:{stamp}:".encode() + delivery.body
        expected = hmac.new(self._secret, base, hashlib.sha256).hexdigest()
        check_signature(f"v0={expected}", delivery.headers.get("x-slack-signature"))
        check_age(stamp, AGE)
        try:
            if delivery.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
                return Receipt(_vote(json.loads(parse_qs(delivery.body.decode())["payload"][0])))
            body = json.loads(delivery.body)
            if body["type"] == "url_verification":
                return Receipt(ack=Ack(str(body["challenge"]), "text/plain"))
            return Receipt(_message(body) if body["type"] == "event_callback" else None)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise UnreadableError(f"it is no event of Slack: {error}") from error

    def thanks(self, words: str) -> Ack:
        return Ack()

    async def say(self, at: At, card: Card) -> None:
        where = {"channel": at["channel"]} | ({"thread_ts": at["thread"]} if at.get("thread") else {})
        if "user" in at:
            await self._courier.post("/chat.postEphemeral", {**where, "user": at["user"], "text": card.text})
            return
        card = card.fitted(MOST)
        body = {"text": _plain(card.text[:FALLBACK]), "blocks": _blocks(card)}
        await self._courier.post("/chat.postMessage", {**where, **body, "unfurl_links": False, "unfurl_media": False})

    async def identity(self) -> str:
        reply = await self._courier.post("/auth.test", {})
        return f"{reply.get('user')} in {reply.get('team')}"

    async def close(self) -> None:
        await self._courier.close()


def _message(body: Json) -> Post | None:
    """A mention, or a direct message of a person; everything else is not asked of us."""
    event = body["event"]
    direct = event["type"] == "message" and event.get("channel_type") == "im"
    if not (direct or event["type"] == "app_mention") or event.get("subtype") or event.get("bot_id"):
        return None
    channel, thread = event["channel"], event.get("thread_ts") or ("" if direct else event["ts"])
    words = LINKED.sub(lambda link: link[2] or link[1], MENTION.sub(" ", event["text"]))
    text = words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()
    at = {"channel": channel, "thread": thread}
    # The same message can be an app_mention and a message; its time names it in its channel.
    return Post(f"{channel}:{event['ts']}", event["user"], f"{channel}:{thread}", text, at)


def _vote(body: Json) -> Vote | None:
    if body["type"] != "block_actions" or body["actions"][0]["action_id"] not in ("up", "down"):
        return None
    action, message = body["actions"][0], body.get("message", {})
    at = {"channel": body["channel"]["id"], "user": body["user"]["id"], "thread": message.get("thread_ts", "")}
    return Vote(f"{body['user']['id']}:{action['action_ts']}", action["value"], action["action_id"], at)


def _blocks(card: Card) -> list[dict[str, Any]]:
    """Quotes are rich text, which Slack shows as it is."""
    blocks: list[dict[str, Any]] = [{"type": "markdown", "text": harmless(card.text)}]
    if card.quotes:
        elements = [element for quote in card.quotes for element in _rich(quote)]
        blocks.append({"type": "rich_text", "elements": elements})
    if card.notes:
        notes = [{"type": "plain_text", "text": note[:2000]} for note in card.notes[:10]]
        blocks.append({"type": "context", "elements": notes})
    if card.answer_id:
        words = wording(card.language).chat
        buttons = [
            {
                "type": "button",
                "action_id": rating,
                "value": card.answer_id,
                "text": {"type": "plain_text", "text": words[rating]},
            }
            for rating in ("up", "down")
        ]
        blocks.append({"type": "actions", "elements": buttons})
    return blocks


def _rich(quote: Quotation) -> list[dict[str, Any]]:
    return [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": f"[{quote.n}] {quote.place}"}]},
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": quote.text}]},
    ]


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _verdict(reply: Json) -> Fault | None:
    if reply.get("ok"):
        return None
    error = str(reply.get("error"))
    return Fault(f"Slack says {error!r}", "busy" if error in BUSY else "refused")
