"""The OpenAPI document: what FastAPI finds at the routes, and what it does not see: errors, keys, and events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from service.access.rights import is_open, is_question
from service.api.contract import Problem
from service.api.openai.errors import PATHS as OPENAI
from service.api.packed import PATHS as PACKED
from service.api.stream import AskEvent

COMPONENTS = "#/components/schemas/"
# How a route says that it streams events; `itemSchema` is OpenAPI 3.2's word, which older readers skip. On the line
# an event's data is a string of JSON.
ASK_EVENTS = {"text/event-stream": {"itemSchema": {"$ref": f"{COMPONENTS}AskEventLine"}}}
KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key (`oq_…`), a token of the identity provider, or of `POST /v1/token`. On 127.0.0.1 none is "
    "needed until a key is made.",
}
NEVER_SENT = ("HTTPValidationError", "ValidationError")
PROBES = ("/healthz", "/readyz")
METHODS = ("get", "post", "delete")


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of a path, as the document has it."""

    method: str
    path: str
    described: Mapping[str, Any]

    @property
    def takes(self) -> bool:
        """Whether there is anything in it to be malformed."""
        return "requestBody" in self.described or bool(self.described.get("parameters"))

    @property
    def openai(self) -> bool:
        return self.path.startswith(OPENAI)


# Every status but those of success, once: what it means, and which operations give it.
ERRORS: Mapping[int, tuple[str, Callable[[Operation], bool]]] = {
    304: ("The reader has it", lambda o: o.method == "get" and o.path.startswith(PACKED)),
    400: ("A field is malformed, unknown or not supported", lambda o: o.openai and o.takes),
    401: ("No key where one is needed, or a page of another site without a token", lambda o: not is_open(o.path)),
    403: (
        "A key that may not do this, or a page of a site that is not allowed",
        lambda o: not is_open(o.path) or o.path == "/v1/token",
    ),
    404: (
        "There is no such thing",
        lambda o: "{" in o.path or o.path == "/v1/feedback" or (o.openai and o.method == "post"),
    ),
    408: ("The request did not come in time", lambda o: o.method == "post"),
    409: ("It is not as the request takes it to be", lambda o: o.path.startswith("/v1/admin") and o.method == "post"),
    413: ("Body over 64 KiB, of a chat over 8 MiB", lambda o: o.method == "post"),
    421: ("A name that the service does not answer under", lambda o: o.path not in PROBES),
    422: ("A field is malformed or unknown", lambda o: not o.openai and o.takes),
    429: (
        "More than can be answered in time, or than the key may ask",
        lambda o: is_question(o.method.upper(), o.path),
    ),
    503: ("No index, or what is to be written cannot be", lambda o: not is_open(o.path)),
}


def describe(app: FastAPI) -> None:
    """Complete an app's document, which is still made when it is first asked for."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        document = described()
        if "securitySchemes" not in document["components"]:
            document["components"]["schemas"] = _schemas(document["components"]["schemas"])
            document["components"]["securitySchemes"] = {"key": KEY}
            for path, methods in document["paths"].items():
                for method in methods.keys() & set(METHODS):
                    operation = Operation(method, path, methods[method])
                    methods[method]["responses"] = _responses(operation)
                    methods[method]["security"] = [] if is_open(path) else [{"key": []}]
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's own documentation does it


def _schemas(schemas: dict[str, Any]) -> dict[str, Any]:
    """The bodies of the routes, of events and of problems; FastAPI's own form of an error is never sent."""
    reference = f"{COMPONENTS}{{model}}"
    events = TypeAdapter[AskEvent](AskEvent).json_schema(mode="serialization", ref_template=reference)
    others = {
        name: schema for name, schema in schemas.items() if name not in ("HTTPValidationError", "ValidationError")
    }
    problem = Problem.model_json_schema(mode="serialization", ref_template=reference)
    parts = events.pop("$defs")
    lines = {"oneOf": [_line(parts[each["$ref"].removeprefix(COMPONENTS)]) for each in events["oneOf"]]}
    return {**parts, **others, "AskEvent": events, "AskEventLine": lines, "Problem": problem}


def _line(event: dict[str, Any]) -> dict[str, Any]:
    """An event as it is sent: its data is JSON in a string, and an id goes with it."""
    named = event["properties"]
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": named["data"]}
    return {
        "type": "object",
        "properties": {"event": {"const": named["event"]["const"]}, "data": data, "id": {"type": "string"}},
        "required": ["event", "data", "id"],
    }


def _responses(operation: Operation) -> dict[str, Any]:
    own = {status: told for status, told in operation.described["responses"].items() if status != "422"}
    content = {"application/problem+json": {"schema": {"$ref": f"{COMPONENTS}Problem"}}}
    for status, (told, applies) in ERRORS.items():
        if applies(operation):
            body = {} if status == 304 else {"content": content}
            own.setdefault(str(status), {"description": told, **body})
    return own
