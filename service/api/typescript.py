"""The widget's types of the contract, from the OpenAPI document: `python -m service.api.typescript` writes them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from service.api.app import bare_app
from service.api.openapi import COMPONENTS

DECLARATIONS = Path(__file__).parents[1] / "widget/src/contract.ts"
# What the widget asks; other routes and what only they send stay out.
ROUTES = (
    "/v1/ask",
    "/v1/search",
    "/v1/outline",
    "/v1/widget",
    "/v1/entries/{id}",
    "/v1/documents/{name}",
    "/v1/answers/{id}",
    "/v1/feedback",
    "/v1/token",
    "/v1/admin/documents",
    "/v1/admin/jobs",
)
LINES = "AskEventLine"  # events as they are sent; the widget reads their data
HEAD = "// Generated from the OpenAPI document by `make contract`: change the models in service/api instead.\n"
PRIMITIVES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def declare(document: dict[str, Any]) -> str:
    """Return a declaration for each schema that the routes lead to, in the order of their names."""
    schemas = document["components"]["schemas"]
    waiting = ["AskEvent", *references([document["paths"][route] for route in ROUTES])]
    wanted: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in wanted and name != LINES:
            wanted.add(name)
            waiting += references(schemas[name])
    return "\n".join([HEAD, *(declaration(name, schemas[name]) for name in sorted(wanted))])


def references(part: object) -> Iterator[str]:
    """The names of the schemas that a part of the document refers to."""
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"].removeprefix(COMPONENTS)
        for each in part.values():
            yield from references(each)
    elif isinstance(part, list):
        for each in part:
            yield from references(each)


def declaration(name: str, schema: dict[str, Any]) -> str:
    """Return an interface for an object with named fields, and a type for anything else."""
    head = comment(schema, "")
    if "properties" not in schema:
        return f"{head}export type {name} = {expression(schema)};\n"
    required = schema.get("required", ())
    fields = "".join(
        f"{comment(field, '  ')}  {key}{'' if key in required else '?'}: {expression(field)};\n"
        for key, field in schema["properties"].items()
    )
    return f"{head}export interface {name} {{\n{fields}}}\n"


def comment(schema: dict[str, Any], indent: str) -> str:
    """Return a schema's description as a comment of its own line, or nothing."""
    text = " ".join(schema.get("description", "").split())
    return f"{indent}/** {text} */\n" if text else ""


def expression(schema: dict[str, Any]) -> str:
    """Return the TypeScript type of a schema; limits of length and size have none and are left out.

    Raises ValueError for a form of schema that the contract has not used so far.
    """
    match schema:
        case {"$ref": target}:
            return str(target).removeprefix(COMPONENTS)
        case {"const": value}:
            return json.dumps(value)
        case {"enum": values}:
            return " | ".join(map(json.dumps, values))
        case {"anyOf": choices} | {"oneOf": choices}:
            return " | ".join(map(expression, choices))
        case {"type": "array", "items": items}:
            item = expression(items)
            return f"({item})[]" if " | " in item else f"{item}[]"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"Record<string, {expression(values)}>"
        case {"type": str(kind)} if kind in PRIMITIVES:
            return PRIMITIVES[kind]
    raise ValueError(f"no TypeScript is known for {schema!r}: add it to {__name__}")


if __name__ == "__main__":
    DECLARATIONS.write_text(declare(bare_app().openapi()), "utf-8")
