"""Serve MCP on standard input and output, for an IDE or agent that starts it."""

import argparse
import asyncio
from importlib.util import find_spec

from service.api.refusal import ProblemError
from service.commands.desks import desk_arguments, open_desk


def arguments(parser: argparse.ArgumentParser) -> None:
    desk_arguments(parser)


def main(options: argparse.Namespace) -> int:
    if find_spec("mcp") is None:
        raise ProblemError(501, "MCP is an extra that is not installed here: pip install 'outline-qa[mcp]'")
    asyncio.run(_serve(options))
    return 0


async def _serve(options: argparse.Namespace) -> None:
    from service.api.mcp.stdio import serve_stdio

    async with open_desk(options.url, options.key_file) as desk:
        await serve_stdio(desk)
