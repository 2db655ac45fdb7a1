"""The MCP server over a desk, whatever carries it."""

import logging
from collections.abc import Mapping
from typing import Any

from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    TextContent,
)
from pydantic import ValidationError

from ingest import __version__
from service.api.desk import Desk
from service.api.mcp.resources import TEMPLATES, list_resources, read_resource
from service.api.mcp.tools import KINDS, described
from service.api.mcp.uri import UriError
from service.api.refusal import ProblemError

log = logging.getLogger(__name__)
Context = ServerRequestContext[dict[str, Any]]
INSTRUCTIONS = (
    "Answers questions from indexed documents. Use ask for an answer with checked quotes, search and fetch to read "
    "passages, outline for the contents. Keep the marks [n] and their quotes. Where status is not `answered`, say so."
)
# Remedies by status, where the detail does not say what to do.
REMEDIES = {404: "outline lists what there is.", 422: "Correct the arguments and call again."}
STALE = CacheHint(ttl_ms=60_000, scope="public")  # the documents may change, the tools do not


def mcp_server(desk: Desk) -> Server[dict[str, Any]]:
    """Make a server whose tools and resources ask a desk."""

    async def list_tools(_: Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=list(described()))

    async def call_tool(context: Context, params: CallToolRequestParams) -> CallToolResult:
        return await _call(desk, context, params.name, params.arguments or {})

    async def resources(_: Context, params: PaginatedRequestParams | None) -> ListResourcesResult:
        try:
            return await list_resources(desk, params.cursor if params else None)
        except ValueError as error:
            raise MCPError(code=INVALID_PARAMS, message="cursor is none that this server gave") from error
        except ProblemError as error:
            raise MCPError(code=_code(error), message=error.detail) from error

    async def templates(_: Context, __: PaginatedRequestParams | None) -> ListResourceTemplatesResult:
        return ListResourceTemplatesResult(resource_templates=TEMPLATES)

    async def read(_: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        uri = str(params.uri)
        try:
            return await read_resource(desk, uri)
        except UriError as error:
            raise MCPError(code=INVALID_PARAMS, message=str(error), data={"uri": uri}) from error
        except ProblemError as error:
            raise MCPError(code=_code(error), message=error.detail, data={"uri": uri}) from error

    return Server(
        "outline-qa",
        version=__version__,
        title="Outline QA",
        description="Cited answers from documents, in Chinese and English",
        instructions=INSTRUCTIONS,
        cache_hints={"tools/list": STALE, "resources/list": STALE, "resources/templates/list": STALE},
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=resources,
        on_list_resource_templates=templates,
        on_read_resource=read,
    )


async def _call(desk: Desk, context: Context, name: str, given: Mapping[str, Any]) -> CallToolResult:
    """Call a tool; whatever is wrong is said in the result, with what to do about it."""
    kind = KINDS.get(name)
    if kind is None:
        return _failed(f"There is no tool {name!r}; the tools are {', '.join(KINDS)}.")
    told = 0

    async def tell(text: str) -> None:
        nonlocal told
        told += len(text)
        await context.session.report_progress(told, None, text)

    try:
        arguments = kind.takes.model_validate(given)
        return await kind.call(desk, arguments, tell)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, each['loc'])) or 'arguments'}: {each['msg']}" for each in error.errors()]
        return _failed(f"{'; '.join(faults)}. {REMEDIES[422]}")
    except UriError as error:
        return _failed(f"{error}. {REMEDIES[404]}")
    except ProblemError as error:
        return _failed(" ".join(filter(None, [error.detail, REMEDIES.get(error.status)])))
    except Exception:  # the outermost layer: the stack goes to the log, never to the reader
        log.exception("tool %s failed", name)
        return _failed("The service failed on this call; its log says why.")


def _failed(told: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=told)], is_error=True)


def _code(error: ProblemError) -> int:
    """JSON-RPC's code: the reader's fault, or the service's."""
    return INVALID_PARAMS if error.status < 500 else -32603
