"""Find the passages nearest to a query."""

import argparse
import asyncio

from service.api import contract
from service.api.places import title
from service.commands.ask import asked
from service.commands.desks import desk_arguments, open_desk
from service.commands.failure import envelope
from service.commands.terminal import BOLD, DIM, say


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", nargs="?", help="words or a question; without it, or as -, read from standard input")
    parser.add_argument("-k", type=int, default=5, help="results wanted, 1 to 50")
    parser.add_argument("--json", action="store_true", help="one JSON object, with the whole reply")
    desk_arguments(parser)


def main(options: argparse.Namespace) -> int:
    asyncio.run(_search(options, contract.SearchRequest(query=asked(options.query), k=options.k)))
    return 0


async def _search(options: argparse.Namespace, request: contract.SearchRequest) -> None:
    async with open_desk(options.url, options.key_file) as desk:
        reply = await desk.search(request)
    if options.json:
        envelope("search", reply.model_dump(mode="json"))
        return
    for number, each in enumerate(reply.results, 1):
        say(f"{number}. {title(each)}", BOLD)
        say(f"   {each.document} {each.start}–{each.end}", DIM)
        say(each.text.strip() + "\n")
