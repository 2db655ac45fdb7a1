"""The MCP server on standard input and output, for programs that start it themselves."""

from mcp.server.stdio import stdio_server

from service.api.desk import Desk
from service.api.mcp.server import mcp_server


async def serve_stdio(desk: Desk) -> None:
    """Serve until the input ends; what anything else prints goes to standard error."""
    server = mcp_server(desk)
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())
