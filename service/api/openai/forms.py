"""Answers as JSON: the whole reply, or a form that a client gives as a JSON schema and the reply can fill in."""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import JsonValue

from service.api import contract
from service.api.openai.bodies import Form
from service.api.problems import ProblemError

Json = dict[str, Any]
# Values of every field, so that a form is refused before anything is answered.
EXAMPLE: Json = {
    "id": "a-1",
    "status": get_args(contract.Status)[0],
    "answer": "…[1]",
    "citations": [
        contract.Citation(
            n=1, chunk_id="c", entry_id="1.1", document="d", heading_path=["h"], quote="q", start=0, end=1, support=1
        ).model_dump()
    ],
    "related": [{"entry_id": "1.1", "document": "d", "question": "q", "stars": 1, "answered": True}],
    "generator": "extractive",
    "degraded": "…",
    "degraded_codes": ["reranker_late"],
    "lacks": ["other_language"],
    "index_version": "v",
    "query": "q",
}
TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


class FormError(ValueError):
    """A form that a reply does not fill in."""


def check_form(form: Form, field: str) -> None:
    """Raise ProblemError (400) unless a reply can fill the form in."""
    try:
        filled(form, EXAMPLE)
    except FormError as error:
        told = f"{error}; the fields that can be asked for are {', '.join(EXAMPLE)}, or use 'json_object' for all."
        raise ProblemError(400, told, field=field) from error


def filled(form: Form, reply: Json) -> JsonValue:
    """Return what a reply has for each field of a form; raises FormError naming what it has not."""
    schema = form.form or {}
    return _filled(schema, reply, schema, "the schema")


def _filled(schema: Json, value: Any, root: Json, where: str) -> JsonValue:
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        for choice in choices:
            try:
                return _filled(choice, value, root, where)
            except FormError:
                continue
        raise FormError(f"{where} allows nothing that a reply has there")
    if reference := schema.get("$ref"):
        _, *path = reference.split("/")
        target: Any = root
        for part in path:
            target = target.get(part, {})
        return _filled(target, value, root, where)
    return _typed(schema, value, root, where)


def _typed(schema: Json, value: Any, root: Json, where: str) -> JsonValue:
    kind = schema.get("type", [])
    kinds = [kind] if isinstance(kind, str) else kind
    if value is None and kinds == ["string"]:  # nothing to say
        value = ""
    if kinds and not any(isinstance(value, TYPES.get(each, ())) for each in kinds):
        raise FormError(f"{where} is {' or '.join(kinds)}, which a reply has not there")
    if isinstance(value, bool) and kinds and "boolean" not in kinds:
        raise FormError(f"{where} is {' or '.join(kinds)}, which a reply has not there")
    if isinstance(value, dict) and "properties" in schema:
        return _object(schema, value, root, where)
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [_filled(schema["items"], each, root, f"{where}[]") for each in value]
    result: JsonValue = value
    return result


def _object(schema: Json, value: Json, root: Json, where: str) -> Json:
    made: Json = {}
    for name, inner in schema["properties"].items():
        if name in value:
            made[name] = _filled(inner, value[name], root, name)
        elif name in schema.get("required", ()):
            raise FormError(f"{where} requires {name!r}, which no reply has")
    return made
