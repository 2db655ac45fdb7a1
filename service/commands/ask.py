"""Ask a question: the answer as it is written, then its numbered quotes."""

import argparse
import asyncio
import json
import sys
from contextlib import aclosing

from service.api import contract
from service.api.desk import Desk
from service.api.refusal import ProblemError
from service.api.stream import DeltaEvent, DoneEvent
from service.commands.desks import desk_arguments, open_desk
from service.commands.failure import envelope
from service.commands.terminal import DIM, quotes, say


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question", nargs="?", help="the question; without it, or as -, it is read from standard input")
    parser.add_argument("--language", choices=("auto", "zh", "en"), default="auto", help="of what the service says")
    parser.add_argument("--document", action="append", help="search this document only; may be repeated")
    parser.add_argument("--json", action="store_true", help="one JSON object, with the whole reply")
    parser.add_argument("--ndjson", action="store_true", help="each event as it comes, one a line")
    desk_arguments(parser)


def main(options: argparse.Namespace) -> int:
    request = contract.AskRequest(
        question=asked(options.question),
        language=options.language,
        filters=contract.Filters(documents=options.document) if options.document else None,
    )
    asyncio.run(_ask(options, request))
    return 0


def asked(text: str | None) -> str:
    """The words of a command, or what comes in; ValueError where a person would wait for nothing."""
    if text is not None and text != "-":
        return text
    if sys.stdin.isatty():
        raise ValueError("no question: give it in quotes, or pipe it in")
    return sys.stdin.read()


async def _ask(options: argparse.Namespace, request: contract.AskRequest) -> None:
    async with open_desk(options.url, options.key_file) as desk:
        if options.ndjson:
            await _events(desk, request)
        elif options.json:
            envelope("ask", (await _show(desk, request, quiet=True)).model_dump(mode="json"))
        else:
            reply = await _show(desk, request, quiet=False)
            say("")
            quotes(reply.citations)
            if reply.related:
                say("\nRelated:", DIM)
                for each in reply.related:
                    say(f"  {each.entry_id} {each.question}", DIM)
            if reply.degraded:
                say(f"\n{reply.degraded}", DIM)


async def _show(desk: Desk, request: contract.AskRequest, quiet: bool) -> contract.AskResponse:
    async with aclosing(desk.ask(request)) as events:
        async for event in events:
            if isinstance(event, DeltaEvent) and not quiet:
                say(event.data.text, end="")
            if isinstance(event, DoneEvent):
                return event.data
    raise ProblemError(502, "the answer broke off; ask again")


async def _events(desk: Desk, request: contract.AskRequest) -> None:
    async with aclosing(desk.ask(request)) as events:
        async for event in events:
            sys.stdout.write(f"{json.dumps(event.model_dump(mode='json'), ensure_ascii=False)}\n")
            sys.stdout.flush()
