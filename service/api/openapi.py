"""The OpenAPI document: what FastAPI finds at the routes, and the events of a stream, which it does not see."""

from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from service.api.stream import AskEvent

COMPONENTS = "#/components/schemas/"
# How a route says that it streams events; `itemSchema` is OpenAPI 3.2's word, which older readers skip.
ASK_EVENTS = {"text/event-stream": {"itemSchema": {"$ref": f"{COMPONENTS}AskEvent"}}}


def describe_events(app: FastAPI) -> None:
    """Put the schemas of the events into an app's document, which is still made when it is first asked for."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        document = described()
        schemas = document["components"]["schemas"]
        if "AskEvent" not in schemas:
            events = TypeAdapter[AskEvent](AskEvent).json_schema(
                mode="serialization", ref_template=f"{COMPONENTS}{{model}}"
            )
            document["components"]["schemas"] = {**events.pop("$defs"), **schemas, "AskEvent": events}
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's own documentation does it
