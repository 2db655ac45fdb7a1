"""The OpenAPI document, and the widget's types that are made from it."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from service.api.app import bare_app
from service.api.openapi import COMPONENTS
from service.api.stream import AskEvent
from service.api.typescript import DECLARATIONS, declaration, declare, expression, references


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return bare_app().openapi()


def test_the_widgets_types_are_those_of_the_document(document: dict[str, Any]) -> None:
    assert DECLARATIONS.read_text("utf-8") == declare(document), "make contract"


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    assert set(references(document)) <= document["components"]["schemas"].keys()


def test_events_refer_to_what_the_routes_send(document: dict[str, Any]) -> None:
    """The events' own schemas are made apart; those that they share with routes must be the same."""
    schemas = document["components"]["schemas"]
    events = TypeAdapter(AskEvent).json_schema(mode="serialization", ref_template=f"{COMPONENTS}{{model}}")
    for name, schema in events["$defs"].items():
        assert declaration(name, schemas[name]) == declaration(name, schema)
    stream = document["paths"]["/v1/ask"]["post"]["responses"]["200"]["content"]["text/event-stream"]
    assert stream == {"itemSchema": {"$ref": "#/components/schemas/AskEventLine"}}
    lines = schemas["AskEventLine"]["oneOf"]
    assert [line["properties"]["data"]["contentSchema"] for line in lines] == [
        schemas[each["$ref"].removeprefix(COMPONENTS)]["properties"]["data"] for each in schemas["AskEvent"]["oneOf"]
    ]


def test_a_reply_has_all_its_fields_and_a_request_may_leave_some_out(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert set(schemas["AskResponse"]["required"]) == schemas["AskResponse"]["properties"].keys()
    assert schemas["AskRequest"]["required"] == ["question"]


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": "integer", "minimum": 1}, "number"),
        ({"$ref": "#/components/schemas/Place"}, "Place"),
        ({"const": "done", "type": "string"}, '"done"'),
        ({"enum": ["up", "down"], "type": "string"}, '"up" | "down"'),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string | null"),
        ({"type": "array", "items": {"type": "boolean"}}, "boolean[]"),
        ({"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}}, "(string | null)[]"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "Record<string, number>"),
    ],
)
def test_expressions(schema: dict[str, Any], wanted: str) -> None:
    assert expression(schema) == wanted


@pytest.mark.parametrize(
    "schema", [{}, {"type": "object"}, {"allOf": [{"type": "string"}]}, {"type": ["string", "null"]}]
)
def test_an_unknown_form_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no TypeScript is known"):
        expression(schema)


def test_a_declaration() -> None:
    schema = {
        "description": "Two\n    lines.",
        "properties": {"n": {"type": "integer"}, "also": {"type": "string", "description": "Or not."}},
        "required": ["n"],
        "type": "object",
    }
    assert declaration("Pair", schema) == (
        "/** Two lines. */\nexport interface Pair {\n  n: number;\n  /** Or not. */\n  also?: string;\n}\n"
    )
    assert declaration("Either", {"oneOf": [{"type": "string"}, {"type": "number"}]}) == (
        "export type Either = string | number;\n"
    )


def test_only_what_the_routes_lead_to_is_declared(document: dict[str, Any]) -> None:
    declared = declare(document)
    assert "interface OutlineSection {" in declared
    assert "ChatCompletion" not in declared


def test_each_error_is_described_once_and_needs_a_key_where_the_gate_asks_for_one(document: dict[str, Any]) -> None:
    ask, models = document["paths"]["/v1/ask"]["post"], document["paths"]["/v1/models/{id}"]["get"]
    assert list(ask["responses"]) == ["200", "401", "403", "408", "413", "421", "422", "429", "503"]
    assert list(models["responses"]) == ["200", "400", "401", "403", "404", "421", "503"]
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert ask["responses"]["429"]["content"] == problem
    assert ask["security"] == [{"key": []}]
    assert document["paths"]["/healthz"]["get"]["security"] == []
    assert "HTTPValidationError" not in document["components"]["schemas"]
