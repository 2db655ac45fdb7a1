"""The environment variables that settings are read from."""

from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from ingest.settings import PREFIX


def variables(model: type[BaseModel], prefix: str = PREFIX) -> set[str]:
    """The environment name of every field, the groups' own ones joined by two underscores."""
    found: set[str] = set()
    for name, field in model.model_fields.items():
        groups = [kind for kind in leaves(field.annotation) if isinstance(kind, type) and issubclass(kind, BaseModel)]
        for group in groups:
            found |= variables(group, f"{prefix}{name.upper()}__")
        if not groups:
            found.add(f"{prefix}{name.upper()}")
    return found


def leaves(annotation: Any) -> list[Any]:
    """Return the types that an annotation allows."""
    if get_origin(annotation) is Annotated:
        return leaves(get_args(annotation)[0])
    if isinstance(annotation, type) and not get_args(annotation):
        return [annotation]
    if get_origin(annotation) is Union or type(annotation).__name__ == "UnionType":
        return [leaf for part in get_args(annotation) for leaf in leaves(part)]
    return []
