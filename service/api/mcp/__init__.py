"""The service as an MCP server (specification 2026-07-28, and older clients), over HTTP at /mcp and on stdio."""
