"""/v1/channels/{name}: where chat platforms send what people ask and how they rate the answers."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request, Response

from service.api.channels.clerk import Clerk
from service.api.problems import ProblemError
from service.channels.channel import (
    Channel,
    ChannelError,
    Delivery,
    NotGenuineError,
    Post,
    Receipt,
    UnreadableError,
    Vote,
)

router = APIRouter(tags=["channels"])


def _of(request: Request) -> Clerk:
    clerk: Clerk = request.app.state.clerk
    return clerk


Current = Annotated[Clerk, Depends(_of)]
Name = Annotated[str, Path(description="A chat platform that is set up here.", examples=["slack"])]


@router.get("/v1/channels/{name}", summary="Set up a chat channel")
async def verify(name: Name, request: Request, clerk: Current) -> Response:
    """Show a platform that this is the address of its channel."""
    return await _received("GET", name, request, clerk)


@router.post("/v1/channels/{name}", summary="Take an event of a chat platform")
async def event(name: Name, request: Request, clerk: Current) -> Response:
    """Take a signed event; a question is answered by a message of its own. 401 for what the platform did not sign."""
    return await _received("POST", name, request, clerk)


async def _received(method: Literal["GET", "POST"], name: str, request: Request, clerk: Clerk) -> Response:
    channel = clerk.channels.get(name)
    if channel is None:
        raise ProblemError(404, f"There is no channel {name!r} here; docs/channels.md says how to set one up.")
    headers = {key.lower(): value for key, value in request.headers.items()}
    delivery = Delivery(method, headers, dict(request.query_params), await request.body())
    receipt = await _receipt(channel, delivery)
    ack = receipt.ack
    if isinstance(receipt.event, Post):
        clerk.take(channel, receipt.event)
    elif isinstance(receipt.event, Vote):
        word = await clerk.rate(channel, receipt.event)
        ack = channel.thanks(clerk.words(word))
        clerk.tell(channel, receipt.event, word)
    return Response(ack.body, media_type=ack.media)


async def _receipt(channel: Channel, delivery: Delivery) -> Receipt:
    try:
        return await channel.receive(delivery)
    except NotGenuineError as error:
        raise ProblemError(401, f"This is not of {channel.name}: {error}.") from error
    except UnreadableError as error:
        raise ProblemError(422, str(error)) from error
    except ChannelError as error:
        raise ProblemError(502, f"{channel.name} cannot be asked: {error}") from error
